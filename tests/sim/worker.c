/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - the workers' double: leases in a row, commands, a guard
 *
 * It does what a careful worker does: speculative steps start at once, strict
 * ones when START is answered; every message is repeated until it is answered; a
 * grant that is old, or whose fence is not above the highest seen of its step, is
 * refused; what it knows nothing of it gives back. Without an answered heartbeat
 * for SIM_GUARD_MS everything that runs is killed, also while it is frozen.
 */
#include <string.h>

#include "base/map.h"
#include "tests/sim/sim.h"

enum {
	TIMER_MS = 1000,
	BEAT_MS = 5000,
	REPEAT_MS = 1500,     /* of an unanswered message */
	PATIENCE_MS = 2500,   /* that a lease waits behind others before it is given back */
	KILL_MS = 400,        /* at most, from the order to stop to the end */
	FROZEN_AGAIN_MS = 500,
};

static struct event from_worker(const struct sim *s, const struct sim_worker *w,
				enum event_kind kind)
{
	return (struct event){
		.kind = kind, .worker = (uint32_t)(w - s->workers), .session = w->session,
		.sent_at = s->now,
	};
}

static struct event about_job(const struct sim *s, const struct sim_worker *w,
			      enum event_kind kind, const struct job *j)
{
	struct event ev = from_worker(s, w, kind);

	ev.step = j->step;
	ev.fence = j->fence;
	ev.strict = j->strict;
	return ev;
}

static struct job *find_job(struct sim_worker *w, uint64_t step, uint64_t fence)
{
	for (size_t i = 0; i < w->job_count; i++)
		if (w->jobs[i].step == step && w->jobs[i].fence == fence)
			return &w->jobs[i];
	return NULL;
}

static void drop_job(struct sim_worker *w, struct job *j)
{
	size_t at = (size_t)(j - w->jobs);

	memmove(j, j + 1, (w->job_count - at - 1) * sizeof(*j));
	w->job_count--;
}

static void give_back(struct sim *s, struct sim_worker *w, uint64_t step, uint64_t fence)
{
	struct event ev = from_worker(s, w, EVENT_RELEASE);

	ev.step = step;
	ev.fence = fence;
	net_to_daemon(s, &ev);
}

/* ── A command's life ─────────────────────────────────────────────────── */

static void command_ends(struct sim *s, struct sim_worker *w, struct job *j, int64_t after_ms,
			 enum outcome outcome)
{
	struct event done = about_job(s, w, EVENT_JOB_DONE, j);

	done.number = (int)outcome;
	net_post(s, after_ms, &done);
}

static enum outcome draw_outcome(struct sim *s, const struct definition *d, uint32_t spec)
{
	if (!rng_chance(&s->rng, d->failing[spec]))
		return rng_chance(&s->rng, 30) ? OUTCOME_SKIPPED : OUTCOME_SUCCEEDED;
	if (rng_chance(&s->rng, 200))
		return rng_chance(&s->rng, 500) ? OUTCOME_TIMED_OUT : OUTCOME_RETRY;
	return OUTCOME_FAILED;
}

static void start_command(struct sim *s, struct sim_worker *w, struct job *j)
{
	struct definition *d = definition_of(s, j->step);
	uint32_t spec = d->spec_of[step_id_index(j->step)];

	j->state = JOB_RUNNING;
	j->physical = true;
	j->started_at = s->now;
	d->starts[step_id_index(j->step)]++;
	if (j->strict && d->starts[step_id_index(j->step)] > 1)
		sim_violation(s, "a step with on_lost: manual was started twice");
	command_ends(s, w, j, rng_between(&s->rng, 0, d->duration_ms[spec]),
		     draw_outcome(s, d, spec));
}

static void send_start(struct sim *s, struct sim_worker *w, struct job *j)
{
	struct event ev = about_job(s, w, EVENT_START, j);

	j->sent_at = s->now;
	net_to_daemon(s, &ev);
}

static uint64_t body_of(const struct sim_worker *w, const struct job *j)
{
	struct rng r = { j->step ^ j->fence << 8 ^ w->session << 40 ^ (uint64_t)j->outcome };

	return rng_next(&r) | 1;
}

static void send_complete(struct sim *s, struct sim_worker *w, struct job *j)
{
	struct event ev = about_job(s, w, EVENT_COMPLETE, j);

	ev.number = (int)j->outcome;
	ev.body = body_of(w, j);
	ev.gpus = (uint64_t)j->run_ms;
	j->sent_at = s->now;
	net_to_daemon(s, &ev);
}

static void job_ends(struct sim *s, struct sim_worker *w, struct job *j, enum outcome outcome)
{
	j->state = JOB_DONE;
	j->physical = false;
	j->outcome = outcome;
	j->run_ms = s->now - j->started_at;
	send_complete(s, w, j);
}

/* Slots that are free take the next in the row. */
static void pump(struct sim *s, struct sim_worker *w)
{
	uint32_t busy = 0;

	for (size_t i = 0; i < w->job_count; i++)
		busy += w->jobs[i].state == JOB_STARTING || w->jobs[i].state == JOB_RUNNING;
	for (size_t i = 0; i < w->job_count && busy < w->slots; i++) {
		struct job *j = &w->jobs[i];

		if (j->state != JOB_QUEUED)
			continue;
		busy++;
		j->state = JOB_STARTING;
		send_start(s, w, j);
		if (!j->strict)
			start_command(s, w, j);
	}
}

/* ── What the scheduler says ──────────────────────────────────────────── */

static void granted(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	uint64_t seen = (uintptr_t)idmap_get(&w->seen, ev->step);

	if (ev->fence <= seen || ev->sent_at + SIM_MESSAGE_AGE_MS < s->now) {
		if (!find_job(w, ev->step, ev->fence))
			give_back(s, w, ev->step, ev->fence);
		return;
	}
	idmap_set(&w->seen, ev->step, (void *)(uintptr_t)ev->fence);
	if (w->job_count == SIM_JOBS_MAX) {
		give_back(s, w, ev->step, ev->fence);
		return;
	}
	w->jobs[w->job_count++] = (struct job){
		.step = ev->step, .fence = ev->fence, .gpus = ev->gpus, .strict = ev->strict,
		.granted_at = s->now,
	};
}

static void stop_job(struct sim *s, struct sim_worker *w, struct job *j)
{
	if (j->state == JOB_QUEUED) {
		give_back(s, w, j->step, j->fence);
		drop_job(w, j);
		return;
	}
	if (!j->cancel && j->state == JOB_RUNNING)
		command_ends(s, w, j, rng_between(&s->rng, 0, KILL_MS), OUTCOME_CANCELLED);
	j->cancel = true;
}

static void cancelled(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	struct job *j = find_job(w, ev->step, ev->fence);
	uint64_t seen = (uintptr_t)idmap_get(&w->seen, ev->step);

	if (j) {
		stop_job(s, w, j);
		return;
	}
	if (ev->fence > seen)
		idmap_set(&w->seen, ev->step, (void *)(uintptr_t)ev->fence);
	give_back(s, w, ev->step, ev->fence);
}

static void start_answered(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	struct job *j = find_job(w, ev->step, ev->fence);

	if (!j || (j->state != JOB_STARTING && j->state != JOB_RUNNING))
		return;
	j->start_heard = true;
	if (ev->number == LEASE_FENCED) {
		drop_job(w, j);
		return;
	}
	if (ev->number == LEASE_CANCEL)
		stop_job(s, w, j);
	if (j->state != JOB_STARTING)
		return;
	if (j->cancel) {
		j->started_at = s->now;
		job_ends(s, w, j, OUTCOME_CANCELLED);
	} else if (ev->sent_at + SIM_MESSAGE_AGE_MS >= s->now) {
		start_command(s, w, j);
	}
}

static void complete_answered(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	struct job *j = find_job(w, ev->step, ev->fence);

	if (ev->number == COMPLETE_CONFLICT)
		sim_violation(s, "an honest completion conflicts");
	if (j && j->state == JOB_DONE)
		drop_job(w, j);
}

static void beat_answered(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	if (ev->sent_at > w->answered_at)
		w->answered_at = ev->sent_at;
	if (!ev->number)
		w->registered = false;
	for (size_t i = 0; i < ev->beat_count; i++) {
		const struct beat *b = &ev->beats[i];
		struct job *j = find_job(w, b->step, b->fence);

		if (!j || j->state == JOB_DONE)
			continue;
		if (b->verdict == LEASE_CANCEL)
			stop_job(s, w, j);
		if (b->verdict == LEASE_FENCED)
			drop_job(w, j);
	}
}

/* ── Its own time ─────────────────────────────────────────────────────── */

static void beat(struct sim *s, struct sim_worker *w)
{
	struct event ev = from_worker(s, w, EVENT_HEARTBEAT);

	ev.beats = arena_array(&s->arena, w->job_count, sizeof(*ev.beats));
	for (size_t i = 0; i < w->job_count; i++)
		ev.beats[i] = (struct beat){ .step = w->jobs[i].step, .fence = w->jobs[i].fence };
	ev.beat_count = w->job_count;
	w->beat_at = s->now;
	net_to_daemon(s, &ev);
}

static void repeat_messages(struct sim *s, struct sim_worker *w)
{
	for (size_t i = w->job_count; i-- > 0;) {
		struct job *j = &w->jobs[i];

		if (j->state == JOB_QUEUED && s->now - j->granted_at > PATIENCE_MS) {
			give_back(s, w, j->step, j->fence);
			drop_job(w, j);
		} else if (s->now - j->sent_at < REPEAT_MS) {
			continue;
		} else if (j->state == JOB_DONE) {
			send_complete(s, w, j);
		} else if (j->state == JOB_STARTING ||
			   (j->state == JOB_RUNNING && !j->start_heard)) {
			send_start(s, w, j);
		}
	}
}

/* The guard is a process of its own: it acts also for a frozen worker. What had
 * ended is no business of its. */
static void guard(struct sim *s, struct sim_worker *w)
{
	if (s->now - w->answered_at < SIM_GUARD_MS || s->sim_plant == SIM_PLANT_NO_GUARD)
		return;
	for (size_t i = w->job_count; i-- > 0;)
		if (w->jobs[i].state != JOB_DONE)
			drop_job(w, &w->jobs[i]);
}

static void timer(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	struct event again = from_worker(s, w, EVENT_WORKER_TIMER);
	struct event hello = from_worker(s, w, EVENT_REGISTER);

	(void)ev;
	guard(s, w);
	net_post(s, TIMER_MS, &again);
	if (w->frozen)
		return;
	if (!w->registered && s->now - w->register_at >= REPEAT_MS) {
		w->register_at = s->now;
		net_to_daemon(s, &hello);
	}
	if (s->now - w->beat_at >= BEAT_MS)
		beat(s, w);
	repeat_messages(s, w);
}

static void job_done(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	struct job *j = find_job(w, ev->step, ev->fence);

	if (!j || j->state != JOB_RUNNING)
		return;
	j->physical = false;
	if (w->frozen)
		net_post(s, FROZEN_AGAIN_MS, ev);
	else
		job_ends(s, w, j, (enum outcome)ev->number);
}

static void registered(struct sim *s, struct sim_worker *w, const struct event *ev)
{
	(void)s;
	w->registered = true;
	if (ev->sent_at > w->answered_at)
		w->answered_at = ev->sent_at;
}

static const struct {
	void (*handle)(struct sim *s, struct sim_worker *w, const struct event *ev);
	bool is_message; /* waits in the socket while the worker is frozen */
} handlers[EVENT_COUNT] = {
	[EVENT_REGISTERED] = { registered, true },
	[EVENT_BEAT_ANSWER] = { beat_answered, true },
	[EVENT_GRANT] = { granted, true },
	[EVENT_CANCEL] = { cancelled, true },
	[EVENT_START_ANSWER] = { start_answered, true },
	[EVENT_COMPLETE_ANSWER] = { complete_answered, true },
	[EVENT_JOB_DONE] = { job_done, false },
	[EVENT_WORKER_TIMER] = { timer, false },
};

void worker_handle(struct sim *s, const struct event *ev)
{
	struct sim_worker *w = &s->workers[ev->worker];
	bool is_message = handlers[ev->kind].is_message;

	if (!w->session || ev->session != w->session)
		return;
	if (is_message && w->frozen) {
		net_post(s, FROZEN_AGAIN_MS, ev);
		return;
	}
	if (is_message && ev->epoch < w->epoch)
		return;
	if (is_message)
		w->epoch = ev->epoch;
	handlers[ev->kind].handle(s, w, ev);
	if (!w->frozen)
		pump(s, w);
}

/* ── Birth and death ──────────────────────────────────────────────────── */

void worker_up(struct sim *s, uint32_t index)
{
	struct sim_worker *w = &s->workers[index];
	struct event first;

	if (w->session)
		return;
	w->session = ++s->next_session;
	w->frozen = w->registered = false;
	w->job_count = 0;
	w->epoch = 0;
	w->answered_at = s->now;
	w->beat_at = w->register_at = s->now - BEAT_MS;
	first = from_worker(s, w, EVENT_WORKER_TIMER);
	net_post(s, 0, &first);
}

void worker_dies(struct sim *s, uint32_t index)
{
	struct sim_worker *w = &s->workers[index];

	idmap_finish(&w->seen);
	w->session = 0;
	w->job_count = 0;
}
