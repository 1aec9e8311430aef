/* SPDX-License-Identifier: Apache-2.0 */
/* why.c - why a step is where it is, in plain sentences */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

enum { NAMED_PARENTS = 3 }; /* of the steps that one waits for; the rest is a number */

/* What is asked about. */
struct question {
	const struct engine *e;
	const struct engine_run *er;
	uint32_t index;
	engine_name_fn *name;
	void *ctx;
	int64_t now_ms;
	struct buf *out;
};

static const struct run_step *asked(const struct question *q)
{
	return &q->er->run->steps[q->index];
}

static void put_step(const struct question *q, uint32_t index)
{
	q->name(q->ctx, step_id(q->er->run->number, index), q->out);
}

static void why_group(const struct question *q)
{
	const struct group *g = q->er->group;

	if (!g) {
		buf_str_append(q->out, "its run is queued");
		return;
	}
	buf_printf(q->out,
		   "its run is queued: %zu of %u runs of the concurrency group %s are under way",
		   g->active_count, g->limit, g->name);
}

static void why_parents(const struct question *q)
{
	const struct run *run = q->er->run;
	uint32_t open = 0;

	buf_str_append(q->out, "it waits for ");
	for (uint32_t i = run->parent_at[q->index]; i < run->parent_at[q->index + 1]; i++) {
		uint32_t parent = run->parents[i] & RUN_PARENT_INDEX;

		if (step_state_is_terminal(run->steps[parent].state) || open++ >= NAMED_PARENTS)
			continue;
		if (open > 1)
			buf_str_append(q->out, ", ");
		put_step(q, parent);
		buf_printf(q->out, " (%s)", step_state_name(run->steps[parent].state));
	}
	if (open > NAMED_PARENTS)
		buf_printf(q->out, " and %u more", open - NAMED_PARENTS);
	if (open == 0)
		buf_printf(q->out, "the other steps to end: %u have not (finally)", run->open_main);
}

static void why_waiting(const struct question *q)
{
	if (q->er->run->state == RUN_STATE_QUEUED)
		why_group(q);
	else if (asked(q)->nblock > 0)
		why_parents(q);
	else
		buf_str_append(q->out, "the steps that it needs are done; "
				       "whether it has to run is being found out");
}

static void why_ready(const struct question *q)
{
	struct queue_item item = engine_item(q->er, q->index);
	const struct pool **pools = mem_array(q->e->pool_count, sizeof(struct pool *));

	for (size_t i = 0; i < q->e->pool_count; i++)
		pools[i] = &q->e->pools[i]->pool;
	if (*item.place == QUEUE_PLACE_DELAYED) {
		buf_str_append(q->out,
			       "an earlier attempt failed; it is tried again after a pause");
	} else {
		buf_str_append(q->out, "it waits for a worker: ");
		queue_why(&q->e->queue, &item, pools, q->e->pool_count, q->out);
	}
	free(pools);
}

static void why_leased(const struct question *q)
{
	const struct lease *l = idmap_get(&q->e->leases, step_id(q->er->run->number, q->index));
	const char *worker = l->worker->name ? l->worker->name : "a worker that is not back yet";

	if (asked(q)->state == STEP_STATE_LEASED && !l->holds) {
		buf_printf(q->out, "it was given ahead to %s and is next there", worker);
		return;
	}
	buf_printf(q->out, "it %s on %s", l->started ? "runs" : "is about to start", worker);
	if (asked(q)->cancel)
		buf_printf(q->out, "; it was told to stop: %s", reason_sentence(asked(q)->reason));
	else if (l->worker->paused && !l->worker->draining)
		buf_printf(q->out, "; the worker is silent, and its lease ends in %.1f s",
			   (double)(l->deadline_ms - q->now_ms) / 1000);
}

/* The parent that kept it from running. */
static void why_upstream(const struct question *q)
{
	const struct run *run = q->er->run;

	for (uint32_t i = run->parent_at[q->index]; i < run->parent_at[q->index + 1]; i++) {
		uint32_t parent = run->parents[i] & RUN_PARENT_INDEX;
		enum step_state state = run->steps[parent].state;

		if (!step_state_is_terminal(state) || step_state_is_success(state))
			continue;
		buf_str_append(q->out, "it needs ");
		put_step(q, parent);
		buf_printf(q->out, ", which is %s: %s", step_state_name(state),
			   reason_sentence(run->steps[parent].reason));
		return;
	}
}

static void why_ended(const struct question *q)
{
	enum reason reason = asked(q)->reason;

	buf_printf(q->out, "it is %s", step_state_name(asked(q)->state));
	if (reason != REASON_NONE)
		buf_printf(q->out, ": %s", reason_sentence(reason));
	if (asked(q)->state == STEP_STATE_LOST)
		buf_str_append(q->out, "; with on_lost: manual a person decides");
}

int engine_why(const struct engine *e, uint64_t step, engine_name_fn *name, void *ctx,
	       int64_t now_ms, struct buf *out)
{
	struct question q = { .e = e, .name = name, .ctx = ctx, .now_ms = now_ms, .out = out };

	q.er = engine_step(e, step, &q.index);
	if (!q.er)
		return ERR_NOT_FOUND;
	switch ((enum step_state)asked(&q)->state) {
	case STEP_STATE_WAITING:
		why_waiting(&q);
		break;
	case STEP_STATE_READY:
		why_ready(&q);
		break;
	case STEP_STATE_LEASED:
	case STEP_STATE_RUNNING:
		why_leased(&q);
		break;
	case STEP_STATE_BLOCKED:
		buf_str_append(out, "it waits for an approval");
		break;
	case STEP_STATE_SKIPPED:
		if (asked(&q)->reason == REASON_UPSTREAM)
			why_upstream(&q);
		else
			why_ended(&q);
		break;
	case STEP_STATE_SUCCEEDED:
	case STEP_STATE_CACHED:
	case STEP_STATE_FAILED:
	case STEP_STATE_CANCELLED:
	case STEP_STATE_TIMED_OUT:
	case STEP_STATE_LOST:
	case STEP_STATE_COUNT:
		why_ended(&q);
		break;
	}
	return 0;
}
