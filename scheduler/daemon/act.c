/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - carrying out what the engine decided */
#include "scheduler/daemon/act.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/event.h"
#include "scheduler/daemon/follow.h"
#include "scheduler/daemon/grant.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/resolve.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"
#include "workers/wire/grant.h"

static uint64_t worker_id_of(struct daemon *d, uint64_t session)
{
	struct worker_link *link = worker_link_find(d, session);

	return link ? worker_link_id(link) : 0;
}

static void set_times(struct live_step *s, enum step_state state)
{
	int64_t now = clock_wall_ms();

	if (state == STEP_STATE_RUNNING && !s->started_at)
		s->started_at = now;
	if (step_state_is_terminal(state) && !s->finished_at)
		s->finished_at = now;
	if (!step_state_is_terminal(state))
		s->finished_at = 0;
	if (state == STEP_STATE_READY)
		s->started_at = 0;
}

/* Its live attempt, too: what a grant and a start mean for the records. */
static void record_attempt(struct daemon *d, const struct live_run *run, uint32_t index,
			   const struct step_view *v)
{
	struct attempt_row row = { .step_id = v->step,
				   .fence = v->fence,
				   .number = v->attempts,
				   .worker_id = run->steps[index].worker_id,
				   .gpus = v->gpus,
				   .state = v->attempt_state,
				   .exit_code = -1,
				   .started_at = run->steps[index].started_at };
	struct worker_link *link = worker_link_find(d, v->session);

	if (link) {
		for (int i = 0; i < SESSION_SIZE; i++)
			row.session[i] = worker_link_session(link)[i];
	}
	batch_attempt(writer_batch(d->writer), &row);
}

static void on_step_changed(struct daemon *d, uint64_t step)
{
	struct live_run *run;
	struct live_step *live;
	struct step_view v;
	uint32_t index;

	run = live_of_step(d, step, &index);
	if (!run || engine_step_view(d->engine, step, &v) < 0)
		return;
	live = &run->steps[index];
	live->state = v.state;
	if (v.reason == REASON_NO_WORKER_FITS && !live->message)
		live->message = local_lack(d->local, &run->plan->steps[index].def->resources,
					   &run->arena);
	if (v.is_live && worker_id_of(d, v.session))
		live->worker_id = worker_id_of(d, v.session);
	set_times(live, v.state);
	live->changes = ++run->changes;
	batch_step_update(writer_batch(d->writer),
			  &(struct step_row){ .id = step,
					      .state = v.state,
					      .reason = v.reason,
					      .fence = v.fence,
					      .attempt = v.attempts,
					      .tries_left = v.tries_left,
					      .failures = v.failures,
					      .lost = v.lost,
					      .worker_id = live->worker_id,
					      .exit_code = live->exit_code,
					      .started_at = live->started_at,
					      .finished_at = live->finished_at,
					      .cached_from = live->cached_from,
					      .message = live->message });
	if (v.is_live)
		record_attempt(d, run, index, &v);
	follow_changed(run);
}

static void on_attempt_ended(struct daemon *d, const struct decision *decision)
{
	const struct attempt_row row = { .step_id = decision->step,
					 .fence = decision->fence,
					 .state = ATTEMPT_STATE_EXPIRED,
					 .reason = decision->reason,
					 .exit_code = -1,
					 .finished_at = clock_wall_ms() };

	batch_attempt(writer_batch(d->writer), &row);
	if (decision->reason == REASON_WORKER_LOST)
		event_record(d, "attempt.lost", step_id_run(decision->step), decision->step, NULL,
			     NULL);
}

static void on_run_recorded(void *arg)
{
	struct live_run *run = arg;

	run->is_recorded = true;
	follow_ended(run);
	live_release(run);
}

static uint32_t count_failed(const struct run_view *v)
{
	return v->counts[STEP_STATE_FAILED] + v->counts[STEP_STATE_TIMED_OUT] +
	       v->counts[STEP_STATE_LOST];
}

static uint32_t count_done(const struct run_view *v)
{
	uint32_t done = 0;

	for (int s = 0; s < STEP_STATE_COUNT; s++)
		done += step_state_is_terminal(s) ? v->counts[s] : 0;
	return done;
}

/* The run's message is that of the step it failed by. */
static void set_run_message(struct live_run *run, const struct run_view *v)
{
	uint32_t culprit = step_id_index(v->culprit);
	const char *message;

	if (!v->culprit)
		return;
	message = run->steps[culprit].message;
	run->message = arena_printf(&run->arena, "%s: %s", run->plan->steps[culprit].name,
				    message ? message : reason_sentence(v->reason));
}

static void on_run_changed(struct daemon *d, uint64_t id)
{
	struct live_run *run = live_find(d, id);
	struct batch *batch = writer_batch(d->writer);
	struct run_view v;

	if (!run || engine_run_view(d->engine, id, &v) < 0)
		return;
	if (v.state != RUN_STATE_QUEUED && !run->started_at)
		run->started_at = clock_wall_ms();
	if (run_state_is_terminal(v.state) && !run->is_over) {
		run->is_over = true;
		run->finished_at = clock_wall_ms();
		set_run_message(run, &v);
		event_record(d, "run.finished", id, v.culprit, "state", run_state_name(v.state));
		daemon_when_durable(d, on_run_recorded, run);
	}
	batch_run_update(batch, &(struct run_status){ .id = id,
						      .state = v.state,
						      .reason = v.reason,
						      .cancel_requested = v.cancel,
						      .message = run->message,
						      .started_at = run->started_at,
						      .finished_at = run->finished_at,
						      .steps_done = count_done(&v),
						      .steps_cached = v.counts[STEP_STATE_CACHED],
						      .steps_failed = count_failed(&v) });
	follow_changed(run);
}

static void on_resolve(struct daemon *d, uint64_t step)
{
	uint32_t index;
	struct live_run *run = live_of_step(d, step, &index);

	BUG_ON(!run);
	if (!d->is_stopping) /* else the next scheduler does */
		resolve_step(run, index);
}

/* Which attempt is to stop. */
struct stop {
	struct daemon *daemon;
	uint64_t session, step, fence;
	bool at_once;
};

static void send_stop(const struct stop *s)
{
	struct worker_link *link = worker_link_find(s->daemon, s->session);
	struct wire_lease lease = { .step_id = s->step, .fence = s->fence };

	if (!link) /* it is told when it comes back: by the answer to its heartbeat */
		return;
	worker_link_nonce(s->daemon, s->step, s->fence, worker_link_session(link), &lease.nonce);
	worker_link_send_cancel(link, &lease, s->at_once);
}

static void on_durable(void *arg)
{
	send_stop(arg);
	free(arg);
}

/* It must not overtake the grant it is about. */
static void stop_after_commit(const struct stop *s)
{
	struct stop *late = mem_alloc(sizeof(*late));

	*late = *s;
	daemon_when_durable(s->daemon, on_durable, late);
}

static void on_cancel(struct daemon *d, const struct decision *decision)
{
	const struct stop s = { d, decision->session, decision->step, decision->fence, false };

	if (decision->after_commit)
		stop_after_commit(&s);
	else
		send_stop(&s);
}

void act_kill_steps(struct live_run *run)
{
	struct daemon *d = run->daemon;
	struct step_view v;

	for (uint32_t i = 0; i < run->plan->count; i++) {
		uint64_t step = step_id(run->id, i);

		if (engine_step_view(d->engine, step, &v) == 0 && v.is_live)
			stop_after_commit(&(struct stop){ d, v.session, step, v.fence, true });
	}
}

static void act(struct daemon *d, const struct decision *decision)
{
	switch (decision->kind) {
	case DECISION_RESOLVE:
		on_resolve(d, decision->step);
		break;
	case DECISION_GRANT:
		grant_step(d, decision);
		break;
	case DECISION_CANCEL:
		on_cancel(d, decision);
		break;
	case DECISION_ATTEMPT_ENDED:
		on_attempt_ended(d, decision);
		break;
	case DECISION_STEP_CHANGED:
		on_step_changed(d, decision->step);
		break;
	case DECISION_RUN_CHANGED:
		on_run_changed(d, decision->run);
		break;
	case DECISION_WANT_WORKERS:
		local_want(d->local, decision->workers);
		break;
	case DECISION_COUNT:
		BUG_ON(true);
	}
}

void act_on_decisions(struct daemon *d)
{
	struct decision decision;

	while (engine_take(d->engine, &decision))
		act(d, &decision);
}
