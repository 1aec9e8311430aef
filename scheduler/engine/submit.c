/* SPDX-License-Identifier: Apache-2.0 */
/* submit.c - runs: coming, coming back, cancelled, going */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

/* Has the leases of attempts whose session the record lacks: they expire at once. */
#define NOBODY UINT64_MAX

static const char *const policy_names[GROUP_POLICY_COUNT] = {
	[GROUP_QUEUE] = "queue",
	[GROUP_CANCEL_RUNNING] = "cancel_running",
	[GROUP_REPLACE_PENDING] = "replace_pending",
	[GROUP_SKIP] = "skip",
};

const char *group_policy_name(enum group_policy p)
{
	return (size_t)p < countof(policy_names) ? policy_names[p] : "unknown";
}

static void place_spec(struct engine *e, const struct engine_placement *from, struct placement *to)
{
	to->priority = from->priority;
	to->class = queue_class(&e->queue, &from->demand);
	if (from->max_parallel)
		to->matrix = queue_limit_ref(&e->queue, QUEUE_LIMIT_MATRIX, NULL,
					     from->max_parallel);
	if (from->environment)
		to->environment = queue_limit_ref(&e->queue, QUEUE_LIMIT_ENVIRONMENT,
						  from->environment, 1);
}

static void join_step_groups(struct engine *e, struct engine_run *er,
			     const struct engine_submission *s)
{
	er->step_groups = mem_array(er->run->step_count, sizeof(struct queue_limit *));
	for (uint32_t i = 0; i < er->run->step_count; i++) {
		uint32_t limit = s->placements[er->run->steps[i].spec].group_limit;

		if (s->step_groups[i])
			er->step_groups[i] = queue_limit_ref(&e->queue, QUEUE_LIMIT_GROUP,
							     s->step_groups[i], limit ? limit : 1);
	}
}

static struct engine_run *take_in(struct engine *e, const struct engine_submission *s)
{
	struct engine_run *er = mem_alloc(sizeof(*er));

	BUG_ON(s->run.number == 0 || s->run.number > UINT32_MAX);
	BUG_ON(s->run.step_count > 1u << STEP_INDEX_BITS);
	er->run = run_create(&s->run);
	er->places = mem_array(er->run->step_count, sizeof(*er->places));
	er->placements = mem_array(er->run->spec_count, sizeof(*er->placements));
	for (uint32_t i = 0; i < er->run->spec_count; i++)
		place_spec(e, &s->placements[i], &er->placements[i]);
	if (s->step_groups)
		join_step_groups(e, er, s);
	BUG_ON(idmap_set(&e->runs, er->run->number, er));
	e->open_runs++;
	return er;
}

void engine_run_free(struct engine *e, struct engine_run *er)
{
	for (uint32_t i = 0; i < er->run->step_count; i++)
		finished_forget(e, step_id(er->run->number, i));
	for (uint32_t i = 0; er->step_groups && i < er->run->step_count; i++)
		queue_limit_unref(&e->queue, er->step_groups[i]);
	for (uint32_t i = 0; i < er->run->spec_count; i++) {
		queue_limit_unref(&e->queue, er->placements[i].matrix);
		queue_limit_unref(&e->queue, er->placements[i].environment);
	}
	run_destroy(er->run);
	free(er->step_groups);
	free(er->placements);
	free(er->places);
	free(er);
}

void engine_submit(struct engine *e, const struct engine_submission *s, int64_t now_ms)
{
	struct engine_run *er = take_in(e, s);

	engine_now(e, now_ms);
	if (s->group) {
		group_join(e, er, s->group, s->group_limit);
		group_apply_policy(e, er, s->group_policy);
	} else {
		run_start(er->run);
	}
	engine_absorb(e, er);
}

/* ── Coming back ──────────────────────────────────────────────────────── */

static void recall_step(struct run_step *s, const struct engine_step_record *record)
{
	s->state = record->state;
	s->reason = record->reason;
	s->fence = record->fence;
	s->attempts = (uint16_t)record->attempts;
	s->failures = (uint8_t)record->failures;
	s->lost = (uint8_t)record->lost;
}

/* A live attempt holds its limits and resources again, whether they suffice or not;
 * one that has not started may have been given ahead, and holds what is there. */
static void recall_lease(struct engine *e, struct engine_run *er, uint32_t index,
			 const struct engine_step_record *record)
{
	struct queue_item item = engine_item(er, index);
	uint64_t session = record->session ? record->session : NOBODY;
	struct worker *w = worker_by_session(e, session);
	struct lease *l;

	BUG_ON(e->pool_count == 0);
	if (!w)
		w = worker_create(e, session, record->pool < e->pool_count ? record->pool : 0);
	if (PLANTED(e, LIMIT_LEAKS))
		item.limits[QUEUE_LIMIT_ENVIRONMENT] = item.limits[QUEUE_LIMIT_MATRIX] = NULL;
	queue_add_taken(&item);
	l = lease_create(e, w, item.id, record->fence, item.class);
	l->sent = true;
	l->started = record->state == STEP_STATE_RUNNING;
	l->holds = l->started || record->gpus || pool_fits(lease_pool(e, l), &item.class->demand);
	l->gpus = record->gpus;
	if (l->holds) {
		w->holding++;
		pool_take_back(lease_pool(e, l), &item.class->demand, l->gpus);
	}
	lease_renew(e, l, session == NOBODY ? e->now_ms
					    : e->now_ms + e->ttl_ms + ENGINE_RESTART_GRACE_MS);
}

void engine_restore(struct engine *e, const struct engine_submission *s,
		    const struct engine_run_record *record, const struct engine_step_record *steps,
		    int64_t now_ms)
{
	struct engine_run *er = take_in(e, s);
	struct run *run = er->run;

	engine_now(e, now_ms);
	if (s->group)
		group_join(e, er, s->group, s->group_limit);
	for (uint32_t i = 0; i < run->step_count; i++) {
		recall_step(&run->steps[i], &steps[i]);
		if (steps[i].state == STEP_STATE_LEASED || steps[i].state == STEP_STATE_RUNNING)
			recall_lease(e, er, i, &steps[i]);
	}
	run->cancel = record->cancel && !PLANTED(e, CANCEL_FORGOTTEN);
	run->cancel_finally = record->cancel_finally;
	run->cancel_reason = record->cancel ? record->reason : REASON_NONE;
	run_replay(run, record->state);
	engine_absorb(e, er);
	e->recalled = mem_grow(e->recalled, &e->recalled_cap, e->recalled_count + 1,
			       sizeof(*e->recalled));
	e->recalled[e->recalled_count++] = er;
	e->stirred = true;
}

static void enqueue_recalled(struct engine *e, struct engine_run *er)
{
	for (uint32_t i = 0; i < er->run->step_count; i++)
		if (er->run->steps[i].state == STEP_STATE_READY && !er->places[i])
			engine_enqueue(e, er, i);
	engine_absorb(e, er);
}

void submit_recalled(struct engine *e)
{
	for (size_t i = 0; i < e->recalled_count; i++)
		enqueue_recalled(e, e->recalled[i]);
	e->recalled_count = 0;
}

/* ── Cancelled, resolved, forgotten ───────────────────────────────────── */

int engine_cancel(struct engine *e, uint64_t run, enum reason reason, bool finally_too,
		  int64_t now_ms)
{
	struct engine_run *er = engine_run(e, run);

	engine_now(e, now_ms);
	if (!er)
		return ERR_NOT_FOUND;
	if (run_state_is_terminal(er->run->state))
		return ERR_STATE;
	run_cancel(er->run, reason, finally_too);
	engine_absorb(e, er);
	return 0;
}

void engine_forget(struct engine *e, uint64_t run)
{
	struct engine_run *er = idmap_remove(&e->runs, run);

	if (!er)
		return;
	BUG_ON(!run_state_is_terminal(er->run->state) || e->recalled_count);
	engine_run_free(e, er);
}

void engine_resolved(struct engine *e, uint64_t step, enum resolution r, enum reason reason,
		     int64_t now_ms)
{
	static const enum step_event events[RESOLUTION_COUNT] = {
		[RESOLUTION_RUN] = STEP_EVENT_RESOLVED_RUN,
		[RESOLUTION_CACHED] = STEP_EVENT_RESOLVED_CACHED,
		[RESOLUTION_SKIPPED] = STEP_EVENT_RESOLVED_SKIPPED,
		[RESOLUTION_FAILED] = STEP_EVENT_RESOLVED_FAILED,
	};
	uint32_t index;
	struct engine_run *er = engine_step(e, step, &index);

	engine_now(e, now_ms);
	if (er && er->run->steps[index].nblock == 0)
		engine_apply(e, step, events[r], reason);
}

size_t engine_open_runs(const struct engine *e)
{
	return e->open_runs;
}
