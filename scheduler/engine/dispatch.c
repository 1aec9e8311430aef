/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - who gets what: free slots first, then some ahead; more workers
 *
 * Workers take turns of one step each, so that what there is spreads over them.
 */
#include "base/log.h"
#include "scheduler/engine/engine_priv.h"

static uint64_t next_fence(const struct engine *e, uint64_t fence)
{
	uint64_t base = PLANTED(e, FENCE_REPEATS) ? 0 : e->epoch << ENGINE_FENCE_BITS;
	uint64_t next = (fence < base ? base : fence) + 1;

	BUG_ON(next >> ENGINE_FENCE_BITS > e->epoch);
	return next;
}

static void grant(struct engine *e, struct worker *w, struct queue_class *c, bool ahead)
{
	struct queue_spot spot = worker_spot(e, w);
	uint64_t step = queue_claim(&e->queue, c, &spot);
	uint32_t index;
	struct engine_run *er = engine_step(e, step, &index);
	struct run_step *s = &er->run->steps[index];
	struct lease *l;

	s->fence = next_fence(e, s->fence);
	l = lease_create(e, w, step, s->fence, c);
	lease_renew(e, l, e->now_ms + e->ttl_ms);
	if (!ahead) {
		l->holds = true;
		l->gpus = pool_take(lease_pool(e, l), &c->demand);
		if (PLANTED(e, GPU_TWICE) && l->gpus)
			l->gpus = ((uint64_t)1 << c->demand.gpus) - 1;
		w->holding++;
	}
	engine_apply(e, step, STEP_EVENT_GRANTED, REASON_NONE);
	engine_decide(e, DECISION_GRANT, step, s->fence);
}

static bool has_room(const struct worker *w)
{
	return !w->paused && (w->window == 0 || w->lease_count < w->window);
}

static bool fill_slot(struct engine *e, struct worker *w)
{
	struct queue_spot spot = worker_spot(e, w);
	struct queue_class *c;

	if (w->holding >= w->slots)
		return false;
	c = queue_next(&e->queue, &spot);
	if (c)
		grant(e, w, c, false);
	return c != NULL;
}

/* Whether all that the worker has is of the class, so that resources can go from
 * each to the next. */
static bool has_only(const struct worker *w, const struct queue_class *c)
{
	for (const struct lease *l = w->first; l; l = l->next)
		if (l->class != c)
			return false;
	return true;
}

static bool is_strict(const struct engine *e, uint64_t step)
{
	uint32_t index;
	const struct engine_run *er = engine_step(e, step, &index);

	return run_step_spec(er->run, index)->on_lost_manual;
}

static bool give_ahead(struct engine *e, struct worker *w)
{
	struct queue_spot spot = worker_spot(e, w);
	struct queue_class *c;

	if (w->holding < w->slots || w->no_ahead || w->lease_count == 0)
		return false;
	if (w->lease_count - w->holding >= queue_class_ahead(w->first->class))
		return false;
	c = queue_next_of_all(&e->queue, &spot);
	if (c != w->first->class || !has_only(w, c) || is_strict(e, heap_top(&c->ready)->id))
		return false;
	grant(e, w, c, true);
	return true;
}

/* As many as have something to do or would have, at most as many as may be. Workers
 * that a restart has yet to hear of again keep their places. */
static void want_workers(struct engine *e, uint32_t number)
{
	struct engine_pool *p = e->pools[number];
	struct queue_spot spot = { .pool = &p->pool, .labels = &p->pool.labels };
	uint64_t need = 0, absent = 0, most = p->pool.max_workers;

	if (p->pool.removed || p->wanted >= most)
		return;
	for (size_t i = 0; i < e->worker_count; i++) {
		const struct worker *w = e->workers[i];

		if (w->pool != number)
			continue;
		need += w->name ? w->holding : 0;
		absent += !w->name;
	}
	most -= absent < most ? absent : most;
	for (size_t i = 0; i < e->queue.class_count; i++)
		if (queue_class_could_fit(e->queue.classes[i], &spot))
			need += e->queue.classes[i]->live;
	if (need > most)
		need = most;
	if (need <= p->wanted)
		return;
	p->wanted = (uint32_t)need;
	if (!p->dirty)
		engine_decide(e, DECISION_WANT_WORKERS, number, 0);
	p->dirty = true;
}

void engine_dispatch(struct engine *e)
{
	bool moved;

	do {
		moved = false;
		for (size_t i = 0; i < e->worker_count; i++)
			if (has_room(e->workers[i]))
				moved |= fill_slot(e, e->workers[i]);
	} while (moved);
	do {
		moved = false;
		for (size_t i = 0; i < e->worker_count; i++)
			if (has_room(e->workers[i]))
				moved |= give_ahead(e, e->workers[i]);
	} while (moved);
	for (uint32_t i = 0; i < e->pool_count; i++)
		want_workers(e, i);
}
