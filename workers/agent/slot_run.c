/* SPDX-License-Identifier: Apache-2.0 */
/* slot_run.c - a slot's spawner and its hand: what is given to them, what they tell */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/hand.h"
#include "workers/agent/slot_priv.h"
#include "workers/process/spawner.h"

enum {
	FIRST_LOOK_MS = 100, /* after the start: steps shorter than that cost no look */
	/* Processes and threads of one step: far more than a training with many loaders
	 * has, and few enough that the machine survives them. */
	STEP_PIDS_MAX = 8192,
};

/* ── the spawner ──────────────────────────────────────────────────────── */

void slot_forget_spawner(struct slot *s)
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
		slot_forget_spawner(s);
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

static const char *cwd_of(const struct slot *s, struct arena *arena)
{
	const char *workdir = s->attempt->grant.workdir;
	const char *work = s->folder.paths[FOLDER_WORK];

	return str_eq(workdir, ".") ? work : arena_printf(arena, "%s/%s", work, workdir);
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
		slot_forget_spawner(s);
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
		slot_forget_spawner(s);
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
