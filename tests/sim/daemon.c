/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - the scheduler's double: the engine, a batch that fills, one in flight
 *
 * What is decided gathers in the open batch; the batch in flight is durable when
 * COMMITTED comes, and only then is what had to wait for it sent. A crash loses
 * the open batch; the one in flight is lost or not, as chance will.
 */
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "tests/sim/sim.h"

enum {
	CLIENT_AGAIN_MS = 1000,
	SOON_MS = 2,
	COMMIT_QUICK_MS = 2,
	COMMIT_SLOW_MS = 3000,
	LONG_TURNS = 250, /* per mille of the inputs after which decisions are not taken yet */
};

static void begin_commit(struct sim *s)
{
	struct daemon *d = &s->daemon;
	struct event done = { .kind = EVENT_COMMITTED, .epoch = d->epoch };
	struct event crash = { .kind = EVENT_CRASH };
	struct batch empty = d->flight;
	int64_t takes_ms = rng_between(&s->rng, 0, rng_chance(&s->rng, s->slow_commits)
							   ? COMMIT_SLOW_MS
							   : COMMIT_QUICK_MS);

	if (d->committing || (d->open.write_count == 0 && d->open.after_count == 0))
		return;
	d->flight = d->open;
	d->open = empty;
	d->committing = true;
	net_post(s, takes_ms, &done);
	if (rng_chance(&s->rng, s->fatal_commits))
		net_post(s, rng_between(&s->rng, 0, takes_ms), &crash);
}

/* Sends once all that is known now is durable. */
static void send_after_commit(struct sim *s, const struct event *ev, bool early)
{
	if (early)
		net_to_worker(s, ev);
	else
		batch_after(&s->daemon.open, ev);
}

static struct event message(const struct sim *s, enum event_kind kind, const struct event *to)
{
	return (struct event){
		.kind = kind, .worker = to->worker, .session = to->session,
		.epoch = s->daemon.epoch, .step = to->step, .fence = to->fence, .sent_at = s->now,
	};
}

/* ── Decisions ────────────────────────────────────────────────────────── */

static void send_lease(struct sim *s, const struct decision *d)
{
	uintptr_t worker = (uintptr_t)idmap_get(&s->daemon.sessions, d->session);
	struct event ev = {
		.kind = d->kind == DECISION_GRANT ? EVENT_GRANT : EVENT_CANCEL,
		.worker = (uint32_t)worker - 1, .session = d->session, .epoch = s->daemon.epoch,
		.step = d->step, .fence = d->fence, .gpus = d->gpus, .strict = d->strict,
		.sent_at = s->now,
	};

	if (d->kind == DECISION_GRANT)
		watch_grant(s, d);
	if (!worker)
		return; /* its heartbeat will tell it */
	if (d->after_commit)
		send_after_commit(s, &ev, s->sim_plant == SIM_PLANT_STRICT_EARLY);
	else
		net_to_worker(s, &ev);
}

static void ask_resolution(struct sim *s, uint64_t step)
{
	struct event ev = { .kind = EVENT_RESOLVED, .epoch = s->daemon.epoch, .step = step };

	ev.number = RESOLUTION_RUN;
	if (rng_chance(&s->rng, 150))
		ev.number = (int)rng_between(&s->rng, 0, RESOLUTION_COUNT - 1);
	net_post(s, rng_between(&s->rng, 0, 20), &ev);
}

static void write_run(struct sim *s, uint64_t run)
{
	struct write w = { .kind = WRITE_RUN, .step = step_id(run, 0) };
	struct run_view v;

	engine_run_view(s->daemon.e, run, &v);
	w.run = (struct engine_run_record){
		.state = v.state, .reason = v.reason, .cancel = v.cancel,
		.cancel_finally = v.cancel_finally,
	};
	batch_write(&s->daemon.open, &w);
}

static void carry_out(struct sim *s, const struct decision *d)
{
	struct write w = { .kind = WRITE_STEP, .step = d->step, .fence = d->fence };

	sim_trace(s, "    %s step %llx fence %llx", decision_name(d->kind),
		  (unsigned long long)d->step, (unsigned long long)d->fence);
	switch (d->kind) {
	case DECISION_RESOLVE:
		ask_resolution(s, d->step);
		break;
	case DECISION_GRANT:
	case DECISION_CANCEL:
		send_lease(s, d);
		break;
	case DECISION_ATTEMPT_ENDED:
		w.kind = WRITE_ATTEMPT_ENDED;
		batch_write(&s->daemon.open, &w);
		break;
	case DECISION_STEP_CHANGED:
		engine_step_view(s->daemon.e, d->step, &w.view);
		batch_write(&s->daemon.open, &w);
		break;
	case DECISION_RUN_CHANGED:
		write_run(s, d->run);
		break;
	case DECISION_WANT_WORKERS:
		if (d->workers > s->pools[d->pool].max_workers)
			sim_violation(s, "more workers are wanted than there may be");
		break;
	case DECISION_COUNT:
		break;
	}
}

static void plan_tick(struct sim *s)
{
	struct daemon *d = &s->daemon;
	struct event tick = { .kind = EVENT_TICK, .epoch = d->epoch };
	int64_t due = engine_next_deadline(d->e);

	if (due >= d->tick_at)
		return;
	d->tick_at = due;
	net_post(s, due > s->now ? due - s->now : 0, &tick);
}

static void drain(struct sim *s)
{
	struct decision d;

	while (engine_take(s->daemon.e, &d))
		carry_out(s, &d);
	begin_commit(s);
	plan_tick(s);
}

/* ── Inputs ───────────────────────────────────────────────────────────── */

static void submit(struct sim *s, const struct event *ev)
{
	struct definition *d = definition_of(s, ev->step);
	struct write w = { .kind = WRITE_RUN_NEW, .step = ev->step };

	if (d->submitted)
		return;
	d->submitted = true;
	engine_submit(s->daemon.e, &d->submission, s->now);
	batch_write(&s->daemon.open, &w);
	write_run(s, step_id_run(ev->step));
}

static void committed(struct sim *s, const struct event *done)
{
	struct daemon *d = &s->daemon;

	(void)done;
	record_apply(s, &d->flight);
	d->committing = false;
	for (size_t i = 0; i < d->flight.after_count; i++) {
		struct event *ev = &d->flight.after[i];

		ev->sent_at = s->now;
		if (ev->kind == EVENT_COMPLETE_ANSWER && ev->number == COMPLETE_RECORDED)
			watch_ack(s, ev->step, ev->fence, ev->body);
		net_to_worker(s, ev);
	}
	for (size_t i = 0; i < d->flight.write_count; i++) {
		const struct write *w = &d->flight.writes[i];

		if (w->kind == WRITE_RUN && run_state_is_terminal(w->run.state))
			engine_forget(d->e, step_id_run(w->step));
	}
	batch_clear(&d->flight);
}

static void register_worker(struct sim *s, const struct event *ev)
{
	const struct sim_worker *w = &s->workers[ev->worker];
	struct event answer = message(s, EVENT_REGISTERED, ev);
	struct engine_worker hello = {
		.session = ev->session, .name = w->name, .pool = w->pool, .slots = w->slots,
	};

	/* A late word of an older life must not end the newer one. */
	if (ev->session < s->daemon.newest[ev->worker])
		return;
	s->daemon.newest[ev->worker] = ev->session;
	answer.sent_at = ev->sent_at;
	idmap_set(&s->daemon.sessions, ev->session, (void *)(uintptr_t)(ev->worker + 1));
	BUG_ON(engine_worker_register(s->daemon.e, &hello, s->now) < 0);
	net_to_worker(s, &answer);
}

static void heartbeat(struct sim *s, const struct event *ev)
{
	struct event answer = message(s, EVENT_BEAT_ANSWER, ev);

	answer.sent_at = ev->sent_at;
	answer.beats = arena_copy(&s->arena, ev->beats, ev->beat_count * sizeof(*ev->beats));
	answer.beat_count = ev->beat_count;
	answer.number = idmap_get(&s->daemon.sessions, ev->session) != NULL;
	for (size_t i = 0; i < ev->beat_count; i++) {
		struct beat *b = &answer.beats[i];

		b->verdict = engine_heartbeat(s->daemon.e, b->step, b->fence, ev->session, s->now);
	}
	net_to_worker(s, &answer);
}

static void start(struct sim *s, const struct event *ev)
{
	struct event answer = message(s, EVENT_START_ANSWER, ev);

	answer.number = engine_start(s->daemon.e, ev->step, ev->fence, ev->session, s->now);
	if (ev->strict)
		send_after_commit(s, &answer, s->sim_plant == SIM_PLANT_START_EARLY);
	else
		net_to_worker(s, &answer);
}

/* What the row of an attempt says that the engine does not remember. */
static enum complete_verdict past_verdict(struct sim *s, const struct event *ev)
{
	const struct attempt_record *a = record_attempt(s, ev->step, ev->fence);

	if (!a || a->state != ATTEMPT_STATE_FINISHED)
		return COMPLETE_FENCED;
	return a->body == ev->body ? COMPLETE_RECORDED : COMPLETE_CONFLICT;
}

static void complete(struct sim *s, const struct event *ev)
{
	static const enum reason reasons[OUTCOME_COUNT] = {
		[OUTCOME_FAILED] = REASON_EXIT_CODE, [OUTCOME_SKIPPED] = REASON_SELF_SKIPPED,
		[OUTCOME_RETRY] = REASON_EXIT_CODE, [OUTCOME_TIMED_OUT] = REASON_TIMEOUT,
	};
	struct event answer = message(s, EVENT_COMPLETE_ANSWER, ev);
	struct digest body = { { 0 } };
	struct completion c = {
		.outcome = (enum outcome)ev->number, .reason = reasons[ev->number],
		.exit_code = 1, .run_ms = (int64_t)ev->gpus, .body = &body,
	};
	enum complete_verdict v;

	memcpy(body.bytes, &ev->body, sizeof(ev->body));
	v = engine_complete(s->daemon.e, ev->step, ev->fence, ev->session, &c, s->now);
	sim_trace(s, "    complete: %s", complete_verdict_name(v));
	answer.body = ev->body;
	if (v == COMPLETE_ACCEPTED) {
		struct write w = {
			.kind = WRITE_RESULT, .step = ev->step, .fence = ev->fence,
			.body = ev->body,
		};

		engine_step_view(s->daemon.e, ev->step, &w.view);
		batch_write(&s->daemon.open, &w);
		if (s->sim_plant == SIM_PLANT_SPLIT_TURN)
			begin_commit(s);
		v = COMPLETE_RECORDED;
	}
	if (v == COMPLETE_FENCED && past_verdict(s, ev) == COMPLETE_RECORDED)
		sim_violation(s, "a completion that is recorded is fenced");
	if (v == COMPLETE_PAST)
		v = past_verdict(s, ev);
	answer.number = (int)v;
	if (v == COMPLETE_RECORDED && s->sim_plant == SIM_PLANT_ACK_EARLY)
		watch_ack(s, ev->step, ev->fence, ev->body);
	send_after_commit(s, &answer, s->sim_plant == SIM_PLANT_ACK_EARLY);
}

static void cancel_run(struct sim *s, const struct event *ev)
{
	engine_cancel(s->daemon.e, step_id_run(ev->step), REASON_RUN_CANCELLED, false, s->now);
}

static void resolved(struct sim *s, const struct event *ev)
{
	enum reason reason = ev->number == RESOLUTION_FAILED ? REASON_INPUT : REASON_CONDITION;

	engine_resolved(s->daemon.e, ev->step, (enum resolution)ev->number, reason, s->now);
}

static void tick(struct sim *s, const struct event *ev)
{
	(void)ev;
	s->daemon.tick_at = INT64_MAX;
	engine_tick(s->daemon.e, s->now);
}

/* A turn of the loop in which several things came in ends: nothing more to do than
 * to take the decisions. */
static void turn_ends(struct sim *s, const struct event *ev)
{
	(void)s;
	(void)ev;
}

static void gone(struct sim *s, const struct event *ev)
{
	engine_worker_gone(s->daemon.e, ev->session, s->now);
}

static void give_back(struct sim *s, const struct event *ev)
{
	engine_release(s->daemon.e, ev->step, ev->fence, ev->session, s->now);
}

static void (*const handlers[EVENT_COUNT])(struct sim *s, const struct event *ev) = {
	[EVENT_SUBMIT] = submit,       [EVENT_CANCEL_RUN] = cancel_run,
	[EVENT_RESOLVED] = resolved,   [EVENT_COMMITTED] = committed,
	[EVENT_TICK] = tick,           [EVENT_TURN] = turn_ends,
	[EVENT_GONE] = gone,
	[EVENT_REGISTER] = register_worker, [EVENT_HEARTBEAT] = heartbeat,
	[EVENT_START] = start,         [EVENT_COMPLETE] = complete,
	[EVENT_RELEASE] = give_back,
};

void daemon_handle(struct sim *s, const struct event *ev)
{
	struct daemon *d = &s->daemon;
	struct event turn = { .kind = EVENT_TURN, .epoch = d->epoch };

	if (!d->e) {
		if (ev->kind == EVENT_SUBMIT || ev->kind == EVENT_CANCEL_RUN)
			net_post(s, CLIENT_AGAIN_MS, ev);
		return;
	}
	if (ev->epoch && ev->epoch != d->epoch)
		return; /* of another life of the daemon */
	handlers[ev->kind](s, ev);
	if (ev->kind != EVENT_TURN && rng_chance(&s->rng, LONG_TURNS)) {
		net_post(s, rng_between(&s->rng, 0, 1), &turn);
		return;
	}
	drain(s);
	watch_engine(s);
}

/* ── Crash and restart ────────────────────────────────────────────────── */

void daemon_crash(struct sim *s)
{
	struct daemon *d = &s->daemon;

	if (!d->e)
		return;
	if (d->committing && rng_chance(&s->rng, 500))
		record_apply(s, &d->flight);
	engine_destroy(d->e);
	batch_finish(&d->open);
	batch_finish(&d->flight);
	idmap_finish(&d->sessions);
	*d = (struct daemon){ .epoch = d->epoch };
}

static void restore(struct sim *s, uint32_t run)
{
	struct engine_step_record steps[SIM_STEPS_MAX];
	const struct run_record *r = &s->record[run];

	for (size_t i = 0; i < SIM_STEPS_MAX; i++) {
		steps[i] = r->steps[i].row;
		if (s->plant == PLANT_RESTART_EXPIRES && (steps[i].state == STEP_STATE_RUNNING))
			steps[i].state = STEP_STATE_READY;
	}
	engine_restore(s->daemon.e, &s->definitions[run].submission, &r->row, steps, s->now);
}

void daemon_up(struct sim *s)
{
	struct daemon *d = &s->daemon;

	if (d->e)
		return;
	s->record_epoch += s->sim_plant != SIM_PLANT_EPOCH_KEPT || s->record_epoch == 0;
	*d = (struct daemon){ .epoch = s->record_epoch, .tick_at = INT64_MAX };
	d->e = engine_create(&(struct engine_options){ .epoch = d->epoch });
	engine_plant(d->e, s->plant);
	for (uint32_t i = 0; i < SIM_POOLS; i++)
		engine_pool_declare(d->e, &s->pools[i]);
	watch_restart(s);
	for (uint32_t i = 0; i < s->definition_count; i++) {
		struct event submit_again = { .kind = EVENT_SUBMIT, .step = step_id(i + 1, 0) };

		if (s->record[i].known && !run_state_is_terminal(s->record[i].row.state))
			restore(s, i);
		if (s->definitions[i].submitted && !s->record[i].known) {
			s->definitions[i].submitted = false;
			net_post(s, SOON_MS, &submit_again);
		}
	}
	drain(s);
	watch_engine(s);
}
