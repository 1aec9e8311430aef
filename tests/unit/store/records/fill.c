/* SPDX-License-Identifier: Apache-2.0 */
/* fill.c - a database of records for tests, always the same */
#include "fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/records/batch.h"
#include "store/records/load.h"
#include "store/records/records.h"
#include "store/records/writer.h"

static const struct step_spec specs[FILL_STEPS] = {
	{ .name = "prepare", .job = "prepare", .kind = "data", .tries_left = 1 },
	{ .name = "train[rate=0.1]", .job = "train", .kind = "train", .matrix = "{\"rate\":0.1}" },
	{ .name = "train[rate=0.5]", .job = "train", .kind = "train", .matrix = "{\"rate\":0.5}" },
	{ .name = "evaluate", .job = "evaluate", .kind = "eval" },
	{ .name = "deploy", .job = "deploy", .kind = "deploy" },
	{ .name = "report", .job = "report", .tries_left = 1 },
};

static const char sources_text[] =
	"100644 7c4a8d09ca3762af61e59520943dc26494f8941b src/train.py\n"
	"100755 b1d5781111d84f7b3fe45a0852e59758cd7a87e5 src/util.py\n";

void fill_digest(const char *text, struct digest *ret)
{
	hash_bytes(text, strlen(text), ret);
}

uint64_t fill_fence(unsigned n)
{
	return 1u << 20 | n;
}

static bool is_cached(uint64_t run, uint32_t index)
{
	return index == 0 && run > 1;
}

static bool is_failed(uint64_t run, uint32_t index)
{
	return index == 5 && run % 2 == 0;
}

/* The content of an output, and where it comes from. */
static void content(uint64_t run, uint32_t index, const char *output, struct digest *ret)
{
	char text[128];
	snprintf(text, sizeof(text), "%d/%s.%s", is_cached(run, index) ? 1 : (int)run,
		 specs[index].name, output);
	fill_digest(text, ret);
}

static void fill_documents(struct batch *b, struct run_document documents[2])
{
	static const char definition[] = "name: penguins\n";
	documents[0].name = "definition";
	documents[1].name = "sources/train";
	hash_bytes(definition, strlen(definition), &documents[0].digest);
	hash_bytes(sources_text, strlen(sources_text), &documents[1].digest);
	batch_document(b, &documents[0].digest, "definition", definition, strlen(definition));
	batch_document(b, &documents[1].digest, "sources", sources_text, strlen(sources_text));
}

static void fill_row(struct batch *b, uint64_t run)
{
	const struct param_row params[] = { { "epochs", "200" }, { "seed", "7" } };
	struct run_document documents[2];
	char commit[16];
	fill_documents(b, documents);
	snprintf(commit, sizeof(commit), "c%d", (int)run);
	struct run_row row = {
		.id = run, .pipeline = "penguins", .repository = "/src/penguins", .commit = commit,
		.ref = "HEAD", .branch = run % 3 == 0 ? "dev" : "main", .trigger = "manual",
		.created_at = FILL_TIME + (int64_t)run * 1000, .steps = FILL_STEPS,
		.params = params, .param_count = countof(params),
		.documents = documents, .document_count = countof(documents),
	};
	fill_digest("plan", &row.plan);
	batch_run_insert(b, &row);
	struct step_spec rows[FILL_STEPS];
	memcpy(rows, specs, sizeof(rows));
	for (uint32_t i = 0; i < FILL_STEPS; i++)
		rows[i].id = step_id(run, i);
	batch_step_insert(b, rows, FILL_STEPS);
}

static void fill_attempt(struct batch *b, uint64_t run, uint32_t index, uint32_t number,
			 enum outcome outcome)
{
	bool failed = outcome != OUTCOME_SUCCEEDED;
	int64_t at = FILL_TIME + (int64_t)run * 1000 + index * 10;
	struct attempt_row a = {
		.step_id = step_id(run, index), .fence = fill_fence(number), .number = number,
		.worker_id = 1, .state = ATTEMPT_STATE_FINISHED, .outcome = outcome,
		.reason = failed ? REASON_EXIT_CODE : REASON_NONE, .exit_code = failed ? 3 : 0,
		.message = failed ? "KeyError: 'bill'" : NULL, .started_at = at,
		.finished_at = at + 5, .run_us = 4500, .cpu_user_us = 3000, .cpu_system_us = 1000,
		.peak_memory_bytes = 8 << 20, .log_bytes = 100,
	};
	char body[64];
	snprintf(body, sizeof(body), "%d.%u.%u", (int)run, index, number);
	fill_digest(body, &a.body);
	batch_attempt(b, &a);
}

static void fill_step_row(struct batch *b, uint64_t run, uint32_t index)
{
	int64_t at = FILL_TIME + (int64_t)run * 1000 + index * 10;
	bool failed = is_failed(run, index);
	struct step_row s = { .id = step_id(run, index), .state = STEP_STATE_SUCCEEDED,
			      .fence = fill_fence(failed ? 2 : 1), .attempt = failed ? 2 : 1,
			      .worker_id = 1, .started_at = at, .finished_at = at + 5 };
	if (failed) {
		s.state = STEP_STATE_FAILED;
		s.reason = REASON_EXIT_CODE;
		s.exit_code = 3;
		s.message = "KeyError: 'bill'";
	} else if (is_cached(run, index) || index == 4) {
		s = (struct step_row){ .id = s.id, .exit_code = -1, .finished_at = at };
		s.state = index == 4 ? STEP_STATE_SKIPPED : STEP_STATE_CACHED;
		s.reason = index == 4 ? REASON_CONDITION : REASON_NONE;
		s.cached_from = index == 4 ? 0 : step_id(1, index);
	}
	batch_step_update(b, &s);
}

static void fill_resolution(struct batch *b, uint64_t run, uint32_t index, struct digest *ret_key)
{
	struct input_row inputs[2] = {
		{ .name = index == 3 ? "model" : "train", .from_step = step_id(run, index == 3 ? 2 : 0),
		  .from_output = index == 3 ? "model" : "train" },
		{ .name = "test", .from_step = step_id(run, 0), .from_output = "test" },
	};
	content(run, index == 3 ? 2 : 0, inputs[0].from_output, &inputs[0].digest);
	content(run, 0, "test", &inputs[1].digest);
	if (run > 1) /* references name the step that computed it */
		inputs[1].from_step = step_id(1, 0);
	if (run > 1 && index != 3)
		inputs[0].from_step = step_id(1, 0);
	if (index == 5) {
		inputs[0] = (struct input_row){ .name = "style", .address = "https://x.test/s#sha256=…" };
		fill_digest("style", &inputs[0].digest);
	}
	char key[64];
	snprintf(key, sizeof(key), "key of %d/%s", (int)run, specs[index].name);
	fill_digest(key, ret_key);
	struct resolution_row r = {
		.step_id = step_id(run, index), .key = *ret_key, .key_text = key,
		.params = "{\"epochs\":200}", .inputs = inputs,
		.input_count = index == 0 ? 0 : index == 3 ? 2 : 1,
	};
	if (index <= 2)
		hash_bytes(sources_text, strlen(sources_text), &r.sources);
	batch_resolution(b, &r);
}

static void fill_result(struct batch *b, uint64_t run, uint32_t index, const struct digest *key)
{
	bool failed = is_failed(run, index);
	struct output_row outputs[2] = {
		{ .name = index == 0 ? "train" : "model", .size_bytes = 100 + index, .files = 1,
		  .path = index == 0 ? "out/train.csv" : "model.json",
		  .type = index == 0 ? "data" : "model",
		  .registered = index == 1 || index == 2 ? "classifier" : NULL },
		{ .name = "test", .size_bytes = 4096, .files = 3, .is_tree = true, .path = "out/test",
		  .type = "data" },
	};
	content(run, index, outputs[0].name, &outputs[0].digest);
	content(run, index, "test", &outputs[1].digest);
	const struct metric_row metrics[] = { { "accuracy", 0.9 + 0.01 * index }, { "loss", 0.5 } };
	struct result_row r = {
		.step_id = step_id(run, index), .fence = fill_fence(failed ? 2 : 1),
		.outcome = failed ? OUTCOME_FAILED : OUTCOME_SUCCEEDED,
		.at = FILL_TIME + (int64_t)run * 1000 + index * 10 + 5,
		.outputs = outputs, .output_count = index == 0 ? 2 : index <= 3 ? 1 : 0,
		.metrics = metrics, .metric_count = index >= 1 && index <= 3 ? 2 : 0,
		.enters_cache = !failed, .key = *key,
	};
	batch_result(b, &r);
	if (index == 3) {
		uint64_t step = step_id(run, index);
		batch_model_version(b, "penguins", step, "model", &outputs[0].digest, r.at, NULL);
	}
}

static void fill_points(struct batch *b, uint64_t step)
{
	const struct metric_point loss[] = { { 0, FILL_TIME, 1 }, { 1, FILL_TIME, 0.5 } };
	const struct metric_point rate[] = { { 0, FILL_TIME, 0.25 } };
	batch_metric_points(b, step, fill_fence(1), "loss", loss, countof(loss));
	batch_metric_points(b, step, fill_fence(1), "rate", rate, countof(rate));
	batch_metric_points(b, step, fill_fence(1), "loss", &(struct metric_point){ 2, FILL_TIME, 0.125 },
			    1);
}

static void fill_step(struct batch *b, uint64_t run, uint32_t index)
{
	struct digest key;
	fill_step_row(b, run, index);
	if (index == 4 || is_cached(run, index))
		return;
	fill_resolution(b, run, index, &key);
	if (is_failed(run, index))
		fill_attempt(b, run, index, 1, OUTCOME_RETRY);
	fill_attempt(b, run, index, is_failed(run, index) ? 2 : 1,
		     is_failed(run, index) ? OUTCOME_FAILED : OUTCOME_SUCCEEDED);
	fill_result(b, run, index, &key);
	if (index == 0)
		fill_points(b, step_id(run, index));
}

void fill_run(struct batch *b, uint64_t run)
{
	bool failed = run % 2 == 0;
	int64_t at = FILL_TIME + (int64_t)run * 1000;
	struct worker_row worker = { .id = 1, .name = "box-1", .pool = "box", .is_connected = true,
				     .pid = 4711, .slots = 2, .resources = "{\"cpu\":2}",
				     .labels = "[]", .profile = "pidns", .seen_at = at };
	batch_worker(b, &worker);
	fill_row(b, run);
	for (uint32_t i = 0; i < FILL_STEPS; i++)
		fill_step(b, run, i);
	struct run_status status = {
		.id = run, .state = failed ? RUN_STATE_FAILED : RUN_STATE_SUCCEEDED,
		.reason = failed ? REASON_EXIT_CODE : REASON_NONE,
		.message = failed ? "report failed" : NULL, .started_at = at,
		.finished_at = at + 500, .steps_done = FILL_STEPS, .steps_cached = run > 1,
		.steps_failed = failed,
	};
	batch_run_update(b, &status);
	struct event_row event = { .at = at, .run = run, .kind = "run.started" };
	batch_event(b, &event);
}

static void no_wake(void *ctx)
{
	(void)ctx;
}

void fill_database(const char *path, uint64_t count)
{
	struct err err = ERR_INIT;
	struct load load;
	struct db *db = NULL;
	if (records_open(path, DB_WRITER, &db, &err) < 0 || load_start(db, &load, &err) < 0) {
		fprintf(stderr, "fill: %s\n", err.text);
		abort();
	}
	load_finish(&load);
	struct writer *w = writer_create(db, no_wake, NULL);
	for (uint64_t run = 1; run <= count; run++) {
		fill_run(writer_batch(w), run);
		writer_submit(w);
		writer_poll(w);
	}
	writer_destroy(w);
}
