/* SPDX-License-Identifier: Apache-2.0 */
/* test_worker.c - a worker as the scheduler sees it: honest, forgetful, lying */
#include "tests/unit/scheduler/daemon/house.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/db/db.h"
#include "store/records/records.h"
#include "workers/wire/codec.h"

#define STEP(name, more)                                                                           \
	"  " name ":\n    run: 'true'\n    resources: {labels: [fake]}\n" more

static const char one_step[] = "name: one\nsteps:\n" STEP("a", "");
static const char strict_step[] = "name: one\nsteps:\n" STEP("a", "    on_lost: manual\n");
static const char two_outputs[] =
	"name: one\nsteps:\n" STEP("a", "    outputs: {x: x.txt, y: y.txt}\n");
static const char with_gate[] =
	"name: one\nsteps:\n" STEP("a", "    metrics: m.json\n    gates: ['accuracy > 0.5']\n");

/* A step of the newest run; the caller owns it. */
static json_t *show_step(const struct house *h, size_t index)
{
	json_t *run = peer_result(h, NULL, "run.show", "{\"run\":\"latest\"}");
	json_t *step = json_incref(json_array_get(json_object_get(run, "steps"), index));

	json_decref(run);
	return step;
}

/* States of steps that run are committed a moment later. */
static json_t *wait_for_step(const struct house *h, size_t index, const char *state)
{
	json_t *step = show_step(h, index);

	for (int i = 0; i < 1000 && strcmp(json_text(step, "state"), state) != 0; i++) {
		json_decref(step);
		usleep(2000);
		step = show_step(h, index);
	}
	return step;
}

static void assert_step(const struct house *h, const char *state, const char *reason)
{
	json_t *step = wait_for_step(h, 0, state);

	assert_string_equal(json_text(step, "state"), state);
	assert_string_equal(json_text(step, "reason"), reason);
	json_decref(step);
}

/* A run of that definition, whose step has been granted to a new worker. */
static struct fake *begin(struct house *h, const char *definition, struct wire_grant *ret)
{
	struct fake *w;

	house_commit(h, definition);
	house_start(h);
	w = fake_create(h, "f1", 1);
	house_submit(h, "");
	*ret = fake_grant(w);
	return w;
}

static void test_grant_tells_everything(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w;

	house_commit(h, "name: one\nparams: {n: 3, s: hi}\nsteps:\n"
			"  a:\n    run: echo ${{ params.n }} ${{ params.s }} ${{ matrix.m }}\n"
			"    resources: {labels: [fake], memory: 1GiB, cpu: 2}\n"
			"    matrix: {m: [0.5]}\n    env: {K: v}\n    timeout: 7s\n"
			"    outputs: {o: out/o.txt}\n    metrics: m.json\n");
	house_start(h);
	w = fake_create(h, "f1", 1);
	house_submit(h, "\"path\":\"/a:/b\\n/c\",\"trigger\":\"manual\"");
	g = fake_grant(w);
	assert_int_equal(g.run, 1);
	assert_int_equal(g.attempt, 1);
	assert_string_equal(g.step, "a[m=0.5]");
	assert_string_equal(g.pipeline, "one");
	assert_string_equal(g.branch, "main");
	assert_false(g.strict);
	assert_true(g.has_sources);
	assert_int_equal(g.env_count, 2);
	assert_string_equal(g.env[0].name, "PATH");
	assert_string_equal(g.env[0].value, "/a:/b\n/c");
	assert_string_equal(g.env[1].value, "v");
	assert_int_equal(g.param_count, 2);
	assert_string_equal(g.params[0].value, "3");
	assert_string_equal(g.params[1].value, "\"hi\"");
	assert_string_equal(g.matrix[0].value, "0.5");
	assert_int_equal(g.limits.memory_bytes, 1 << 30);
	assert_int_equal(g.limits.cpu_milli, 2000);
	assert_int_equal(g.limits.timeout_ms, 7000);
	assert_string_equal(g.outputs[0].path, "out/o.txt");
	assert_string_equal(g.metrics, "m.json");
	assert_string_equal(g.log, "1/0-1.log");
	fake_destroy(w);
}

static void test_result_is_recorded_once(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	struct wire_complete m = fake_success(&g.lease), other = m;

	other.run_us++;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "succeeded");
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	fake_complete(w, &other);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_CONFLICT);
	fake_disconnect(w);
	house_stop(h);
	house_start(h); /* which knows it from its records alone */
	fake_return(h, w, NULL, 0);
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	fake_complete(w, &other);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_CONFLICT);
	fake_destroy(w);
	assert_step(h, "succeeded", "");
}

static void test_wrong_nonce(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g), *thief;
	struct wire_complete m = fake_success(&g.lease);

	/* Another worker knows step, fence, even the nonce: it is bound to the session. */
	thief = fake_create(h, "thief", 1);
	fake_complete(thief, &m);
	fake_is_cut_off(thief);
	m.lease.nonce.bytes[0] ^= 1;
	fake_complete(w, &m);
	fake_is_cut_off(w);
	json_decref(peer_result(h, NULL, "hello", "{}"));
	assert_step(h, "leased", "");
	fake_destroy(w);
	fake_destroy(thief);
}

static void test_strict_step_asks_first(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, strict_step, &g);
	struct wire_complete m = fake_success(&g.lease);

	assert_true(g.strict);
	fake_complete(w, &m); /* without having asked */
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_FENCED);
	fake_say_lease(w, FRAME_WORKER_STEP_START, &g.lease);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_STARTED);
	assert_step(h, "running", "");
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "succeeded");
	fake_destroy(w);
}

static void test_release_gives_it_back(void **state)
{
	struct house *h = *state;
	struct wire_grant first, second;
	struct fake *w = begin(h, one_step, &first);
	struct wire_complete m = fake_success(&first.lease);

	fake_say_lease(w, FRAME_WORKER_STEP_RELEASE, &first.lease);
	second = fake_grant(w);
	assert_true(second.lease.fence > first.lease.fence);
	assert_int_equal(second.attempt, 1); /* the try is not counted */
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &first.lease), WIRE_VERDICT_FENCED);
	m = fake_success(&second.lease);
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &second.lease), WIRE_VERDICT_RECORDED);
	fake_destroy(w);
}

static void say_heartbeat(struct fake *w, struct wire_lease *leases, uint32_t count)
{
	const struct wire_heartbeat m = { leases, count };
	struct buf out = BUF_INIT;

	wire_heartbeat_encode(&m, &out);
	peer_send(w->peer, FRAME_WORKER_HEARTBEAT, out.data, out.len);
	buf_finish(&out);
}

static void test_heartbeat_tells_what_is_over(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	struct wire_lease unknown = g.lease;

	say_heartbeat(w, &g.lease, 1);
	fake_wait(w, FRAME_SCHEDULER_HEARTBEAT_ACK);
	unknown.fence += 7;
	say_heartbeat(w, &unknown, 1);
	assert_int_equal(fake_verdict(w, &unknown), WIRE_VERDICT_FENCED);
	fake_destroy(w);
}

static void test_silence_ends_a_lease(void **state)
{
	struct house *h = *state;
	struct wire_grant first, second;
	struct wire_complete m;
	struct fake *w, *other;

	h->options.lease_ttl_ms = 200;
	w = begin(h, one_step, &first);
	other = fake_create(h, "f2", 1);
	second = fake_grant(other);
	assert_true(second.lease.fence > first.lease.fence);
	fake_is_cut_off(w); /* or it would have been granted the step again */
	fake_return(h, w, &first.lease, 1);
	m = fake_success(&first.lease);
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &first.lease), WIRE_VERDICT_FENCED);
	m = fake_success(&second.lease);
	fake_complete(other, &m);
	assert_int_equal(fake_verdict(other, &second.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "succeeded");
	fake_destroy(w);
	fake_destroy(other);
}

static void test_lost_grant_is_taken_back(void **state)
{
	struct house *h = *state;
	struct wire_grant first, second;
	struct fake *w = begin(h, one_step, &first);

	fake_disconnect(w);
	fake_return(h, w, NULL, 0); /* it never got it */
	second = fake_grant(w);
	assert_true(second.lease.fence > first.lease.fence);
	assert_int_equal(second.attempt, 1);
	fake_disconnect(w);
	fake_return(h, w, &second.lease, 1); /* this one it has */
	fake_hears_no(w, FRAME_SCHEDULER_STEP_GRANT, 100);
	fake_destroy(w);
}

static void test_lease_outlives_a_scheduler(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	struct wire_complete m = fake_success(&g.lease);
	json_t *step;

	fake_say_lease(w, FRAME_WORKER_STEP_START, &g.lease);
	assert_step(h, "running", "");
	house_kill(h);
	fake_disconnect(w);
	house_start(h);
	fake_return(h, w, &g.lease, 1);
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "succeeded");
	step = show_step(h, 0);
	assert_int_equal(json_integer_value(json_object_get(step, "attempt")), 1);
	json_decref(step);
	fake_destroy(w);
}

/* Makes the store hold one content and tells its digest. */
static struct digest put_blob(const struct house *h, const char *text)
{
	char *path = path_join(h->home, "blobs");
	struct blob_store *blobs;
	struct blob_batch *batch;
	struct digest d;

	assert_int_equal(blob_store_open(path, &blobs, NULL), 0);
	batch = blob_batch_create(blobs);
	assert_int_equal(blob_batch_bytes(batch, text, strlen(text), &d, NULL), 0);
	assert_int_equal(blob_batch_commit(batch, NULL), 0);
	blob_batch_destroy(batch);
	blob_store_close(blobs);
	free(path);
	return d;
}

/* What a follower is told first of a run's steps, but for who is connected now. */
static char *told_first(const struct house *h, const char *args)
{
	struct peer *p = peer_connect(h);
	struct frame f;
	json_t *event, *steps, *step;
	char *text;
	size_t i;

	peer_ask(p, 1, "run.follow", args);
	assert_int_equal(peer_next(p, &f, PATIENCE_MS), 1);
	event = json_loadb(f.payload, f.len, 0, NULL);
	steps = json_object_get(json_object_get(event, "event"), "steps");
	json_array_foreach(steps, i, step)
		json_object_del(step, "worker");
	text = json_dumps(steps, JSON_INDENT(1));
	json_decref(event);
	peer_close(p);
	return text;
}

static void test_restart_forgets_nothing(void **state)
{
	struct house *h = *state;
	struct wire_artifact output = { .name = "o", .size_bytes = 7 };
	struct wire_metric metric = { "m", 0.5 };
	struct wire_complete m;
	struct wire_grant g;
	struct fake *w;
	char *before, *after;

	house_commit(h, "name: one\nsteps:\n" STEP("a", "    outputs: {o: o.txt}\n")
				STEP("b", "    inputs: {o: a.o}\n    cache: false\n"));
	house_start(h);
	w = fake_create(h, "f1", 1);
	output.digest = put_blob(h, "content");
	house_submit(h, "");
	g = fake_grant(w);
	m = fake_success(&g.lease);
	m.outputs = &output;
	m.metrics = &metric;
	m.output_count = m.metric_count = 1;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	g = fake_grant(w);
	assert_string_equal(g.inputs[0].path, "inputs/o");
	assert_true(digest_eq(&g.inputs[0].digest, &output.digest));
	m = fake_success(&g.lease);
	fake_complete(w, &m);
	assert_string_equal(house_follow(h, 1), "succeeded");
	house_submit(h, ""); /* a is cached, b runs again */
	g = fake_grant(w);
	assert_string_equal(g.step, "b");
	json_decref(wait_for_step(h, 1, "leased"));
	before = told_first(h, "{\"run\":2}");
	assert_non_null(strstr(before, "\"cached_from\": \"1/a\""));
	house_kill(h);
	fake_disconnect(w);
	house_start(h);
	fake_return(h, w, &g.lease, 1);
	after = told_first(h, "{\"run\":2}");
	assert_string_equal(after, before);
	m = fake_success(&g.lease);
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 2), "succeeded");
	free(before);
	free(after);
	fake_destroy(w);
}

/* Changes the records while nobody has them open. */
static void tamper(const struct house *h, const char *sql)
{
	char *path = path_join(h->home, "ingot.db");
	struct err err = ERR_INIT;
	struct db *db;

	assert_int_equal(records_open(path, DB_WRITER, &db, &err), 0);
	if (db_exec(db, sql, &err) < 0)
		fail_msg("%s", err.text);
	db_close(db);
	free(path);
}

/* Nobody can carry it on: it is given up, in good order, and others go on. */
static void test_a_damaged_run_is_given_up(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	json_t *run, *report;

	fake_say_lease(w, FRAME_WORKER_STEP_START, &g.lease);
	assert_step(h, "running", "");
	house_kill(h);
	fake_disconnect(w);
	tamper(h, "UPDATE document SET text = 'name: [' WHERE kind = 'definition'");
	house_start(h);
	assert_step(h, "cancelled", "replan");
	run = peer_result(h, NULL, "run.show", "{\"run\":1}");
	assert_string_equal(json_text(run, "state"), "cancelled");
	assert_string_equal(json_text(run, "reason"), "replan");
	assert_non_null(strstr(json_text(run, "message"), "not valid any more"));
	assert_string_not_equal(json_text(run, "finished_at"), "");
	json_decref(run);
	report = peer_result(h, NULL, "fsck", "{}");
	assert_int_equal(json_array_size(json_object_get(report, "problems")), 0);
	json_decref(report);
	fake_return(h, w, &g.lease, 1);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_FENCED);
	house_submit(h, "");
	g = fake_grant(w);
	assert_int_equal(g.run, 2);
	fake_destroy(w);
}

/* It is recorded a moment later. */
static void assert_worker(const struct house *h, const char *state)
{
	bool found = false;

	for (int i = 0; i < 1000 && !found; i++) {
		json_t *list = peer_result(h, NULL, "worker.list", "{}");
		const json_t *worker = json_array_get(json_object_get(list, "workers"), 0);

		found = strcmp(json_text(worker, "state"), state) == 0;
		json_decref(list);
		usleep(2000);
	}
	assert_true(found);
}

static void test_who_was_connected_has_to_come_back(void **state)
{
	struct house *h = *state;
	struct fake *w;

	house_start(h);
	w = fake_create(h, "f1", 1);
	assert_worker(h, "connected");
	house_kill(h);
	house_start(h);
	assert_worker(h, "gone");
	fake_return(h, w, NULL, 0);
	assert_worker(h, "connected");
	fake_destroy(w);
}

static void say_points(struct fake *w, const struct wire_points *m)
{
	struct buf out = BUF_INIT;

	wire_points_encode(m, &out);
	peer_send(w->peer, FRAME_WORKER_STEP_POINTS, out.data, out.len);
	buf_finish(&out);
}

static void test_points(void **state)
{
	enum { MANY = 20000 };
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	struct wire_point points[] = { { "loss", 1, 0.5, 7 }, { "rate", 1, 0.1, 7 },
				       { "loss", 2, NAN, 8 }, { "loss", 3, 0.25, 9 } };
	struct wire_points m = { g.lease, points, countof(points) };
	struct wire_point *many = mem_array(MANY, sizeof(*many));
	json_t *answer, *series;
	char *text;

	say_points(w, &m);
	for (uint32_t i = 0; i < MANY; i++)
		many[i] = (struct wire_point){ mem_printf("s%u", i), 0, 1, 7 };
	m = (struct wire_points){ g.lease, many, MANY };
	say_points(w, &m);
	fake_say_lease(w, FRAME_WORKER_STEP_START, &g.lease);
	assert_step(h, "running", "");
	answer = peer_result(h, NULL, "step.points", "{\"run\":1,\"step\":\"a\"}");
	series = json_object_get(answer, "series");
	assert_int_equal(json_object_size(series), MANY + 2);
	text = json_dumps(json_object_get(series, "loss"), JSON_COMPACT | JSON_REAL_PRECISION(6));
	assert_string_equal(text, "[[1,0.5],[2,null],[3,0.25]]");
	free(text);
	json_decref(answer);
	for (uint32_t i = 0; i < MANY; i++)
		free((char *)many[i].series);
	free(many);
	fake_destroy(w);
}

static void test_cancel_reaches_the_worker(void **state)
{
	struct house *h = *state;
	struct wire_grant g;
	struct fake *w = begin(h, one_step, &g);
	struct wire_complete m = fake_success(&g.lease);

	json_decref(peer_result(h, NULL, "run.cancel", "{\"run\":1}"));
	fake_wait(w, FRAME_SCHEDULER_STEP_CANCEL);
	m.outcome = OUTCOME_CANCELLED;
	m.reason = REASON_RUN_CANCELLED;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "cancelled");
	peer_refused(h, NULL, "run.cancel", "{\"run\":1}", "state", "ended already");
	fake_destroy(w);
}

static void test_same_name_replaces(void **state)
{
	struct house *h = *state;
	struct wire_grant g, second;
	struct fake *w = begin(h, one_step, &g), *next;
	json_t *list, *row;

	next = fake_create(h, "f1", 1);
	second = fake_grant(next);
	assert_true(second.lease.fence > g.lease.fence);
	fake_disconnect(w);
	/* The older one's end is not the newer one's. */
	usleep(100 * 1000);
	list = peer_result(h, NULL, "worker.list", "{}");
	assert_int_equal(json_array_size(json_object_get(list, "workers")), 1);
	row = json_array_get(json_object_get(list, "workers"), 0);
	assert_string_equal(json_text(row, "name"), "f1");
	assert_string_equal(json_text(row, "state"), "connected");
	json_decref(list);
	fake_destroy(w);
	fake_destroy(next);
}

/* ── lies ─────────────────────────────────────────────────────────────── */

static void test_gate_is_judged_here(void **state)
{
	struct house *h = *state;
	struct wire_metric metric = { "accuracy", 0.25 };
	struct wire_grant g;
	struct fake *w = begin(h, with_gate, &g);
	struct wire_complete m = fake_success(&g.lease);

	m.metrics = &metric;
	m.metric_count = 1;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "failed");
	assert_step(h, "failed", "gate");
	fake_destroy(w);
}

struct lie {
	const char *reason; /* "": it is none */
	const char *names[3];
	uint32_t count;
	bool is_elsewhere; /* a digest that the store does not have */
	struct wire_metric metrics[2];
	uint32_t metric_count;
};

static void tell(struct house *h, struct fake *w, const struct lie *lie, const struct digest *d)
{
	struct wire_artifact outputs[3] = { 0 };
	struct wire_grant g = fake_grant(w);
	struct wire_complete m = fake_success(&g.lease);
	struct wire_metric metrics[2] = { lie->metrics[0], lie->metrics[1] };

	for (uint32_t i = 0; i < lie->count; i++) {
		outputs[i] = (struct wire_artifact){ .name = lie->names[i], .digest = *d };
		outputs[i].digest.bytes[0] ^= lie->is_elsewhere && i == 1;
	}
	m.outputs = outputs;
	m.output_count = lie->count;
	m.metrics = metrics;
	m.metric_count = lie->metric_count;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_step(h, *lie->reason ? "failed" : "succeeded", lie->reason);
}

static void test_lies_fail_the_step_alone(void **state)
{
	static const struct lie lies[] = {
		{ "output", { "x" }, 1, false, { { 0 } }, 0 },
		{ "output", { "x", "x" }, 2, false, { { 0 } }, 0 },
		{ "output", { "x", "z" }, 2, false, { { 0 } }, 0 },
		{ "output", { "x", "y", "z" }, 3, false, { { 0 } }, 0 },
		{ "output", { "x", "y" }, 2, true, { { 0 } }, 0 },
		{ "metrics", { "x", "y" }, 2, false, { { "m", NAN } }, 1 },
		{ "metrics", { "x", "y" }, 2, false, { { "m", 1 }, { "m", 2 } }, 2 },
		{ "", { "x", "y" }, 2, false, { { "m", 1 }, { "n", -1e300 } }, 2 },
	};
	struct house *h = *state;
	struct digest d;
	struct fake *w;

	house_commit(h, two_outputs);
	house_start(h);
	d = put_blob(h, "content");
	w = fake_create(h, "f1", 1);
	for (size_t i = 0; i < countof(lies); i++) {
		house_submit(h, "\"no_cache\":true");
		tell(h, w, &lies[i], &d);
	}
	fake_destroy(w);
}

/* What a failed command left behind does not change why it failed. */
static void test_failure_keeps_its_reason(void **state)
{
	struct house *h = *state;
	struct wire_metric twice[] = { { "m", 1 }, { "m", INFINITY } };
	struct wire_artifact output = { .name = "nonsense" };
	struct wire_grant g;
	struct fake *w = begin(h, two_outputs, &g);
	struct wire_complete m = fake_success(&g.lease);

	m.outcome = OUTCOME_FAILED;
	m.reason = REASON_OOM_KILLED;
	m.outputs = &output;
	m.output_count = 1;
	m.metrics = twice;
	m.metric_count = 2;
	fake_complete(w, &m);
	assert_int_equal(fake_verdict(w, &g.lease), WIRE_VERDICT_RECORDED);
	assert_string_equal(house_follow(h, 1), "failed");
	assert_step(h, "failed", "oom_killed");
	fake_destroy(w);
}

static void test_registrations_that_are_refused(void **state)
{
	struct house *h = *state;
	struct wire_device devices[65];
	struct wire_register good, bad;
	struct fake *w;
	char *name = mem_alloc(1001);

	memset(name, 'x', 1000);
	house_start(h);
	for (size_t i = 0; i < countof(devices); i++)
		devices[i] = (struct wire_device){ "GPU", "GPU", 1 };
	for (int i = 0; i < 7; i++) {
		w = mem_alloc(sizeof(*w));
		w->name = "f1";
		w->peer = peer_connect(h);
		good = bad = fake_registration(w, 1);
		bad.version += i == 0;
		bad.name = i == 1 ? "" : i == 2 ? name : bad.name;
		bad.pool = i == 3 ? name : bad.pool;
		bad.memory_bytes = i == 4 ? UINT64_MAX : bad.memory_bytes;
		bad.devices = devices;
		bad.device_count = i == 5 ? 65 : 0;
		fake_register(w, &bad);
		if (i == 6)
			fake_register(w, &good); /* twice */
		fake_is_cut_off(w);
		fake_destroy(w);
	}
	json_decref(peer_result(h, NULL, "hello", "{}"));
	free(name);
}

/* Every message of a worker, cut short and with bytes changed. */
static void test_nonsense_cuts_off_nobody_else(void **state)
{
	struct house *h = *state;
	struct fake *w = NULL;

	house_start(h);
	for (int type = 0; type < FRAME_COUNT; type++) {
		for (size_t len = 0; len < 64; len += 9) {
			uint8_t bytes[64];

			hash_random(bytes, sizeof(bytes));
			w = fake_create(h, "f1", 1);
			peer_send(w->peer, (enum frame_type)type, bytes, len);
			fake_is_cut_off(w);
			fake_destroy(w);
		}
	}
	json_decref(peer_result(h, NULL, "hello", "{}"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)
		TEST(test_grant_tells_everything),
		TEST(test_result_is_recorded_once),
		TEST(test_wrong_nonce),
		TEST(test_strict_step_asks_first),
		TEST(test_release_gives_it_back),
		TEST(test_heartbeat_tells_what_is_over),
		TEST(test_silence_ends_a_lease),
		TEST(test_lost_grant_is_taken_back),
		TEST(test_lease_outlives_a_scheduler),
		TEST(test_restart_forgets_nothing),
		TEST(test_a_damaged_run_is_given_up),
		TEST(test_who_was_connected_has_to_come_back),
		TEST(test_points),
		TEST(test_cancel_reaches_the_worker),
		TEST(test_same_name_replaces),
		TEST(test_gate_is_judged_here),
		TEST(test_lies_fail_the_step_alone),
		TEST(test_failure_keeps_its_reason),
		TEST(test_registrations_that_are_refused),
		TEST(test_nonsense_cuts_off_nobody_else),
	};

	if (house_is_worker(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
