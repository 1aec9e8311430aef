/* SPDX-License-Identifier: Apache-2.0 */
/* test_query.c - the questions and their answers, over the records of fill.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "fill.h"
#include "store/db/db.h"
#include "store/records/query_artifacts.h"
#include "store/records/query_cache.h"
#include "store/records/query_keep.h"
#include "store/records/query_lineage.h"
#include "store/records/query_metrics.h"
#include "store/records/query_runs.h"
#include "store/records/query_sql.h"
#include "store/records/query_workers.h"
#include "store/records/records.h"

enum { RUNS = 6 };

static char dir[] = "/tmp/ingot-query-XXXXXX";
static char path[64];
static struct db *db;
static struct buf out;
static struct err err;

static int open_records(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ingot.db", dir);
	fill_database(path, RUNS);
	return records_open(path, DB_READER, &db, &err);
}

static int close_records(void **state)
{
	(void)state;
	db_close(db);
	return fs_remove_tree(AT_FDCWD, dir, NULL);
}

static void a_run_has_the_names_of_the_contract(void **state)
{
	(void)state;
	static const char *const names[] = {
		"id", "pipeline", "state", "commit", "ref", "branch", "trigger", "params",
		"created_at", "started_at", "finished_at", "steps",
	};
	static const char *const step_names[] = {
		"name", "kind", "state", "reason", "attempt", "worker", "exit_code", "started_at",
		"finished_at", "cached_from", "metrics", "inputs", "outputs",
	};
	assert_int_equal(query_run(db, 2, true, &out, &err), 0);
	json_t *run = asked(&out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_not_equal(at(run, names[i]), "absent");
	for (size_t i = 0; i < sizeof(step_names) / sizeof(step_names[0]); i++)
		assert_non_null(json_object_get(json_array_get(json_object_get(run, "steps"), 1),
						step_names[i]));
	assert_string_equal(at(run, "state"), "\"failed\"");
	assert_string_equal(at(run, "reason"), "\"exit_code\"");
	assert_string_equal(at(run, "params"), "{\"epochs\":200,\"seed\":7}");
	assert_string_equal(at(run, "created_at"), "\"2026-11-20T20:00:02.000Z\"");
	assert_string_equal(at(run, "counts.cached"), "1");
	json_decref(run);
}

static void steps_of_a_run_show_what_they_read_and_gave(void **state)
{
	(void)state;
	assert_int_equal(query_run(db, 2, true, &out, &err), 0);
	json_t *run = asked(&out);
	assert_int_equal(size_at(run, "steps"), FILL_STEPS);
	assert_string_equal(at(run, "steps.0.state"), "\"cached\"");
	assert_string_equal(at(run, "steps.0.cached_from"), "\"1/prepare\"");
	assert_string_equal(at(run, "steps.0.exit_code"), "null");
	assert_string_equal(at(run, "steps.0.outputs.1.address"), "\"2/prepare.train\"");
	assert_string_equal(at(run, "steps.0.outputs.0.kind"), "\"folder\"");
	assert_string_equal(at(run, "steps.1.matrix"), "{\"rate\":0.10000000000000001}");
	assert_string_equal(at(run, "steps.1.metrics.accuracy"), "0.91000000000000003");
	assert_string_equal(at(run, "steps.1.worker"), "\"box-1\"");
	assert_string_equal(at(run, "steps.3.inputs.0.from"), "\"2/train[rate=0.5].model\"");
	assert_string_equal(at(run, "steps.3.inputs.1.from"), "\"1/prepare.test\"");
	assert_string_equal(at(run, "steps.4.reason"), "\"condition\"");
	assert_string_equal(at(run, "steps.5.reason"), "\"exit_code\"");
	assert_string_equal(at(run, "steps.5.message"), "\"KeyError: 'bill'\"");
	assert_string_equal(at(run, "steps.5.inputs.0.from"), "\"https://x.test/s#sha256=…\"");
	json_decref(run);
}

static void a_step_in_detail_has_its_attempts(void **state)
{
	(void)state;
	assert_int_equal(query_step(db, step_id(2, 5), &out, &err), 0);
	json_t *step = asked(&out);
	assert_int_equal(size_at(step, "attempts"), 2);
	assert_string_equal(at(step, "attempts.0.outcome"), "\"retry\"");
	assert_string_equal(at(step, "attempts.1.outcome"), "\"failed\"");
	assert_string_equal(at(step, "attempts.1.exit_code"), "3");
	assert_string_equal(at(step, "attempts.1.cpu_user"), "0.0030000000000000001");
	assert_string_equal(at(step, "attempts.1.profile"), "\"pidns\"");
	json_decref(step);
	assert_int_equal(query_step(db, step_id(2, 6), &out, &err), ERR_NOT_FOUND);
	assert_int_equal(out.len, 0);
}

static void runs_come_in_pages_newest_first(void **state)
{
	(void)state;
	struct run_filter filter = { .pipeline = "penguins", .limit = 4 };
	assert_int_equal(query_runs(db, &filter, &out, &err), 0);
	json_t *page = asked(&out);
	assert_int_equal(size_at(page, "runs"), 4);
	assert_string_equal(at(page, "runs.0.id"), "6");
	assert_string_equal(at(page, "runs.0.steps"), "absent");
	assert_string_equal(at(page, "next"), "3");
	json_decref(page);
	filter.before = 3;
	assert_int_equal(query_runs(db, &filter, &out, &err), 0);
	page = asked(&out);
	assert_int_equal(size_at(page, "runs"), 2);
	assert_string_equal(at(page, "next"), "null");
	json_decref(page);
}

static void runs_are_filtered(void **state)
{
	(void)state;
	const struct {
		struct run_filter filter;
		size_t count;
	} cases[] = {
		{ { .limit = 100 }, 6 },
		{ { .limit = 100, .state = "failed" }, 3 },
		{ { .limit = 100, .branch = "dev" }, 2 },
		{ { .limit = 100, .branch = "dev", .state = "failed" }, 1 },
		{ { .limit = 100, .pipeline = "other" }, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(query_runs(db, &cases[i].filter, &out, &err), 0);
		json_t *page = asked(&out);
		assert_int_equal(size_at(page, "runs"), cases[i].count);
		json_decref(page);
	}
	struct run_filter wrong = { .limit = 1, .state = "done" };
	assert_int_equal(query_runs(db, &wrong, &out, &err), ERR_INVALID);
}

static void runs_and_steps_are_found_by_what_people_call_them(void **state)
{
	(void)state;
	uint64_t run = 0, step = 0;
	assert_int_equal(query_run_named(db, "latest", &run, &err), 0);
	assert_int_equal(run, RUNS);
	assert_int_equal(query_run_named(db, "7", &run, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "no such run: 7");
	assert_int_equal(query_run_named(db, "x", &run, &err), ERR_INVALID);

	assert_int_equal(query_step_named(db, 1, "train[rate=0.5]", &step, &err), 0);
	assert_int_equal(step, step_id(1, 2));
	assert_int_equal(query_step_named(db, 1, "evaluate", &step, &err), 0);
	assert_int_equal(step, step_id(1, 3));
	assert_int_equal(query_step_named(db, 1, "train", &step, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "train is 2 steps: train[rate=0.1], train[rate=0.5]");
	assert_int_equal(query_step_named(db, 1, "train[rate=0.7]", &step, &err), ERR_NOT_FOUND);
	assert_int_equal(query_step_named(db, 1, "evaluat", &step, &err), ERR_NOT_FOUND);
	assert_string_equal(err.hint, "did you mean 'evaluate'?");
}

static void the_cache_finds_the_step_with_its_outputs_and_metrics(void **state)
{
	(void)state;
	struct arena arena = ARENA_INIT;
	struct loaded_result hit = { 0 };
	struct digest key, content;
	fill_digest("key of 3/train[rate=0.5]", &key);
	assert_int_equal(query_cache(db, &key, &arena, &hit, &err), 0);
	assert_int_equal(hit.step_id, step_id(3, 2));
	assert_int_equal(hit.output_count, 1);
	fill_digest("3/train[rate=0.5].model", &content);
	assert_true(digest_eq(&hit.outputs[0].digest, &content));
	assert_int_equal(hit.metric_count, 2);
	assert_string_equal(hit.metrics[0].name, "accuracy");

	key.bytes[31] ^= 1; /* the same first eight bytes */
	assert_int_equal(query_cache(db, &key, &arena, &hit, &err), ERR_NOT_FOUND);
	fill_digest("key of 2/report", &key); /* failed */
	assert_int_equal(query_cache(db, &key, &arena, &hit, &err), ERR_NOT_FOUND);
	arena_finish(&arena);
}

static void an_earlier_key_is_found_at_its_place_or_another(void **state)
{
	(void)state;
	struct arena arena = ARENA_INIT;
	struct step_key key;
	uint64_t step = 0;
	for (uint32_t index = 2; index <= 4; index += 2) {
		assert_int_equal(query_previous_key(db, "penguins", 5, "train[rate=0.5]", index,
						    &arena, &step, &key, &err), 0);
		assert_int_equal(step, step_id(4, 2));
		assert_string_equal(key.text, "key of 4/train[rate=0.5]");
		assert_string_equal(key.params, "{\"epochs\":200}");
	}
	/* A cached step shows the key of the step it is cached from. */
	assert_int_equal(query_previous_key(db, "penguins", 0, "prepare", 0, &arena, &step, &key,
					    &err), 0);
	assert_int_equal(step, step_id(6, 0));
	assert_int_equal(key.step_id, step_id(1, 0));
	assert_int_equal(query_previous_key(db, "penguins", 1, "prepare", 0, &arena, &step, &key,
					    &err), ERR_NOT_FOUND);
	assert_int_equal(query_previous_key(db, "penguins", 0, "new", 0, &arena, &step, &key, &err),
			 ERR_NOT_FOUND);
	arena_finish(&arena);
}

static void a_repeated_completion_can_be_told_from_another(void **state)
{
	(void)state;
	struct digest body, want;
	fill_digest("2.5.1", &want);
	assert_int_equal(query_attempt_body(db, step_id(2, 5), fill_fence(1), &body, &err), 0);
	assert_true(digest_eq(&body, &want));
	assert_int_equal(query_attempt_body(db, step_id(2, 5), fill_fence(3), &body, &err),
			 ERR_NOT_FOUND);
}

static void resolves_to(const char *address, const char *canonical, const char *content)
{
	struct arena arena = ARENA_INIT;
	struct artifact a = { 0 };
	struct digest digest;
	fill_digest(content, &digest);
	if (query_artifact(db, address, &arena, &a, &err) < 0)
		fail_msg("%s: %s", address, err.text);
	assert_string_equal(a.address, canonical);
	assert_true(digest_eq(&a.digest, &digest));
	arena_finish(&arena);
}

static void is_unknown(const char *address, int code, const char *text, const char *hint)
{
	struct arena arena = ARENA_INIT;
	struct artifact a = { 0 };
	assert_int_equal(query_artifact(db, address, &arena, &a, &err), code);
	assert_string_equal(err.text, text);
	assert_string_equal(err.hint, hint);
	arena_finish(&arena);
}

static void addresses_name_artifacts(void **state)
{
	(void)state;
	struct digest d;
	char text[DIGEST_TEXT_SIZE];
	resolves_to("3/evaluate.model", "3/evaluate.model", "3/evaluate.model");
	resolves_to("latest/train[rate=0.1].model", "6/train[rate=0.1].model",
		    "6/train[rate=0.1].model");
	resolves_to("2/train[rate=0.1]", "2/train[rate=0.1].model", "2/train[rate=0.1].model");
	resolves_to("2/prepare.test", "2/prepare.test", "1/prepare.test");
	resolves_to("model:penguins@2", "2/evaluate.model", "2/evaluate.model");
	resolves_to("model:penguins@latest", "6/evaluate.model", "6/evaluate.model");
	resolves_to("artifact:classifier@1", "1/train[rate=0.1].model", "1/train[rate=0.1].model");
	fill_digest("1/prepare.train", &d);
	digest_text(&d, text);
	resolves_to(text, "1/prepare.train", "1/prepare.train");
}

static void unknown_addresses_say_what_there_is(void **state)
{
	(void)state;
	is_unknown("9/train.model", ERR_NOT_FOUND, "no such run: 9", "");
	is_unknown("1/train.model", ERR_NOT_FOUND,
		   "train is 2 steps: train[rate=0.1], train[rate=0.5]", "name one of them");
	is_unknown("1/prepare.trian", ERR_NOT_FOUND, "1/prepare has no output trian, it has test, train",
		   "did you mean 'train'?");
	is_unknown("1/prepare", ERR_INVALID, "1/prepare has several outputs: test, train",
		   "name one: 1/prepare.test");
	is_unknown("1/deploy.model", ERR_NOT_FOUND, "1/deploy has no outputs on record", "");
	is_unknown("model:penguin@1", ERR_NOT_FOUND, "no model named penguin",
		   "did you mean 'model:penguins'?");
	is_unknown("model:penguins@9", ERR_NOT_FOUND,
		   "model:penguins has no version 9, the newest is 6", "");
	is_unknown("model:penguins", ERR_INVALID,
		   "model:penguins: give a version: model:penguins@3 or model:penguins@latest", "");
	is_unknown("sha256:12", ERR_INVALID, "sha256:12: a digest is sha256: and 64 hex digits", "");
}

static void artifacts_are_listed_with_their_versions(void **state)
{
	(void)state;
	assert_int_equal(query_artifacts(db, 2, 0, &out, &err), 0);
	json_t *list = asked(&out);
	assert_int_equal(json_array_size(list), 5);
	assert_string_equal(at(list, "1.address"), "\"2/prepare.train\"");
	assert_string_equal(at(list, "2.versions"), "[\"artifact:classifier@3\"]");
	assert_string_equal(at(list, "4.versions"), "[\"model:penguins@2\"]");
	assert_string_equal(at(list, "4.type"), "\"model\"");
	json_decref(list);
	assert_int_equal(query_artifacts(db, 0, 3, &out, &err), 0);
	list = asked(&out);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(at(list, "0.address"), "\"6/evaluate.model\"");
	json_decref(list);
	assert_int_equal(query_artifacts(db, 9, 0, &out, &err), ERR_NOT_FOUND);
	assert_int_equal(query_models(db, &out, &err), 0);
	list = asked(&out);
	assert_int_equal(json_array_size(list), RUNS);
	assert_string_equal(at(list, "0.version"), "6");
	assert_string_equal(at(list, "0.step"), "\"6/evaluate\"");
	json_decref(list);
}

static bool has_node(json_t *graph, const char *id)
{
	size_t i;
	json_t *node;
	json_array_foreach(json_object_get(graph, "nodes"), i, node) {
		if (strcmp(json_string_value(json_object_get(node, "id")), id) == 0)
			return true;
	}
	return false;
}

static bool has_edge(json_t *graph, const char *from, const char *to)
{
	size_t i;
	json_t *edge;
	json_array_foreach(json_object_get(graph, "edges"), i, edge) {
		if (strcmp(json_string_value(json_object_get(edge, "from")), from) == 0 &&
		    strcmp(json_string_value(json_object_get(edge, "to")), to) == 0)
			return true;
	}
	return false;
}

static void content_of(const char *name, char text[DIGEST_TEXT_SIZE])
{
	struct digest d;
	fill_digest(name, &d);
	digest_text(&d, text);
}

static void lineage_goes_back_to_commits_files_and_parameters(void **state)
{
	(void)state;
	char model[DIGEST_TEXT_SIZE], trained[DIGEST_TEXT_SIZE], data[DIGEST_TEXT_SIZE];
	const char *file = "file:7c4a8d09ca3762af61e59520943dc26494f8941b:src/train.py";
	content_of("4/evaluate.model", model);
	content_of("4/train[rate=0.5].model", trained);
	content_of("1/prepare.train", data);
	assert_int_equal(query_lineage(db, "4/evaluate.model", false, &out, &err), 0);
	json_t *graph = asked(&out);
	assert_true(has_edge(graph, "step:4/evaluate", model));
	assert_true(has_edge(graph, trained, "step:4/evaluate"));
	assert_true(has_edge(graph, "step:4/train[rate=0.5]", trained));
	assert_true(has_edge(graph, data, "step:4/train[rate=0.5]"));
	assert_true(has_edge(graph, "step:1/prepare", data));
	assert_true(has_edge(graph, "commit:c4", file));
	assert_true(has_edge(graph, file, "step:4/train[rate=0.5]"));
	assert_true(has_edge(graph, "param:epochs=200", "step:1/prepare"));
	assert_true(has_node(graph, "commit:c1"));
	assert_false(has_node(graph, "step:4/train[rate=0.1]"));
	assert_string_equal(at(graph, "truncated"), "false");
	json_decref(graph);
}

static void lineage_goes_forward_through_every_run(void **state)
{
	(void)state;
	char data[DIGEST_TEXT_SIZE], model[DIGEST_TEXT_SIZE];
	content_of("1/prepare.train", data);
	content_of("6/evaluate.model", model);
	assert_int_equal(query_lineage(db, "2/prepare.train", true, &out, &err), 0);
	json_t *graph = asked(&out);
	assert_true(has_edge(graph, data, "step:1/train[rate=0.1]"));
	assert_true(has_edge(graph, data, "step:6/train[rate=0.5]"));
	assert_true(has_edge(graph, "step:6/evaluate", model));
	assert_false(has_node(graph, "step:1/prepare"));
	json_decref(graph);
}

static void metrics_are_a_table_by_run_and_step(void **state)
{
	(void)state;
	const uint64_t runs[] = { 4, 1 };
	assert_int_equal(query_metrics(db, runs, 2, &out, &err), 0);
	json_t *table = asked(&out);
	assert_string_equal(at(table, "0.run"), "4");
	assert_int_equal(size_at(table, "0.steps"), 3);
	assert_string_equal(at(table, "1.steps.2.step"), "\"evaluate\"");
	assert_string_equal(at(table, "1.steps.2.metrics.loss"), "0.5");
	json_decref(table);
	const uint64_t missing[] = { 1, 77 };
	assert_int_equal(query_metrics(db, missing, 2, &out, &err), ERR_NOT_FOUND);
	assert_int_equal(out.len, 0);
}

static void points_come_by_series_and_in_order(void **state)
{
	(void)state;
	/* Run 3's is cached: the points are those of run 1. */
	assert_int_equal(query_points(db, step_id(3, 0), NULL, &out, &err), 0);
	json_t *points = asked(&out);
	assert_string_equal(at(points, "loss"), "[[0,1],[1,0.5],[2,0.125]]");
	assert_string_equal(at(points, "rate"), "[[0,0.25]]");
	json_decref(points);
	assert_int_equal(query_points(db, step_id(1, 0), "rate", &out, &err), 0);
	points = asked(&out);
	assert_int_equal(json_object_size(points), 1);
	json_decref(points);
	assert_int_equal(query_points(db, step_id(1, 1), NULL, &out, &err), 0);
	assert_string_equal(buf_str(&out), "{}");
	buf_finish(&out);
	assert_int_equal(query_points(db, step_id(9, 0), NULL, &out, &err), ERR_NOT_FOUND);
}

static void what_came_from_outside_has_an_address_and_readers(void **state)
{
	(void)state;
	char style[DIGEST_TEXT_SIZE];
	content_of("style", style);
	resolves_to(style, style, "style");
	assert_int_equal(query_artifact_json(db, style, &out, &err), 0);
	json_t *answer = asked(&out);
	assert_string_equal(at(answer, "kind"), "\"file\"");
	assert_string_equal(at(answer, "run"), "null");
	json_decref(answer);
	assert_int_equal(query_lineage(db, style, true, &out, &err), 0);
	answer = asked(&out);
	assert_true(has_edge(answer, style, "step:1/report"));
	json_decref(answer);
	assert_int_equal(query_artifact_json(db, "model:penguins@2", &out, &err), 0);
	answer = asked(&out);
	assert_string_equal(at(answer, "address"), "\"2/evaluate.model\"");
	assert_string_equal(at(answer, "size"), "103");
	json_decref(answer);
}

static void workers_are_listed(void **state)
{
	(void)state;
	assert_int_equal(query_workers(db, &out, &err), 0);
	json_t *workers = asked(&out);
	assert_string_equal(at(workers, "0.name"), "\"box-1\"");
	assert_string_equal(at(workers, "0.state"), "\"connected\"");
	assert_string_equal(at(workers, "0.resources.cpu"), "2");
	assert_string_equal(at(workers, "0.running"), "[]");
	json_decref(workers);
}

static void counts_are_counted(void **state)
{
	(void)state;
	struct record_counts c;
	assert_int_equal(query_counts(db, &c, &err), 0);
	assert_int_equal(c.runs, RUNS);
	assert_int_equal(c.live_runs, 0);
	assert_int_equal(c.steps, RUNS * FILL_STEPS);
	assert_int_equal(c.results, RUNS * 4 + 1);
	assert_true(c.database_bytes > 0);
}

static void the_views_speak_names(void **state)
{
	(void)state;
	assert_int_equal(query_sql(db, "SELECT r.id, r.state, s.step, s.state AS was, s.cached_from,"
				       " r.created_at FROM runs r JOIN steps s ON s.run = r.id"
				       " WHERE r.id = 2 AND s.step = 'prepare'; -- end",
				   &out, &err), 0);
	json_t *answer = asked(&out);
	assert_string_equal(at(answer, "columns"),
			    "[\"id\",\"state\",\"step\",\"was\",\"cached_from\",\"created_at\"]");
	assert_string_equal(at(answer, "rows"), "[[2,\"failed\",\"prepare\",\"cached\",\"1/prepare\","
						"\"2026-11-20T20:00:02.000Z\"]]");
	json_decref(answer);
	static const char *const views[] = { "runs", "steps", "attempts", "params", "metrics",
					     "artifacts", "lineage", "models", "events", "workers" };
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		char sql[64];
		snprintf(sql, sizeof(sql), "SELECT count(*) > 0 FROM %s", views[i]);
		assert_int_equal(query_sql(db, sql, &out, &err), 0);
		answer = asked(&out);
		assert_string_equal(at(answer, "rows"), "[[1]]");
		json_decref(answer);
	}
}

static void sql_only_reads_and_not_the_key(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		int code;
	} cases[] = {
		{ "DELETE FROM run", ERR_DENIED },
		{ "CREATE TABLE x (y)", ERR_DENIED },
		{ "PRAGMA query_only = OFF", ERR_DENIED },
		{ "ATTACH '/tmp/x.db' AS x", ERR_DENIED },
		{ "BEGIN", ERR_DENIED },
		{ "SELECT key FROM server", ERR_DENIED },
		{ "SELECT * FROM (SELECT hex(key) FROM server)", ERR_DENIED },
		{ "SELECT load_extension('x')", ERR_INVALID },
		{ "SELECT 1; SELECT 2", ERR_INVALID },
		{ "", ERR_INVALID },
		{ "SELEKT 1", ERR_INVALID },
		{ "SELECT * FROM runz", ERR_INVALID },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = query_sql(db, cases[i].sql, &out, &err);
		if (rc != cases[i].code)
			fail_msg("%s: %d %s", cases[i].sql, rc, err.text);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(query_sql(db, "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k)"
				       " SELECT i FROM k", &out, &err), ERR_TOO_LARGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(query_counts(db, &(struct record_counts){ 0 }, &err), 0);
}

static int count_run(void *arg, uint64_t run)
{
	*(uint64_t *)arg = *(uint64_t *)arg * 10 + run;
	return 0;
}

static void runs_behind_the_newest_can_be_collected(void **state)
{
	(void)state;
	uint64_t digits = 0;
	assert_int_equal(query_collectable_runs(db, 2, count_run, &digits, &err), 0);
	assert_int_equal(digits, 1234);
}

struct sought {
	struct digest digest;
	int found, trees;
};

static int seek(void *arg, const struct digest *digest, bool is_tree)
{
	struct sought *s = arg;
	if (digest_eq(&s->digest, digest)) {
		s->found++;
		s->trees += is_tree;
	}
	return 0;
}

static int times_kept(const char *content, int *ret_trees)
{
	struct sought s = { .found = 0 };
	fill_digest(content, &s.digest);
	assert_int_equal(query_kept(db, seek, &s, &err), 0);
	if (ret_trees)
		*ret_trees = s.trees;
	return s.found;
}

static void what_runs_and_versions_refer_to_is_kept(void **state)
{
	(void)state;
	int trees = 0;
	/* Of each run: five are cached from the first. */
	assert_int_equal(times_kept("1/prepare.test", &trees), RUNS);
	assert_int_equal(trees, RUNS);
	assert_int_equal(times_kept("3/evaluate.model", NULL), 2); /* run, model version */
	assert_int_equal(times_kept("nothing", NULL), 0);
}

static void count_problem(void *arg, const char *kind, const char *what, const char *message)
{
	struct buf *b = arg;
	buf_printf(b, "%s %s: %s\n", kind, what, message);
}

static void fsck_finds_nothing_in_good_records_and_names_what_is_wrong(void **state)
{
	(void)state;
	char copy[80];
	struct buf found = BUF_INIT;
	struct db *w = NULL;
	assert_int_equal(query_fsck(db, count_problem, &found, &err), 0);
	snprintf(copy, sizeof(copy), "%s/broken.db", dir);
	fill_database(copy, 2);
	assert_int_equal(records_open(copy, DB_WRITER, &w, &err), 0);
	assert_int_equal(db_exec(w, "PRAGMA foreign_keys = OFF;"
				    "DELETE FROM result WHERE step_id = 2 << 24 | 1;"
				    "UPDATE step SET state = 3 WHERE id = 2 << 24 | 3;"
				    "DELETE FROM step WHERE id = 1 << 24 | 4;", &err), 0);
	assert_int_equal(query_fsck(w, count_problem, &found, &err), 8);
	assert_non_null(strstr(buf_str(&found), "step 2/train[rate=0.1]: it succeeded, and has no result"));
	assert_non_null(strstr(buf_str(&found), "step 2/evaluate: it has a result, and has not ended"));
	assert_non_null(strstr(buf_str(&found), "run 1: it does not have as many steps as its plan"));
	assert_non_null(strstr(buf_str(&found), "run 2: it has ended, and a step of it has not"));
	assert_non_null(strstr(buf_str(&found), "foreign_key output"));
	db_close(w);
	buf_finish(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_has_the_names_of_the_contract),
		cmocka_unit_test(steps_of_a_run_show_what_they_read_and_gave),
		cmocka_unit_test(a_step_in_detail_has_its_attempts),
		cmocka_unit_test(runs_come_in_pages_newest_first),
		cmocka_unit_test(runs_are_filtered),
		cmocka_unit_test(runs_and_steps_are_found_by_what_people_call_them),
		cmocka_unit_test(the_cache_finds_the_step_with_its_outputs_and_metrics),
		cmocka_unit_test(an_earlier_key_is_found_at_its_place_or_another),
		cmocka_unit_test(a_repeated_completion_can_be_told_from_another),
		cmocka_unit_test(addresses_name_artifacts),
		cmocka_unit_test(unknown_addresses_say_what_there_is),
		cmocka_unit_test(artifacts_are_listed_with_their_versions),
		cmocka_unit_test(lineage_goes_back_to_commits_files_and_parameters),
		cmocka_unit_test(lineage_goes_forward_through_every_run),
		cmocka_unit_test(metrics_are_a_table_by_run_and_step),
		cmocka_unit_test(points_come_by_series_and_in_order),
		cmocka_unit_test(what_came_from_outside_has_an_address_and_readers),
		cmocka_unit_test(workers_are_listed),
		cmocka_unit_test(counts_are_counted),
		cmocka_unit_test(the_views_speak_names),
		cmocka_unit_test(sql_only_reads_and_not_the_key),
		cmocka_unit_test(runs_behind_the_newest_can_be_collected),
		cmocka_unit_test(what_runs_and_versions_refer_to_is_kept),
		cmocka_unit_test(fsck_finds_nothing_in_good_records_and_names_what_is_wrong),
	};
	return cmocka_run_group_tests_name("query", tests, open_records, close_records);
}
