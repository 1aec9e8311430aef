/* SPDX-License-Identifier: Apache-2.0 */
/* slot.c - one slot: what comes from the scheduler, its spawner and its hand becomes
 * events of slot_state.c, whose actions are carried out here and in slot_*.c
 */
#include "workers/agent/slot.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/hand.h"
#include "workers/agent/slot_priv.h"
#include "workers/process/spawner.h"

enum { LOOK_MS = 250 };

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
	slot_forget_spawner(s); /* ends what runs */
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

void slot_kill(struct slot *s)
{
	slot_cancel(s);
	/* Half undone is worse than undone. */
	if (s->spawner && spawner_is_busy(s->spawner) && s->state != SLOT_ROLLING_BACK)
		spawner_cancel_now(s->spawner, NULL);
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
