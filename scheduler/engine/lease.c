/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - the right of a worker to work on a step: started, renewed, over
 *
 * Of a worker's leases the first hold resources, as many as it has slots; the
 * others were given ahead and wait at the worker. All leases of a worker that has
 * such are of one class, so that a resource can go from hand to hand:
 *
 *	worker		engine
 *	COMPLETE(a) ->	lease_end(a): what a held is b's now
 *	START(b)    ->	b is started, and holds
 *
 * A cancelled lease stays, with its resources, until the worker lets go of it: the
 * command may run, or be about to. Only one that was not sent yet just ends.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

struct pool *lease_pool(const struct engine *e, const struct lease *l)
{
	return &e->pools[l->worker->pool]->pool;
}

struct lease *lease_find(const struct engine *e, uint64_t step, uint64_t fence, uint64_t session)
{
	struct lease *l = idmap_get(&e->leases, step);

	if (!l || l->worker->session != session)
		return NULL;
	return l->fence == fence || PLANTED(e, NO_FENCE) ? l : NULL;
}

struct lease *lease_create(struct engine *e, struct worker *w, uint64_t step, uint64_t fence,
			   struct queue_class *class)
{
	struct lease *l = mem_alloc(sizeof(*l));
	uint32_t index;
	const struct engine_run *er = engine_step(e, step, &index);

	l->strict = run_step_spec(er->run, index)->on_lost_manual;
	l->step = step;
	l->fence = fence;
	l->worker = w;
	l->class = class;
	l->prev = w->last;
	if (w->last)
		w->last->next = l;
	else
		w->first = l;
	w->last = l;
	w->lease_count++;
	BUG_ON(idmap_set(&e->leases, step, l));
	return l;
}

void lease_renew(struct engine *e, struct lease *l, int64_t deadline_ms)
{
	if (PLANTED(e, NEVER_EXPIRES) && l->started)
		deadline_ms = INT64_MAX;
	if (deadline_ms > l->deadline_ms)
		l->deadline_ms = deadline_ms;
	if (l->deadline_ms < e->expiry_ms)
		e->expiry_ms = l->deadline_ms;
}

/* The first lease of the same worker that waits for what l holds. */
static struct lease *next_in_line(const struct lease *l)
{
	for (struct lease *other = l->worker->first; other; other = other->next)
		if (!other->holds && other->class == l->class)
			return other;
	return NULL;
}

static void let_go(struct engine *e, struct lease *l)
{
	struct lease *next = l->class->demand.gpus ? NULL : next_in_line(l);

	if (!l->holds)
		return;
	l->holds = false;
	if (next) {
		next->holds = true;
	} else {
		pool_give(lease_pool(e, l), &l->class->demand, l->gpus);
		l->worker->holding--;
	}
}

void lease_end(struct engine *e, struct lease *l)
{
	struct worker *w = l->worker;

	let_go(e, l);
	if (l->prev)
		l->prev->next = l->next;
	else
		w->first = l->next;
	if (l->next)
		l->next->prev = l->prev;
	else
		w->last = l->prev;
	w->lease_count--;
	idmap_remove(&e->leases, l->step);
	free(l);
	e->stirred = true;
}

/* The step goes back to the queue, or wherever the end of a running attempt leads. */
static void end_without_result(struct engine *e, struct lease *l, enum step_event event,
			       enum reason reason)
{
	uint64_t step = l->step;

	engine_decide(e, DECISION_ATTEMPT_ENDED, step, l->fence);
	lease_end(e, l);
	engine_apply(e, step, event, reason);
}

static struct run_step *lease_step(const struct engine *e, const struct lease *l)
{
	uint32_t index;
	const struct engine_run *er = engine_step(e, l->step, &index);

	return &er->run->steps[index];
}

/* It has not started: back to the queue, or, if it was to stop, stopped. */
static void take_back(struct engine *e, struct lease *l)
{
	const struct run_step *s = lease_step(e, l);

	if (s->cancel)
		end_without_result(e, l, STEP_EVENT_STOPPED, s->reason);
	else
		end_without_result(e, l, STEP_EVENT_RETURNED, REASON_NONE);
}

void lease_cancel(struct engine *e, struct lease *l)
{
	if (!l->sent) {
		take_back(e, l);
		return;
	}
	engine_decide(e, DECISION_CANCEL, l->step, l->fence);
	if (PLANTED(e, GPUS_EARLY))
		let_go(e, l);
}

static void lose(struct engine *e, struct lease *l)
{
	uint32_t index;
	struct engine_run *er = engine_step(e, l->step, &index);
	enum step_event event = run_lost_event(er->run, index);
	enum reason reason = REASON_WORKER_LOST;

	if (event == STEP_EVENT_STOPPED)
		reason = er->run->steps[index].reason;
	if (event == STEP_EVENT_LOST && PLANTED(e, MANUAL_RETRIED))
		event = STEP_EVENT_RETRIED;
	end_without_result(e, l, event, reason);
}

void lease_expire(struct engine *e, struct lease *l)
{
	if (l->started)
		lose(e, l);
	else
		take_back(e, l);
}

/* ── What workers say ─────────────────────────────────────────────────── */

static enum lease_verdict verdict(const struct engine *e, const struct lease *l)
{
	return lease_step(e, l)->cancel ? LEASE_CANCEL : LEASE_OK;
}

enum lease_verdict engine_heartbeat(struct engine *e, uint64_t step, uint64_t fence,
				    uint64_t session, int64_t now_ms)
{
	struct lease *l = lease_find(e, step, fence, session);

	engine_now(e, now_ms);
	if (!l)
		return LEASE_FENCED;
	lease_renew(e, l, e->now_ms + e->ttl_ms);
	return verdict(e, l);
}

/* Resources for a lease whose worker has begun with it: its slot was free, so the
 * completion of the one before it is on its way, and that one's resources are
 * physically this one's. */
static bool hold(struct engine *e, struct lease *l)
{
	struct worker *w = l->worker;

	for (struct lease *other = w->first; other != l; other = other->next) {
		if (other->holds && other->started && other->class == l->class) {
			other->holds = false;
			return true;
		}
	}
	if (w->holding >= w->slots || !pool_fits(lease_pool(e, l), &l->class->demand))
		return false;
	l->gpus = pool_take(lease_pool(e, l), &l->class->demand);
	w->holding++;
	return true;
}

enum lease_verdict engine_start(struct engine *e, uint64_t step, uint64_t fence, uint64_t session,
				int64_t now_ms)
{
	struct lease *l = lease_find(e, step, fence, session);

	engine_now(e, now_ms);
	if (!l)
		return LEASE_FENCED;
	lease_renew(e, l, e->now_ms + e->ttl_ms);
	if (l->started)
		return verdict(e, l);
	/* Of a strict step nothing runs yet, so nothing has to. */
	if ((l->strict && lease_step(e, l)->cancel) || (!l->holds && !hold(e, l))) {
		take_back(e, l);
		return LEASE_FENCED;
	}
	l->holds = true;
	l->started = true;
	engine_apply(e, step, STEP_EVENT_STARTED, REASON_NONE);
	return verdict(e, l);
}

enum lease_verdict engine_release(struct engine *e, uint64_t step, uint64_t fence,
				  uint64_t session, int64_t now_ms)
{
	struct lease *l = lease_find(e, step, fence, session);

	engine_now(e, now_ms);
	if (!l || l->started)
		return LEASE_FENCED;
	l->worker->no_ahead |= !l->holds;
	take_back(e, l);
	return LEASE_OK;
}
