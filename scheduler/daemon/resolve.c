/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.c - what becomes of a step whose parents are done
 *
 * A struct resolving lives from the question to the answer and goes from stage to
 * stage; while a thread or a worker is asked, run->waiting keeps the run alive.
 */
#include "scheduler/daemon/resolve.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/import.h"
#include "scheduler/daemon/inputs.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/judge.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/value_json.h"
#include "scheduler/engine/engine.h"
#include "scheduler/plan/key.h"
#include "store/blob/blob.h"
#include "store/records/batch.h"
#include "store/records/query_cache.h"
#include "store/records/query_runs.h"
#include "store/records/writer.h"

struct resolving {
	struct daemon *daemon;
	struct live_run *run;
	uint32_t index;
	struct arena arena;
	struct inputs inputs;
	struct buf key_text;
	struct digest key;
	int rc;
	struct err err;
};

/* Frees it; the caller releases the run. */
static void resolving_end(struct resolving *r)
{
	r->run->waiting--;
	buf_finish(&r->key_text);
	arena_finish(&r->arena);
	free(r);
}

static void answer(struct resolving *r, enum resolution resolution, enum reason reason,
		   const char *message)
{
	struct live_run *run = r->run;
	uint32_t index = r->index;

	live_set_message(run, index, message);
	resolving_end(r);
	engine_resolved(run->daemon->engine, step_id(run->id, index), resolution, reason,
			daemon_now());
	live_release(run);
}

/* ── 6 and 5 ──────────────────────────────────────────────────────────── */

static const char *params_json(struct resolving *r, const struct plan_step *s)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	if (s->param_count == 0)
		return NULL;
	json_write_object(&w, NULL);
	for (uint32_t i = 0; i < s->param_count; i++)
		value_json_write(&w, s->params[i]->name, &s->param_values[i]);
	json_write_end(&w);
	copy = arena_strndup(&r->arena, out.data, out.len);
	buf_finish(&out);
	return copy;
}

/* Records what it runs from and keeps what the grant will need. */
static void answer_run(struct resolving *r)
{
	const struct plan_step *s = &r->run->plan->steps[r->index];
	struct live_step *live = &r->run->steps[r->index];
	const struct resolution_row row = {
		.step_id = step_id(r->run->id, r->index),
		.key = r->key,
		.key_text = buf_str(&r->key_text),
		.sources = s->sources,
		.params = params_json(r, s),
		.inputs = r->inputs.rows,
		.input_count = r->inputs.row_count,
	};

	batch_resolution(writer_batch(r->daemon->writer), &row);
	live->inputs = arena_copy(&r->run->arena, r->inputs.items,
				  r->inputs.count * sizeof(*r->inputs.items));
	live->key = r->key;
	answer(r, RESOLUTION_RUN, REASON_NONE, NULL);
}

static void on_imported(void *arg, const struct digest *tree, const struct err *err)
{
	struct resolving *r = arg;

	if (!tree) {
		answer(r, RESOLUTION_FAILED, REASON_WORKSPACE, err->text);
		return;
	}
	r->run->steps[r->index].source_tree = *tree;
	answer_run(r);
}

static void need_sources(struct resolving *r)
{
	const struct plan_step *s = &r->run->plan->steps[r->index];

	if (digest_is_zero(&s->sources))
		answer_run(r);
	else
		imports_need(r->daemon->imports, r->run->options.repository, &s->sources,
			     r->run->source_texts[s->def_index], on_imported, r);
}

/* ── 4 ────────────────────────────────────────────────────────────────── */

/* A hit counts only while all that it promises is still in the store. */
static bool is_whole(const struct resolving *r, const struct loaded_result *hit)
{
	for (uint32_t i = 0; i < hit->output_count; i++) {
		if (!blob_exists(r->daemon->blobs, &hit->outputs[i].digest))
			return false;
	}
	return true;
}

static bool look_up(struct resolving *r, struct loaded_result *hit)
{
	const struct plan_step *s = &r->run->plan->steps[r->index];

	if (!s->cacheable || r->run->options.no_cache)
		return false;
	return query_cache(r->daemon->db, &r->key, &r->arena, hit, NULL) == 0 && is_whole(r, hit);
}

static void answer_cached(struct resolving *r, const struct loaded_result *hit)
{
	struct live_step *live = &r->run->steps[r->index];
	struct err err = ERR_INIT;

	live_keep_result(r->run, r->index, hit->outputs, hit->output_count, hit->metrics,
			 hit->metric_count);
	live->cached_from = hit->step_id;
	live->cached_from_address =
		query_step_address(r->daemon->db, hit->step_id, &r->run->arena);
	if (judge_gates(r->run, r->index, hit->metrics, hit->metric_count, &err) < 0)
		answer(r, RESOLUTION_FAILED, REASON_GATE, err.text);
	else
		answer(r, RESOLUTION_CACHED, REASON_NONE, NULL);
}

static void make_key(struct resolving *r, const char *fingerprint)
{
	const struct plan_step *s = &r->run->plan->steps[r->index];
	struct plan_input_content *contents =
		arena_array(&r->arena, r->inputs.count, sizeof(*contents));
	struct loaded_result hit;

	for (uint32_t i = 0; i < r->inputs.count; i++)
		contents[i] = (struct plan_input_content){ r->inputs.items[i].digest,
							   r->inputs.items[i].is_tree };
	plan_key(r->run->plan, s, contents, fingerprint, &r->key_text, &r->key);
	if (look_up(r, &hit))
		answer_cached(r, &hit);
	else
		need_sources(r);
}

/* ── 3 ────────────────────────────────────────────────────────────────── */

static void on_fingerprint(void *arg, const char *text, const char *message)
{
	struct resolving *r = arg;

	if (text)
		make_key(r, text);
	else if (message)
		answer(r, RESOLUTION_FAILED, REASON_FINGERPRINT, message);
	else
		resolving_end(r); /* the next scheduler asks anew */
}

static void need_fingerprint(struct resolving *r)
{
	const struct plan_step *s = &r->run->plan->steps[r->index];

	if (s->fingerprint_count)
		probes_ask(r->daemon->probes, s->fingerprint, s->fingerprint_count,
			   r->run->options.path, on_fingerprint, r);
	else
		make_key(r, NULL);
}

/* ── 2 ────────────────────────────────────────────────────────────────── */

static void make_work(void *arg)
{
	struct resolving *r = arg;

	r->rc = inputs_make(r->daemon->blobs, r->daemon->unpacks, &r->inputs, &r->err);
}

static void make_done(void *arg)
{
	struct resolving *r = arg;

	if (r->rc < 0)
		answer(r, RESOLUTION_FAILED, REASON_INPUT, r->err.text);
	else
		need_fingerprint(r);
}

static void need_inputs(struct resolving *r)
{
	if (inputs_gather(r->run, r->index, &r->arena, &r->inputs, &r->err) < 0)
		answer(r, RESOLUTION_FAILED, REASON_INPUT, r->err.text);
	else if (inputs_are_made(&r->inputs))
		need_fingerprint(r);
	else
		job_start(r->daemon, make_work, make_done, r);
}

/* ── 1 ────────────────────────────────────────────────────────────────── */

/* To reproduce is to compute again, not to act again. */
static bool is_left_out(const struct live_run *run, uint32_t index)
{
	return run->plan->steps[index].def->kind == STEP_DEPLOY &&
	       str_eq(run->plan->context.trigger, TRIGGER_REPRODUCE);
}

void resolve_step(struct live_run *run, uint32_t index)
{
	struct resolving *r = mem_alloc(sizeof(*r));
	bool holds;

	r->daemon = run->daemon;
	r->run = run;
	r->index = index;
	run->waiting++;
	if (is_left_out(run, index))
		answer(r, RESOLUTION_SKIPPED, REASON_CONDITION,
		       "a run that reproduces another does not deploy");
	else if (judge_condition(run, index, &holds, &r->err) < 0)
		answer(r, RESOLUTION_FAILED, REASON_CONDITION_ERROR, r->err.text);
	else if (!holds)
		answer(r, RESOLUTION_SKIPPED, REASON_CONDITION,
		       run->plan->steps[index].def->condition.text);
	else
		need_inputs(r);
}
