/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c - the list of decisions: put in, taken out
 *
 * The list holds as little as can be; what a decision says is filled in when it is
 * taken, and one that is no longer true then is left out. Granting is put off
 * until the list is empty, so that all inputs of a turn are known to it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

enum { SUBJECT_BITS = 56 };

static const char *const decision_names[DECISION_COUNT] = {
#define XX(name, text) [DECISION_##name] = text,
	DECISION_TABLE(XX)
#undef XX
};

const char *decision_name(enum decision_kind k)
{
	return (size_t)k < countof(decision_names) ? decision_names[k] : "unknown";
}

void engine_decide(struct engine *e, enum decision_kind kind, uint64_t subject, uint64_t fence)
{
	e->pending = mem_grow(e->pending, &e->pending_cap, e->pending_count + 1,
			      sizeof(*e->pending));
	e->pending[e->pending_count++] = (struct pending){
		.subject = (uint64_t)kind << SUBJECT_BITS | subject,
		.fence = fence,
	};
}

static bool fill_run(struct engine *e, struct decision *d, uint64_t number)
{
	struct engine_run *er = engine_run(e, number);

	d->run = number;
	if (er)
		er->dirty = false;
	return er != NULL;
}

static bool fill_pool(struct engine *e, struct decision *d, uint64_t number)
{
	struct engine_pool *p = e->pools[number];

	d->pool = (uint32_t)number;
	d->workers = p->wanted;
	p->dirty = false;
	return true;
}

static bool fill_step(struct engine *e, struct decision *d, uint64_t step)
{
	uint32_t index;
	struct engine_run *er = engine_step(e, step, &index);
	struct run_step *s;

	d->step = step;
	d->run = step_id_run(step);
	if (!er)
		return false;
	s = &er->run->steps[index];
	d->reason = s->reason;
	if (d->kind == DECISION_STEP_CHANGED)
		s->dirty = false;
	return d->kind != DECISION_RESOLVE || s->state == STEP_STATE_WAITING;
}

static bool fill_lease(struct engine *e, struct decision *d, uint64_t step)
{
	struct lease *l = idmap_get(&e->leases, step);

	if (!l || l->fence != d->fence || !fill_step(e, d, step))
		return false;
	d->session = l->worker->session;
	d->pool = l->worker->pool;
	d->gpus = l->gpus;
	d->strict = l->strict;
	d->after_commit = l->strict || l->gpus;
	l->sent |= d->kind == DECISION_GRANT;
	return true;
}

/* Fills in what the list left out; false: it is no longer true. */
static bool fill(struct engine *e, struct decision *d, uint64_t subject)
{
	switch (d->kind) {
	case DECISION_RUN_CHANGED:
		return fill_run(e, d, subject);
	case DECISION_WANT_WORKERS:
		return fill_pool(e, d, subject);
	case DECISION_GRANT:
	case DECISION_CANCEL:
		return fill_lease(e, d, subject);
	case DECISION_RESOLVE:
	case DECISION_STEP_CHANGED:
	case DECISION_ATTEMPT_ENDED:
		return fill_step(e, d, subject);
	case DECISION_COUNT:
		break;
	}
	return false;
}

static bool pop(struct engine *e, struct decision *ret)
{
	uint64_t subject_mask = ((uint64_t)1 << SUBJECT_BITS) - 1;

	while (e->pending_first < e->pending_count) {
		struct pending p = e->pending[e->pending_first++];
		struct decision d = {
			.kind = (enum decision_kind)(p.subject >> SUBJECT_BITS),
			.fence = p.fence,
		};

		if (fill(e, &d, p.subject & subject_mask)) {
			*ret = d;
			return true;
		}
	}
	e->pending_first = e->pending_count = 0;
	if (e->pending_cap > ENGINE_KEPT_CAP) {
		free(e->pending);
		e->pending = NULL;
		e->pending_cap = 0;
	}
	return false;
}

bool engine_take(struct engine *e, struct decision *ret)
{
	while (!pop(e, ret)) {
		if (!e->stirred)
			return false;
		e->stirred = false;
		submit_recalled(e);
		group_admit(e);
		engine_dispatch(e);
	}
	return true;
}
