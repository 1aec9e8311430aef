/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - what is to be recorded of a step or a run */
#include <string.h>

#include "base/err.h"
#include "scheduler/engine/engine_priv.h"

static void view_lease(const struct lease *l, struct step_view *v)
{
	v->is_live = true;
	v->attempt_state = l->started ? ATTEMPT_STATE_RUNNING : ATTEMPT_STATE_GRANTED;
	v->session = l->worker->session;
	v->worker = l->worker->name;
	v->pool = l->worker->pool;
	v->gpus = l->gpus;
}

int engine_step_view(const struct engine *e, uint64_t step, struct step_view *ret)
{
	uint32_t index;
	const struct engine_run *er = engine_step(e, step, &index);
	const struct lease *l = idmap_get(&e->leases, step);
	const struct run_step *s;

	if (!er)
		return ERR_NOT_FOUND;
	s = &er->run->steps[index];
	*ret = (struct step_view){
		.step = step,
		.state = s->state,
		.reason = s->reason,
		.fence = s->fence,
		.attempts = s->attempts,
		.failures = s->failures,
		.lost = s->lost,
		.tries_left = run_tries_left(er->run, index),
		.cancel = s->cancel,
	};
	if (l)
		view_lease(l, ret);
	return 0;
}

int engine_run_view(const struct engine *e, uint64_t number, struct run_view *ret)
{
	const struct engine_run *er = engine_run(e, number);
	const struct run *run;

	if (!er)
		return ERR_NOT_FOUND;
	run = er->run;
	*ret = (struct run_view){
		.run = number,
		.state = run->state,
		.reason = run->reason,
		.cancel = run->cancel,
		.cancel_finally = run->cancel_finally,
		.step_count = run->step_count,
	};
	if (run->culprit < run->step_count)
		ret->culprit = step_id(number, run->culprit);
	else if (run->cancel)
		ret->reason = run->cancel_reason;
	memcpy(ret->counts, run->counts, sizeof(ret->counts));
	return 0;
}
