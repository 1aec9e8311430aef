/* SPDX-License-Identifier: Apache-2.0 */
/* slot.c - one slot: what comes from its spawner, its hand and the scheduler becomes
 * events of slot_state.c, whose actions are carried out here and in slot_*.c
 */
#include "workers/agent/slot.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/hand.h"
#include "workers/agent/slot_priv.h"
#include "workers/process/spawner.h"

enum {
	FIRST_LOOK_MS = 100, /* after the start: steps shorter than that cost no look */
	LOOK_MS = 250,
	/* Processes and threads of one step: far more than a training with many loaders
	 * has, and few enough that the machine survives them. */
	STEP_PIDS_MAX = 8192,
};

/* A PATH_MAX path and ".". */
static const char *cwd_of(const struct slot *s, struct arena *arena)
{
	const char *workdir = s->attempt->grant.workdir;
	const char *work = s->folder.paths[FOLDER_WORK];

	return str_eq(workdir, ".") ? work : arena_printf(arena, "%s/%s", work, workdir);
}

/* ── the spawner ──────────────────────────────────────────────────────── */

static void forget_spawner(struct slot *s)
{
	struct err err = ERR_INIT;

	if (s->from_spawner.ready)
		loop_forget(&s->agent->loop, spawner_fd(s->spawner), &s->from_spawner);
	s->from_spawner.ready = NULL;
	if (spawner_destroy(s->spawner, &err) < 0)
		log_error("slot %u: %s", s->number, err.text);
	s->spawner = NULL;
}

static void on_spawner(void *arg);

int slot_await(struct slot *s, struct err *err)
{
	int rc = spawner_await(s->spawner, err);

	if (rc < 0) {
		forget_spawner(s);
		return rc;
	}
	s->from_spawner = (struct source){ on_spawner, s };
	loop_watch(&s->agent->loop, spawner_fd(s->spawner), &s->from_spawner);
	return 0;
}

static int have_spawner(struct slot *s, struct err *err)
{
	int rc;

	if (s->spawner)
		return 0;
	rc = spawner_create(s->agent->options->isolate, &s->spawner, err);
	return rc == 0 ? slot_await(s, err) : rc;
}

static int start(struct slot *s, const struct wire_command *command, int64_t timeout_ms,
		 struct err *err)
{
	const struct wire_limits *limits = &s->attempt->grant.limits;
	const struct spawn_spec spec = {
		.argv = command->words,
		.envp = s->environ,
		.cwd = cwd_of(s, &s->attempt->arena),
		.log_fd = s->log.fd,
		.timeout_ms = timeout_ms,
		.grace_ms = limits->grace_ms,
		.lease_soft_ms = lease_soft_ms(&s->agent->lease),
		.lease_hard_ms = lease_hard_ms(&s->agent->lease),
		.memory_bytes = limits->memory_bytes,
		.cpu_milli = limits->cpu_milli,
		.pids = STEP_PIDS_MAX,
	};
	int rc = have_spawner(s, err);

	if (rc == 0)
		rc = spawner_start(s->spawner, &spec, err);
	if (rc == ERR_UNREACHABLE) { /* it died idle: another one */
		forget_spawner(s);
		rc = have_spawner(s, err);
		if (rc == 0)
			rc = spawner_start(s->spawner, &spec, err);
	}
	return rc;
}

int slot_launch(struct slot *s, const struct wire_command *command, int64_t timeout_ms,
		struct err *err)
{
	if (s->agent->now_ms >= lease_soft_ms(&s->agent->lease)) {
		s->attempt->stop = ATTEMPT_FENCED;
		return err_set(err, ERR_FENCED, "the lease is over");
	}
	if (!s->environ)
		slot_set_environ(s);
	s->tick_ms = s->agent->now_ms + FIRST_LOOK_MS;
	return start(s, command, timeout_ms, err);
}

static void on_exited(struct slot *s, const struct spawner_event *e)
{
	s->tick_ms = INT64_MAX;
	if (e->cause == SPAWNER_CAUSE_FENCED)
		s->attempt->stop = ATTEMPT_FENCED;
	if (s->state == SLOT_RUNNING) {
		attempt_command_ended(s->attempt, e, spawner_profile(s->spawner));
		slot_apply(s, slot_judge(s));
	} else if (s->state == SLOT_VERIFYING) {
		slot_verify_exited(s, e);
	} else {
		slot_rolled_back(s, e);
	}
}

/* A strict one was told before. */
static void on_started(struct slot *s)
{
	if (s->state != SLOT_RUNNING || s->attempt->is_start_told)
		return;
	s->attempt->is_start_told = true;
	agent_say(s->agent, FRAME_WORKER_STEP_START, &s->attempt->grant.lease);
}

static void on_spawner(void *arg)
{
	struct err err = ERR_INIT;
	struct spawner_event e;
	struct slot *s = arg;
	int got = spawner_read(s->spawner, &e, &err);

	if (got < 0) {
		log_warn("slot %u: %s", s->number, err.text);
		forget_spawner(s);
	} else if (got > 0 && e.type == SPAWNER_STARTED) {
		on_started(s);
	} else if (got > 0) {
		on_exited(s, &e);
	}
}

/* ── the hand ─────────────────────────────────────────────────────────── */

static void on_hand(void *arg)
{
	struct slot *s = arg;

	if (!hand_take(s->hand))
		return;
	if (s->state == SLOT_VERIFYING)
		slot_verify_answered(s);
	else
		slot_files_done(s);
}

int slot_give_hand(struct slot *s, void (*job)(void *slot), struct err *err)
{
	int rc = s->hand ? 0 : hand_create(&s->hand, err);

	if (rc < 0)
		return rc;
	if (!s->from_hand.ready) {
		s->from_hand = (struct source){ on_hand, s };
		loop_watch(&s->agent->loop, hand_fd(s->hand), &s->from_hand);
	}
	hand_do(s->hand, job, s);
	return 0;
}

/* ── the actions ──────────────────────────────────────────────────────── */

static void do_nothing(struct slot *s)
{
	(void)s;
}

static void do_ask(struct slot *s)
{
	s->attempt->is_start_told = true;
	agent_say(s->agent, FRAME_WORKER_STEP_START, &s->attempt->grant.lease);
}

static void do_launch(struct slot *s)
{
	const struct wire_grant *g = &s->attempt->grant;
	struct err err = ERR_INIT;

	s->attempt->launched_us = clock_mono_us();
	if (slot_launch(s, &g->command, g->limits.timeout_ms, &err) == 0)
		return;
	attempt_fail(s->attempt, OUTCOME_FAILED, REASON_NOT_STARTED, "%s", err.text);
	slot_apply(s, SLOT_EVENT_FAILED);
}

static void do_stop(struct slot *s)
{
	spawner_cancel(s->spawner, NULL);
}

static void do_kill(struct slot *s)
{
	spawner_lease(s->spawner, 1, 1, NULL); /* over since the machine started */
}

/* From here on the attempt belongs to the agent; the slot keeps its folder. */
static void do_finish(struct slot *s)
{
	struct attempt *a = s->attempt;

	if (s->folder.workspace && folder_is_used(&s->folder, FOLDER_SELF)) /* maybe by metrics */
		live_end(&s->live, s->folder.workspace, &a->grant.lease, &a->report);
	if (s->live.points.broken)
		step_log_say(&s->log, "%llu lines of $INGOT_METRICS were passed over; %s",
			     (unsigned long long)s->live.points.broken, s->live.points.reason);
	live_finish(&s->live);
	a->result.log_bytes = step_log_end(&s->log);
	slot_settle_checkpoint(s);
	s->attempt = NULL;
	s->environ = NULL;
	if (a->stop == ATTEMPT_FENCED)
		attempt_destroy(a);
	else
		agent_report(s->agent, a);
	slot_clean(s);
}

/* Elsewhere there is nothing to look after, or a thread is busy with it. */
static bool is_looked_after(enum slot_state state)
{
	return state == SLOT_RUNNING || state == SLOT_VERIFYING || state == SLOT_ROLLING_BACK;
}

/* Whether what STATES.md says of the state is true. */
static bool is_sound(const struct slot *s)
{
	bool has_process = s->spawner && spawner_is_busy(s->spawner);

	switch (s->state) {
	case SLOT_IDLE:
	case SLOT_CLEANING:
		return !s->attempt && !has_process && !s->log.name;
	case SLOT_PREPARING:
	case SLOT_WAITING_START:
	case SLOT_COLLECTING:
		return s->attempt && !has_process;
	case SLOT_VERIFYING:
		return s->attempt && (s->verify.is_looking || !has_process);
	case SLOT_RUNNING:
		return s->attempt && has_process;
	case SLOT_ROLLING_BACK:
		return s->attempt && s->attempt->is_failed && has_process;
	case SLOT_STATE_COUNT:
		break;
	}
	return false;
}

void slot_apply(struct slot *s, enum slot_event event)
{
	static void (*const actions[SLOT_ACTION_COUNT])(struct slot *) = {
		[SLOT_NOP] = do_nothing,
		[SLOT_DO_PREPARE] = slot_prepare,
		[SLOT_DO_ASK] = do_ask,
		[SLOT_DO_LAUNCH] = do_launch,
		[SLOT_DO_STOP] = do_stop,
		[SLOT_DO_KILL] = do_kill,
		[SLOT_DO_VERIFY] = slot_verify,
		[SLOT_DO_ABANDON] = slot_abandon,
		[SLOT_DO_ROLL_BACK] = slot_roll_back,
		[SLOT_DO_COLLECT] = slot_collect,
		[SLOT_DO_FINISH] = do_finish,
	};
	struct slot_move m = slot_move(s->state, event);

	if (m.action == SLOT_BUG)
		log_error("slot %u cannot have the event %s when %s", s->number,
			  slot_event_name(event), slot_state_name(s->state));
	BUG_ON(m.action == SLOT_BUG);
	s->state = m.next;
	if (!is_looked_after(m.next))
		s->tick_ms = INT64_MAX;
	actions[m.action](s);
	BUG_ON(!is_sound(s));
}

/* ── its life ─────────────────────────────────────────────────────────── */

int slot_create(struct agent *agent, unsigned number, struct slot **ret, struct err *err)
{
	struct slot *s = mem_alloc(sizeof(*s));
	int rc;

	s->agent = agent;
	s->number = number;
	s->tick_ms = INT64_MAX;
	rc = spawner_create(agent->options->isolate, &s->spawner, err);
	folder_init(&s->folder, agent->blobs, agent->work.fd, agent->work.path, number);
	step_log_init(&s->log, agent->logs_fd, agent->work.fd, number);
	*ret = s;
	return rc;
}

void slot_destroy(struct slot *s)
{
	if (!s)
		return;
	forget_spawner(s); /* ends what runs */
	hand_destroy(s->hand);
	live_finish(&s->live);
	if (s->attempt) {
		s->attempt->stop = ATTEMPT_FENCED;
		slot_settle_checkpoint(s);
		step_log_end(&s->log);
	}
	attempt_destroy(s->attempt);
	step_log_finish(&s->log);
	folder_finish(&s->folder);
	free(s);
}

bool slot_is_idle(const struct slot *s)
{
	return s->state == SLOT_IDLE;
}

struct attempt *slot_attempt(const struct slot *s)
{
	return s->attempt;
}

const char *slot_profile(const struct slot *s)
{
	return s->spawner ? spawner_profile(s->spawner) : "";
}

void slot_give(struct slot *s, struct attempt *a)
{
	s->attempt = a;
	s->checkpoint = CHECKPOINT_HERE;
	slot_apply(s, SLOT_EVENT_GRANT);
}

void slot_allow(struct slot *s)
{
	if (s->state == SLOT_WAITING_START)
		slot_apply(s, s->attempt->is_failed ? SLOT_EVENT_FAILED : SLOT_EVENT_GO);
}

void slot_cancel(struct slot *s)
{
	if (s->attempt->stop != ATTEMPT_GO_ON)
		return;
	s->attempt->stop = ATTEMPT_CANCELLED;
	if (s->state == SLOT_WAITING_START)
		attempt_cancelled(s->attempt);
	slot_apply(s, SLOT_EVENT_CANCEL);
}

void slot_fence(struct slot *s)
{
	if (s->attempt->stop == ATTEMPT_FENCED)
		return;
	s->attempt->stop = ATTEMPT_FENCED;
	slot_apply(s, SLOT_EVENT_FENCED);
}

void slot_renew(struct slot *s)
{
	if (s->spawner && spawner_is_busy(s->spawner) && s->attempt->stop != ATTEMPT_FENCED)
		spawner_lease(s->spawner, lease_soft_ms(&s->agent->lease),
			      lease_hard_ms(&s->agent->lease), NULL);
}

void slot_resume(struct slot *s)
{
	if (s->attempt && s->attempt->is_start_told)
		agent_say(s->agent, FRAME_WORKER_STEP_START, &s->attempt->grant.lease);
}

int64_t slot_next_ms(const struct slot *s)
{
	return s->tick_ms;
}

/* Looks after what runs; in between two looks at a deployment only the time counts. */
void slot_tick(struct slot *s)
{
	const struct wire_lease *lease = &s->attempt->grant.lease;

	step_log_look(&s->log);
	slot_keep_checkpoint(s);
	if (s->agent->link.is_up)
		live_read(&s->live, s->folder.workspace, lease, link_out(&s->agent->link));
	s->tick_ms = s->agent->now_ms + LOOK_MS;
	if (s->state == SLOT_VERIFYING)
		slot_verify_again(s);
}
