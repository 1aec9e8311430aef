/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c - its life, its time, and what a step's move means for the rest
 *
 * All inputs end in engine_apply or a run_* call, followed by engine_absorb, which
 * turns what the run noted into decisions and moves of the queue.
 */
#include "scheduler/engine/engine_priv.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

static bool describe(void *ctx, uint64_t id, struct queue_item *ret)
{
	uint32_t index;
	struct engine_run *er = engine_step(ctx, id, &index);

	if (er)
		*ret = engine_item(er, index);
	return er != NULL;
}

struct engine *engine_create(const struct engine_options *options)
{
	struct engine *e = mem_alloc(sizeof(*e));

	BUG_ON(options->epoch == 0);
	e->epoch = options->epoch;
	e->ttl_ms = options->ttl_ms ? options->ttl_ms : ENGINE_TTL_MS;
	e->expiry_ms = INT64_MAX;
	e->now_ms = INT64_MIN;
	queue_init(&e->queue, describe, e);
	return e;
}

void engine_destroy(struct engine *e)
{
	uint64_t id;
	void *value;

	if (!e)
		return;
	for (size_t i = 0; i < e->worker_count; i++)
		worker_free(e->workers[i]);
	for (size_t i = 0; idmap_next(&e->runs, &i, &id, &value);)
		engine_run_free(e, value);
	for (size_t i = 0; i < e->pool_count; i++) {
		pool_finish(&e->pools[i]->pool);
		free(e->pools[i]);
	}
	groups_finish(e);
	queue_finish(&e->queue);
	idmap_finish(&e->runs);
	idmap_finish(&e->leases);
	idmap_finish(&e->finished);
	free(e->workers);
	free(e->pools);
	free(e->pending);
	free(e->recalled);
	free(e);
}

void engine_now(struct engine *e, int64_t now_ms)
{
	if (now_ms > e->now_ms)
		e->now_ms = now_ms;
}

struct engine_run *engine_run(const struct engine *e, uint64_t number)
{
	return idmap_get(&e->runs, number);
}

struct engine_run *engine_step(const struct engine *e, uint64_t step, uint32_t *ret_index)
{
	struct engine_run *er = engine_run(e, step_id_run(step));

	*ret_index = step_id_index(step);
	return er && *ret_index < er->run->step_count ? er : NULL;
}

struct queue_item engine_item(const struct engine_run *er, uint32_t index)
{
	const struct placement *p = &er->placements[er->run->steps[index].spec];

	return (struct queue_item){
		.id = step_id(er->run->number, index),
		.priority = p->priority,
		.class = p->class,
		.limits = {
			[QUEUE_LIMIT_MATRIX] = p->matrix,
			[QUEUE_LIMIT_GROUP] = er->step_groups ? er->step_groups[index] : NULL,
			[QUEUE_LIMIT_ENVIRONMENT] = p->environment,
		},
		.place = &er->places[index],
	};
}

/* ── From notes to decisions ──────────────────────────────────────────── */

static void mark_step(struct engine *e, struct engine_run *er, uint32_t index)
{
	struct run_step *s = &er->run->steps[index];

	if (!s->dirty)
		engine_decide(e, DECISION_STEP_CHANGED, step_id(er->run->number, index), 0);
	s->dirty = true;
}

static void mark_run(struct engine *e, struct engine_run *er)
{
	if (!er->dirty)
		engine_decide(e, DECISION_RUN_CHANGED, er->run->number, 0);
	er->dirty = true;
}

void engine_enqueue(struct engine *e, struct engine_run *er, uint32_t index)
{
	struct queue_item item = engine_item(er, index);
	int64_t wait_ms = 0;

	if (!worker_any_could_fit(e, item.class)) {
		run_apply(er->run, index, STEP_EVENT_UNPLACEABLE, REASON_NO_WORKER_FITS);
		return;
	}
	if (er->run->steps[index].reason == REASON_RETRY)
		wait_ms = run_backoff_ms(er->run, index);
	if (wait_ms > 0)
		queue_delay(&e->queue, &item, e->now_ms + wait_ms);
	else
		queue_add(&item);
	e->stirred = true;
}

static bool is_queued(enum step_state s)
{
	return s == STEP_STATE_READY || s == STEP_STATE_LEASED || s == STEP_STATE_RUNNING;
}

static bool is_leased(enum step_state s)
{
	return s == STEP_STATE_LEASED || s == STEP_STATE_RUNNING;
}

static void step_moved(struct engine *e, struct engine_run *er, const struct run_note *note)
{
	struct queue_item item = engine_item(er, note->index);

	mark_step(e, er, note->index);
	if (is_queued(note->from) && !is_leased(note->to)) {
		queue_remove(&e->queue, &item);
		e->stirred = true;
	}
	if (note->to == STEP_STATE_READY)
		engine_enqueue(e, er, note->index);
}

void engine_absorb(struct engine *e, struct engine_run *er)
{
	struct run *run = er->run;

	/* What is carried out may apply further events to the same run: the list grows
	 * while it is walked, by the outermost call alone. */
	if (er->absorbing)
		return;
	er->absorbing = true;
	for (size_t i = 0; i < run->note_count; i++) {
		struct run_note note = run->notes[i];
		uint64_t step = step_id(run->number, note.index);

		switch ((enum run_note_kind)note.kind) {
		case RUN_NOTE_RESOLVE:
			engine_decide(e, DECISION_RESOLVE, step, 0);
			break;
		case RUN_NOTE_CHANGED:
			step_moved(e, er, &note);
			break;
		case RUN_NOTE_STOP:
			lease_cancel(e, idmap_get(&e->leases, step));
			break;
		case RUN_NOTE_RUN:
			mark_run(e, er);
			break;
		case RUN_NOTE_ENDED:
			e->open_runs--;
			group_leave(e, er);
			break;
		case RUN_NOTE_COUNT:
			break;
		}
	}
	er->absorbing = false;
	run->note_count = 0;
	if (run->note_cap > ENGINE_KEPT_CAP) {
		free(run->notes);
		run->notes = NULL;
		run->note_cap = 0;
	}
}

bool engine_apply(struct engine *e, uint64_t step, enum step_event event, enum reason reason)
{
	uint32_t index;
	struct engine_run *er = engine_step(e, step, &index);
	bool moved = run_apply(er->run, index, event, reason);

	engine_absorb(e, er);
	return moved;
}

/* ── Time ─────────────────────────────────────────────────────────────── */

/* One end may bring others with it, so the due ones are listed first and looked
 * up again. */
static void expire_leases(struct engine *e)
{
	struct pending *due = NULL;
	size_t count = 0, cap = 0;

	e->expiry_ms = INT64_MAX;
	for (size_t i = 0; i < e->worker_count; i++) {
		for (struct lease *l = e->workers[i]->first; l; l = l->next) {
			if (l->deadline_ms > e->now_ms) {
				if (l->deadline_ms < e->expiry_ms)
					e->expiry_ms = l->deadline_ms;
				continue;
			}
			due = mem_grow(due, &cap, count + 1, sizeof(*due));
			due[count++] = (struct pending){ l->step, l->fence };
		}
	}
	for (size_t i = 0; i < count; i++) {
		struct lease *l = idmap_get(&e->leases, due[i].subject);

		if (l && l->fence == due[i].fence)
			lease_expire(e, l);
	}
	free(due);
}

void engine_tick(struct engine *e, int64_t now_ms)
{
	engine_now(e, now_ms);
	if (e->expiry_ms <= e->now_ms) {
		expire_leases(e);
		worker_reap(e);
	}
	if (queue_next_due(&e->queue) <= e->now_ms) {
		queue_tick(&e->queue, e->now_ms);
		e->stirred = true;
	}
}

int64_t engine_next_deadline(const struct engine *e)
{
	int64_t due = PLANTED(e, BACKOFF_SLEEPS) ? INT64_MAX : queue_next_due(&e->queue);

	return due < e->expiry_ms ? due : e->expiry_ms;
}

#ifdef ENGINE_PLANTS
void engine_plant(struct engine *e, enum plant plant)
{
	e->plant = plant;
}
#endif
