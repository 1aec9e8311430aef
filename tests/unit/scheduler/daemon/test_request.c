/* SPDX-License-Identifier: Apache-2.0 */
/* test_request.c - clients: odd, hostile, many, impatient ones */
#include "tests/unit/scheduler/daemon/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

static const char *const operations[] = {
	"hello",	 "run.submit",	  "run.plan",	     "run.follow",
	"run.list",	 "run.show",	  "run.why",	     "run.cancel",
	"run.retry",	 "run.reproduce", "run.compare",     "run.metrics",
	"run.diff",	 "step.points",	  "step.workspace",  "log.read",
	"artifact.list", "artifact.resolve", "artifact.lineage", "worker.list",
	"queue.list",	 "gc",		  "fsck",	     "sql",
	"doctor",	 "no.such",	  "shutdown",
};

static const char two_steps[] = "name: one\nsteps:\n"
				"  a:\n    run: 'true'\n    resources: {labels: [fake]}\n"
				"    outputs: {o: o.txt}\n"
				"  b:\n    run: 'true'\n    resources: {labels: [fake]}\n"
				"    inputs: {o: a.o}\n";

/* Run 1 has failed in its first step, run 2 waits for a worker. */
static struct fake *furnish(struct house *h)
{
	struct fake *w;
	struct wire_grant g;
	struct wire_complete m;

	house_commit(h, two_steps);
	house_start(h);
	w = fake_create(h, "f1", 1);
	house_submit(h, "");
	g = fake_grant(w);
	m = fake_success(&g.lease);
	m.outcome = OUTCOME_FAILED;
	m.reason = REASON_EXIT_CODE;
	m.exit_code = 1;
	fake_complete(w, &m);
	assert_string_equal(house_follow(h, 1), "failed");
	assert_int_equal(house_submit(h, ""), 2);
	return w;
}

/* Asks all of it, a hundred at a time, and counts the answers. */
static void ask_all(const struct house *h, const char *op, char **args, size_t count)
{
	for (size_t first = 0; first < count; first += 100) {
		struct peer *p = peer_connect(h);
		size_t last = first + 100 < count ? first + 100 : count, answered = 0;
		struct frame f;

		for (size_t i = first; i < last; i++)
			peer_ask(p, (int)i, op, args[i]);
		while (answered < last - first) {
			json_t *reply;

			if (peer_next(p, &f, PATIENCE_MS) <= 0)
				fail_msg("%s: %zu of %zu answered, such as %s", op, answered,
					 last - first, args[first]);
			if (f.type != FRAME_SCHEDULER_REPLY)
				continue;
			answered++;
			reply = json_loadb(f.payload, f.len, 0, NULL);
			assert_non_null(reply);
			assert_true(!json_object_get(reply, "result") ^
				    !json_object_get(reply, "error"));
			json_decref(reply);
		}
		peer_close(p);
	}
}

static const char *const keys[] = {
	"run",	"step",	   "a",	     "b",	"runs",	 "limit", "before", "state", "pipeline",
	"branch", "series", "attempt", "offset", "follow", "tail",  "address", "forward",
	"dry_run", "keep_runs", "query", "repository", "ref", "params", "workers", "path",
	"trigger", "dirty", "no_cache", "version", "at_once",
};

static const char *const values[] = {
	"null",	  "true",  "0",	     "-1",    "1.5",	"1e300",    "9223372036854775807",
	"-9223372036854775808", "\"\"", "\"latest\"", "\"-1\"", "\"1/2\"", "\"a[\"", "\"a]\"",
	"\"%s%n../..\"", "[]", "[[1],{}]", "{}", "{\"x\":{\"y\":[]}}", "{\"x\":\"y\"}",
	"\"\xc2\x85\xe2\x80\xae'; drop table run\"",
};

/* Arguments that name what there is, beside the odd one. */
static const char good[] =
	"\"run\":1,\"step\":\"a\",\"a\":1,\"b\":2,\"address\":\"1/a.o\",\"runs\":[1]";

/* Whether the good arguments have it. */
static bool is_good(const char *key)
{
	char *quoted = mem_printf("\"%s\":", key);
	bool found = strstr(good, quoted);

	free(quoted);
	return found;
}

/* A step that goes on is followed for as long as it does. */
static bool ends(const char *op, const char *key, const char *value)
{
	return !str_eq(op, "run.follow") || !str_eq(key, "run") || !str_eq(value, "\"latest\"");
}

/* Each key with each odd value, alone or in good company. */
static void walk(const struct house *h, const char *op, bool alone)
{
	char *args[countof(keys) * countof(values)];
	size_t count = 0;

	for (size_t k = 0; k < countof(keys); k++) {
		for (size_t v = 0; v < countof(values); v++) {
			if (!ends(op, keys[k], values[v]) || (!alone && is_good(keys[k])))
				continue;
			args[count++] = mem_printf("{%s%s\"%s\":%s}", alone ? "" : good,
						   alone ? "" : ",", keys[k], values[v]);
		}
	}
	ask_all(h, op, args, count);
	while (count > 0)
		free(args[--count]);
}

/* Would make hundreds of runs. */
static bool makes_runs(const char *op)
{
	return str_eq(op, "run.retry") || str_eq(op, "run.reproduce");
}

static void test_odd_arguments(void **state)
{
	static char *whole[] = { "null", "[]", "[1]", "7", "\"x\"", "true", "{}" };
	struct house *h = *state;
	struct fake *w = furnish(h);

	for (size_t i = 0; i < countof(operations); i++) {
		ask_all(h, operations[i], whole, countof(whole));
		walk(h, operations[i], true);
		if (!makes_runs(operations[i]))
			walk(h, operations[i], false);
	}
	json_decref(peer_result(h, NULL, "hello", "{}"));
	fake_destroy(w);
}

/* ── what is refused, and how ─────────────────────────────────────────── */

static void test_refusals(void **state)
{
	static const char *const cases[][4] = {
		{ "no.such", "{}", "not_found", "no such operation: no.such" },
		{ "run.show", "{\"run\":-1}", "invalid", "'-1' is no run" },
		{ "run.show", "{\"run\":7}", "not_found", "no such run: 7" },
		{ "run.show", "{}", "invalid", NULL },
		{ "run.list", "{\"limit\":\"x\"}", "usage", "limit is a number" },
		{ "run.list", "{\"before\":-1}", "usage", "before is a number" },
		{ "log.read", "{\"run\":1,\"step\":\"a\",\"offset\":-5}", "usage", "offset" },
		{ "log.read", "{\"run\":1,\"step\":\"a\",\"attempt\":4294967296}", "usage",
		  "attempt" },
		{ "log.read", "{\"run\":1}", "usage", "no step given" },
		{ "gc", "{\"keep_runs\":4294967296}", "usage", "keep_runs" }, /* 0 in 32 bits */
		{ "run.submit", "{}", "usage", "no repository given" },
		{ "run.submit", "{\"repository\":7}", "usage", "repository is a text" },
		{ "run.submit", "{\"repository\":\"x\",\"params\":[]}", "usage", "params" },
		{ "run.submit", "{\"repository\":\"x\",\"params\":{\"a\":1}}", "usage",
		  "parameter a" },
		{ "run.submit", "{\"repository\":\"x\",\"workers\":-1}", "usage", "workers" },
		{ "run.submit", "{\"repository\":\"x\",\"workers\":2000}", "usage", "workers" },
		{ "step.workspace", "{\"run\":1,\"step\":\"b\"}", "state",
		  "input 'o': a has no output 'o' yet" },
		{ "run.why", "{\"run\":1,\"step\":\"c\"}", "not_found", "no step c" },
		{ "sql", "{}", "usage", "no query" },
		{ "sql", "{\"query\":\"delete from run\"}", "denied", NULL },
		{ "artifact.resolve", "{\"address\":7}", "usage", "no address" },
	};
	struct house *h = *state;
	struct fake *w = furnish(h);

	for (size_t i = 0; i < countof(cases); i++)
		peer_refused(h, NULL, cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
	fake_destroy(w);
}

static void test_long_texts_are_refused(void **state)
{
	static const struct {
		const char *op, *key;
		size_t size;
	} cases[] = {
		{ "run.submit", "path", 200 << 10 },	{ "run.retry", "path", 200 << 10 },
		{ "run.submit", "repository", 8 << 10 }, { "run.submit", "trigger", 100 },
		{ "run.plan", "step", 40 << 20 },
	};
	struct house *h = *state;
	struct fake *w = furnish(h);

	for (size_t i = 0; i < countof(cases); i++) {
		char *text = mem_alloc(cases[i].size + 1), *args;

		memset(text, 'x', cases[i].size);
		args = mem_printf("{\"run\":1,\"%s\":\"%s\"}", cases[i].key, text);
		peer_refused(h, NULL, cases[i].op, args, "too_large", cases[i].key);
		free(args);
		free(text);
	}
	fake_destroy(w);
}

/* ── plan ─────────────────────────────────────────────────────────────── */

static void assert_planned(const json_t *plan, const char *name, const char *action,
			   const char *reason)
{
	const json_t *steps = json_object_get(plan, "steps"), *step = NULL;
	const char *first;

	for (size_t i = 0; !str_eq(json_text(step, "name"), name); i++) {
		step = json_array_get(steps, i);
		assert_non_null(step);
	}
	first = json_string_value(json_array_get(json_object_get(step, "reasons"), 0));
	if (!str_eq(json_text(step, "action"), action) || !strstr(first, reason))
		fail_msg("%s: %s, %s", name, json_text(step, "action"), first);
}

/* What hangs on what is not known yet says so; nothing is told as if it were. */
static void test_plan(void **state)
{
	struct house *h = *state;
	json_t *plan;
	char *args;

	house_commit(h, "name: one\nsteps:\n"
			"  a: {run: 'true', outputs: {o: o.txt}}\n"
			"  b: {run: 'true', needs: [a], if: \"a.state = 'succeeded'\"}\n"
			"  c: {run: 'true', inputs: {o: a.o}}\n"
			"  d: {run: 'true', if: \"branch = 'other'\", outputs: {o: o.txt}}\n"
			"  e: {run: 'true', needs: [d]}\n"
			"  f: {run: 'true', finally: true, needs: [d]}\n");
	house_start(h);
	args = mem_printf("{\"repository\":\"%s\"}", h->repo);
	plan = peer_result(h, NULL, "run.plan", args);
	assert_planned(plan, "a", "run", "it never ran before");
	assert_planned(plan, "b", "depends", "condition depends on");
	assert_planned(plan, "c", "depends", "a has to run first");
	assert_planned(plan, "d", "skip", "branch = 'other'");
	assert_planned(plan, "e", "skip", "is skipped");
	assert_planned(plan, "f", "run", "finally steps always run");
	assert_true(json_is_true(json_object_get(plan, "work")));
	json_decref(plan);
	peer_refused(h, NULL, "run.show", "{\"run\":\"latest\"}", "not_found", "no runs yet");
	free(args);
}

/* ── frames ───────────────────────────────────────────────────────────── */

static void assert_cut_off(const struct house *h, const void *bytes, size_t len)
{
	struct peer *p = peer_connect(h);
	struct frame f;

	peer_write(p, bytes, len);
	assert_int_equal(peer_next(p, &f, PATIENCE_MS), 0);
	peer_close(p);
}

static void assert_request_cut_off(const struct house *h, const char *text, size_t len)
{
	struct buf out = BUF_INIT;

	frame_put(&out, FRAME_CLIENT_REQUEST, text, len);
	assert_cut_off(h, out.data, out.len);
	buf_finish(&out);
}

static void test_frames_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",	"{",	 "nonsense", "{\"id\":1}", "{\"op\":7}", "[]", "7", "null",
		"{\"op\":\"hello\",\"op\":\"hello\"}", "{\"op\":\"hello\",\"id\":99999999999999999999}",
		"{\"op\":\"\\ud800\"}", "{\"op\":\"hello\"} x",
	};
	struct house *h = *state;
	char *deep = mem_alloc(1 << 20);
	struct peer *half;

	house_start(h);
	for (size_t i = 0; i < countof(texts); i++)
		assert_request_cut_off(h, texts[i], strlen(texts[i]));
	assert_request_cut_off(h, "{\"op\":\"a\0b\"}", 13);
	memset(deep, '[', 1 << 20);
	assert_request_cut_off(h, deep, 1 << 20);
	assert_cut_off(h, "\0\0\0\0\xff", 5);		  /* no such type */
	assert_cut_off(h, "\xff\xff\xff\xff\x0e", 5);	  /* 4 GiB */
	assert_cut_off(h, "\0\0\0\0\x0f", 5);		  /* a scheduler's reply */
	half = peer_connect(h);
	peer_write(half, "\x40\0\0\0\x0e{", 6); /* and no more */
	json_decref(peer_result(h, NULL, "hello", "{}"));
	peer_close(half);
	free(deep);
}

static void test_ids_come_back(void **state)
{
	struct house *h = *state;
	struct peer *p;

	house_start(h);
	p = peer_connect(h);
	for (int id = -1; id < 2; id++) {
		peer_ask(p, id, "hello", "{}");
		json_decref(peer_reply(p, id));
	}
	peer_close(p);
}

static void test_too_many_requests_at_once(void **state)
{
	struct house *h = *state;
	struct fake *w = furnish(h);
	struct peer *p = peer_connect(h), *other = peer_connect(h);
	struct frame f;
	int rc;

	for (int id = 0; id < 300; id++)
		peer_ask(p, id, "run.follow", "{\"run\":2}");
	while ((rc = peer_next(p, &f, PATIENCE_MS)) > 0)
		;
	assert_int_equal(rc, 0);
	json_decref(peer_result(h, other, "hello", "{}"));
	peer_close(p);
	peer_close(other);
	fake_destroy(w);
}

/* ── many, and impatient ──────────────────────────────────────────────── */

static void finish_run(struct fake *w, int steps)
{
	for (int i = 0; i < steps; i++) {
		struct wire_grant g = fake_grant(w);
		struct wire_complete m = fake_success(&g.lease);

		m.outcome = OUTCOME_FAILED;
		m.reason = REASON_EXIT_CODE;
		fake_complete(w, &m);
		assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	}
}

static void test_a_hundred_clients(void **state)
{
	struct house *h = *state;
	struct fake *w = furnish(h);
	struct peer *peers[100];

	for (size_t i = 0; i < countof(peers); i++) {
		peers[i] = peer_connect(h);
		peer_ask(peers[i], 1, "run.follow", i % 2 ? "{\"run\":2}" : "{\"run\":2,\"tail\":true}");
		peer_ask(peers[i], 2, "run.show", "{\"run\":1}");
	}
	for (size_t i = 0; i < countof(peers); i++)
		json_decref(peer_reply(peers[i], 2));
	for (size_t i = 0; i < countof(peers); i += 10) {
		peer_close(peers[i]); /* in the middle of the run */
		peers[i] = NULL;
	}
	finish_run(w, 1);
	for (size_t i = 0; i < countof(peers); i++) {
		json_t *reply, *result;

		if (!peers[i])
			continue;
		reply = peer_reply(peers[i], 1);
		result = json_object_get(reply, "result");
		assert_string_equal(json_text(json_object_get(result, "run"), "state"), "failed");
		assert_int_equal(json_array_size(json_object_get(result, "failures")), 1);
		json_decref(reply);
		peer_close(peers[i]);
	}
	fake_destroy(w);
}

/* What was asked for is done, although nobody hears of it. */
static void test_clients_that_do_not_wait(void **state)
{
	static const char *const ops[] = { "run.submit", "run.plan", "fsck", "gc", "doctor",
					   "run.submit" };
	struct house *h = *state;
	struct peer *p;
	char *args;
	json_t *list;
	size_t runs = 0;

	house_commit(h, two_steps);
	house_start(h);
	args = mem_printf("{\"repository\":\"%s\"}", h->repo);
	for (size_t i = 0; i < countof(ops); i++) {
		p = peer_connect(h);
		peer_ask(p, 1, ops[i], args);
		peer_close(p);
	}
	for (int i = 0; i < 1000 && runs < 2; i++) {
		list = peer_result(h, NULL, "run.list", "{}");
		runs = json_array_size(json_object_get(list, "runs"));
		json_decref(list);
		usleep(5000);
	}
	assert_int_equal(runs, 2);
	free(args);
}

/* Events of one run: all its steps first, however many there are. */
static void test_a_run_of_many_steps(void **state)
{
	struct house *h = *state;
	struct buf text = BUF_INIT;
	size_t told = 0, events = 0;
	struct peer *p;
	struct frame f;

	buf_str_append(&text, "name: many\nsteps:\n  a:\n    run: 'true'\n    matrix: {x: [");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "%s%d", i ? "," : "", i);
	buf_str_append(&text, "], y: [");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "%s%d", i ? "," : "", i);
	buf_str_append(&text, "]}\n  b: {run: 'true', needs: [a]}\n");
	house_commit(h, buf_str(&text));
	buf_finish(&text);
	house_start(h);
	assert_int_equal(house_submit(h, ""), 1);
	p = peer_connect(h);
	peer_ask(p, 1, "run.follow", "{\"run\":1}");
	while (told < 10001) {
		json_t *event;

		assert_int_equal(peer_next(p, &f, PATIENCE_MS), 1);
		assert_int_equal(f.type, FRAME_SCHEDULER_EVENT);
		event = json_loadb(f.payload, f.len, 0, NULL);
		told += json_array_size(
			json_object_get(json_object_get(event, "event"), "steps"));
		json_decref(event);
		events++;
	}
	assert_int_equal(told, 10001);
	assert_true(events > 0);
	json_decref(peer_result(h, NULL, "run.cancel", "{\"run\":1}"));
	json_decref(peer_reply(p, 1));
	assert_string_equal(house_follow(h, 1), "cancelled");
	peer_close(p);
}

/* A long log to a client that does not read it: the scheduler waits with the rest. */
static void test_a_slow_reader_costs_little(void **state)
{
	struct house *h = *state;
	struct fake *w = furnish(h);
	struct peer *p = peer_connect(h);
	long before = house_memory_kb(h);
	size_t got = 0;
	struct frame f;

	house_shell(h, "mkdir -p home/logs/1; head -c 64M /dev/zero > home/logs/1/0-1.log");
	peer_ask(p, 1, "log.read", "{\"run\":1,\"step\":\"a\"}");
	usleep(500 * 1000);
	assert_true(house_memory_kb(h) - before < 24 * 1024);
	json_decref(peer_result(h, NULL, "hello", "{}")); /* others do not notice */
	while (peer_next(p, &f, PATIENCE_MS) > 0 && f.type == FRAME_SCHEDULER_DATA)
		got += f.len - 4;
	assert_int_equal(got, 64 << 20);
	assert_int_equal(f.type, FRAME_SCHEDULER_REPLY);
	peer_close(p);
	fake_destroy(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)
		TEST(test_odd_arguments),
		TEST(test_refusals),
		TEST(test_long_texts_are_refused),
		TEST(test_plan),
		TEST(test_frames_that_are_none),
		TEST(test_ids_come_back),
		TEST(test_too_many_requests_at_once),
		TEST(test_a_hundred_clients),
		TEST(test_clients_that_do_not_wait),
		TEST(test_a_run_of_many_steps),
		TEST(test_a_slow_reader_costs_little),
	};

	if (house_is_worker(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
