/* SPDX-License-Identifier: Apache-2.0 */
/* complete.c - the one way a step's result gets into the records
 *
 * The engine says first whether the completion counts at all. Then its outputs
 * and gates are judged, which may make a failure of a success, and only then is
 * it told to the engine. Result, outputs, metrics and everything that follows
 * (states, children) are in the batch that is open now; the worker is answered
 * when that batch is durable.
 */
#include "scheduler/daemon/complete.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/judge.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "store/blob/blob.h"
#include "store/records/batch.h"
#include "store/records/query_cache.h"
#include "store/records/writer.h"
#include "workers/wire/message.h"

/* What an honest worker stays below; others must not fill the records. */
enum { METRICS_MAX = 10000, METRIC_NAME_MAX = 250, PROFILE_MAX = 250 };

/* A completion on its way through. */
struct completing {
	struct daemon *daemon;
	struct worker_link *link;
	uint64_t session;
	const struct wire_complete *m;
	const struct digest *body;
	struct live_run *run;
	uint32_t index;
	struct arena arena;
	enum outcome outcome;
	enum reason reason;
	bool command_succeeded;
	struct err err; /* what is wrong with it, to people */
	struct output_row *outputs;
	struct metric_row *metrics;
	uint32_t metric_count;
};

struct reply {
	struct daemon *daemon;
	uint64_t session;
	struct wire_lease lease;
};

static void on_recorded(void *arg)
{
	struct reply *r = arg;

	worker_link_answer(r->daemon, r->session, &r->lease, WIRE_VERDICT_RECORDED);
	free(r);
}

static void answer_recorded(struct completing *c)
{
	struct reply *r = mem_alloc(sizeof(*r));

	*r = (struct reply){ c->daemon, c->session, c->m->lease };
	batch_on_commit(writer_batch(c->daemon->writer), on_recorded, r);
}

static void answer(struct completing *c, enum wire_verdict verdict)
{
	worker_link_answer(c->daemon, c->session, &c->m->lease, verdict);
}

/* An attempt of an earlier scheduler: its row answers. */
static void answer_past(struct completing *c)
{
	struct digest recorded;

	if (query_attempt_body(c->daemon->db, c->m->lease.step_id, c->m->lease.fence, &recorded,
			       NULL) < 0)
		answer(c, WIRE_VERDICT_FENCED);
	else
		answer(c, digest_eq(&recorded, c->body) ? WIRE_VERDICT_RECORDED
							: WIRE_VERDICT_CONFLICT);
}

static void fail(struct completing *c, enum reason reason)
{
	c->outcome = OUTCOME_FAILED;
	c->reason = reason;
}

static const struct plan_output *declared_output(const struct plan_step *s, const char *name)
{
	for (size_t i = 0; i < s->def->output_count; i++) {
		if (str_eq(s->outputs[i].def->name, name))
			return &s->outputs[i];
	}
	return NULL;
}

static bool is_reported_before(const struct completing *c, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (str_eq(c->m->outputs[i].name, c->m->outputs[index].name))
			return true;
	}
	return false;
}

/* Every declared output, once, and in the store. */
static void judge_outputs(struct completing *c)
{
	const struct plan_step *s = &c->run->plan->steps[c->index];

	if (c->outcome != OUTCOME_SUCCEEDED)
		return;
	if (c->m->output_count != s->def->output_count) {
		err_set(&c->err, ERR_FAILED, "the worker reported %u of %zu outputs",
			c->m->output_count, s->def->output_count);
		fail(c, REASON_OUTPUT);
		return;
	}
	c->outputs = arena_array(&c->arena, c->m->output_count, sizeof(*c->outputs));
	for (uint32_t i = 0; i < c->m->output_count; i++) {
		const struct wire_artifact *a = &c->m->outputs[i];
		const struct plan_output *declared = declared_output(s, a->name);

		if (!declared || is_reported_before(c, i) ||
		    !blob_exists(c->daemon->blobs, &a->digest)) {
			err_set(&c->err, ERR_FAILED, "output '%s' is not %s", a->name,
				!declared		   ? "declared"
				: is_reported_before(c, i) ? "there once"
							   : "in the store");
			fail(c, REASON_OUTPUT);
			return;
		}
		c->outputs[i] = (struct output_row){
			.name = a->name,
			.digest = a->digest,
			.is_tree = a->is_tree,
			.size_bytes = a->size_bytes,
			.files = a->files,
			.path = declared->path,
			.type = output_type_name(declared->def->type),
			.registered = declared->def->registered,
		};
	}
}

/* What the records can hold: each name once, finite numbers. */
static bool are_metrics_good(const struct wire_complete *m)
{
	struct map names = MAP_INIT;
	bool good = m->metric_count <= METRICS_MAX;

	for (uint32_t i = 0; good && i < m->metric_count; i++) {
		const struct wire_metric *metric = &m->metrics[i];

		good = isfinite(metric->value) && strlen(metric->name) <= METRIC_NAME_MAX &&
		       !map_set(&names, metric->name, (void *)metric);
	}
	map_finish(&names);
	return good;
}

static void take_metrics(struct completing *c)
{
	if (!are_metrics_good(c->m)) {
		err_set(&c->err, ERR_FAILED, "the worker reported metrics that cannot be kept");
		if (c->outcome == OUTCOME_SUCCEEDED)
			fail(c, REASON_METRICS);
		return;
	}
	c->metric_count = c->m->metric_count;
	c->metrics = arena_array(&c->arena, c->metric_count, sizeof(*c->metrics));
	for (uint32_t i = 0; i < c->metric_count; i++)
		c->metrics[i] = (struct metric_row){ c->m->metrics[i].name, c->m->metrics[i].value };
}

static void judge(struct completing *c)
{
	c->outcome = c->m->outcome;
	c->reason = c->m->reason;
	if (c->m->message[0])
		err_set(&c->err, ERR_FAILED, "%s", c->m->message);
	judge_outputs(c);
	take_metrics(c);
	c->command_succeeded = c->outcome == OUTCOME_SUCCEEDED;
	if (c->command_succeeded &&
	    judge_gates(c->run, c->index, c->metrics, c->metric_count, &c->err) < 0)
		fail(c, REASON_GATE);
}

static void record_attempt(struct completing *c, const struct step_view *v)
{
	const struct wire_complete *m = c->m;
	const struct attempt_row row = {
		.step_id = m->lease.step_id,
		.fence = m->lease.fence,
		.number = v->attempts,
		.worker_id = worker_link_id(c->link),
		.state = ATTEMPT_STATE_FINISHED,
		.outcome = c->outcome,
		.reason = c->reason,
		.exit_code = m->exit_code,
		.signal = m->signal,
		.message = c->err.text,
		.started_at = m->started_at,
		.finished_at = m->finished_at,
		.run_us = m->run_us,
		.cpu_user_us = m->cpu_user_us,
		.cpu_system_us = m->cpu_system_us,
		.peak_memory_bytes = m->peak_memory_bytes,
		.profile = strlen(m->profile) <= PROFILE_MAX ? m->profile : NULL,
		.body = *c->body,
		.log_bytes = m->log_bytes,
	};

	batch_attempt(writer_batch(c->daemon->writer), &row);
}

/* A deployment that was verified makes a version of its model. */
static void record_model(struct completing *c)
{
	const struct plan_step *s = &c->run->plan->steps[c->index];
	const struct deployment *d = &s->def->deployment;
	struct batch *batch = writer_batch(c->daemon->writer);
	const struct live_step *live = &c->run->steps[c->index];

	if (!d->model_name || c->outcome != OUTCOME_SUCCEEDED)
		return;
	if (d->model_input != SIZE_MAX) {
		const struct wire_input *in = &live->inputs[d->model_input];
		const struct plan_input *p = &s->inputs[d->model_input];
		bool of_step = in && p->def->form == INPUT_STEP && p->producer_count == 1;
		uint64_t from = of_step ? step_id(c->run->id, p->producers[0])
					: c->m->lease.step_id;
		const char *output =
			of_step ? c->run->pipeline->steps[p->def->step].outputs[p->def->output].name
				: in->name;

		batch_model_version(batch, d->model_name, from, output, &in->digest,
				    clock_wall_ms(), NULL);
		return;
	}
	for (uint32_t i = 0; i < c->m->output_count; i++) {
		if (str_eq(c->outputs[i].name, s->def->outputs[d->model_output].name))
			batch_model_version(batch, d->model_name, c->m->lease.step_id,
					    c->outputs[i].name, &c->outputs[i].digest,
					    clock_wall_ms(), NULL);
	}
}

static void record_result(struct completing *c)
{
	const struct plan_step *s = &c->run->plan->steps[c->index];
	const struct live_step *live = &c->run->steps[c->index];
	const struct result_row row = {
		.step_id = c->m->lease.step_id,
		.fence = c->m->lease.fence,
		.outcome = c->outcome,
		.at = clock_wall_ms(),
		.outputs = c->outputs,
		.output_count = c->command_succeeded ? c->m->output_count : 0,
		.metrics = c->metrics,
		.metric_count = c->metric_count,
		.enters_cache = c->command_succeeded && s->cacheable,
		.key = live->key,
	};

	batch_result(writer_batch(c->daemon->writer), &row);
	record_model(c);
	if (c->command_succeeded)
		live_keep_result(c->run, c->index, c->outputs, c->m->output_count, c->metrics,
				 c->metric_count);
}

/* The step may be tried again: then there is no result yet, only an attempt. */
static void record(struct completing *c)
{
	struct live_step *live = &c->run->steps[c->index];
	struct step_view v;

	BUG_ON(engine_step_view(c->daemon->engine, c->m->lease.step_id, &v) < 0);
	record_attempt(c, &v);
	live->exit_code = c->m->exit_code;
	live->started_at = c->m->started_at;
	live->finished_at = c->m->finished_at;
	live_set_message(c->run, c->index, c->err.text);
	if (step_state_is_terminal(v.state))
		record_result(c);
}

static void accept_result(struct completing *c)
{
	struct completion completion;
	enum complete_verdict verdict;

	judge(c);
	completion = (struct completion){ .outcome = c->outcome,
					  .reason = c->reason,
					  .exit_code = c->m->exit_code,
					  .run_ms = c->m->run_us / 1000,
					  .body = c->body };
	verdict = engine_complete(c->daemon->engine, c->m->lease.step_id, c->m->lease.fence,
				  c->session, &completion, daemon_now());
	BUG_ON(verdict != COMPLETE_ACCEPTED);
	record(c);
	answer_recorded(c);
}

void complete_step(struct daemon *d, struct worker_link *link, uint64_t session,
		   const struct wire_complete *m, const struct digest *body)
{
	struct completing c = {
		.daemon = d, .link = link, .session = session, .m = m, .body = body
	};

	switch (engine_complete_check(d->engine, m->lease.step_id, m->lease.fence, session, body)) {
	case COMPLETE_ACCEPTED:
		c.run = live_of_step(d, m->lease.step_id, &c.index);
		BUG_ON(!c.run);
		accept_result(&c);
		arena_finish(&c.arena);
		break;
	case COMPLETE_RECORDED:
		answer_recorded(&c);
		break;
	case COMPLETE_CONFLICT:
		log_warn("step %llu of run %llu: another completion of the attempt is recorded",
			 (unsigned long long)step_id_index(m->lease.step_id),
			 (unsigned long long)step_id_run(m->lease.step_id));
		answer(&c, WIRE_VERDICT_CONFLICT);
		break;
	case COMPLETE_FENCED:
		answer(&c, WIRE_VERDICT_FENCED);
		break;
	case COMPLETE_PAST:
		answer_past(&c);
		break;
	case COMPLETE_VERDICT_COUNT:
		BUG_ON(true);
	}
}
