/* SPDX-License-Identifier: Apache-2.0 */
/* slot_deploy.c - what follows the command of a deployment: looking whether it is
 * well, again and again until it is or the time is up; undoing it
 */
#include "base/err.h"
#include "base/buf.h"
#include "base/str.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/http.h"
#include "workers/agent/slot_priv.h"
#include "workers/process/spawner.h"

enum { PAUSE_MS = 500, LOOK_TIMEOUT_MS = 5000 };

static bool has_verify(const struct wire_deploy *d)
{
	return d->verify_http || d->verify_run.count > 0;
}

/* What asked for another try or to be skipped has changed nothing. */
static bool is_to_be_undone(const struct attempt *a)
{
	enum outcome o = a->result.outcome;

	return a->grant.deploy.rollback.count > 0 &&
	       (o == OUTCOME_FAILED || o == OUTCOME_TIMED_OUT || o == OUTCOME_CANCELLED);
}

enum slot_event slot_judge(const struct slot *s)
{
	const struct attempt *a = s->attempt;

	if (a->stop == ATTEMPT_FENCED)
		return SLOT_EVENT_FAILED; /* another attempt may be at it: not ours to undo */
	if (a->is_failed)
		return is_to_be_undone(a) ? SLOT_EVENT_REVERT : SLOT_EVENT_FAILED;
	return has_verify(&a->grant.deploy) ? SLOT_EVENT_UNVERIFIED : SLOT_EVENT_WORKED;
}

/* "exited with 1", "killed by signal 9", "timed_out" */
static void describe(const struct spawner_event *e, struct buf *out)
{
	if (e->cause == SPAWNER_CAUSE_EXITED)
		buf_printf(out, "exited with %d", e->exit_code);
	else if (e->cause == SPAWNER_CAUSE_SIGNALLED)
		buf_printf(out, "killed by signal %d", e->signal);
	else
		buf_str_append(out, *e->text ? e->text : spawner_cause_name(e->cause));
}

/* ── looking ──────────────────────────────────────────────────────────── */

static void give_up(struct slot *s, const char *why)
{
	struct buf within = BUF_INIT;

	str_format_duration(&within, s->attempt->grant.deploy.verify_within_ms);
	attempt_fail(s->attempt, OUTCOME_FAILED, REASON_VERIFY, "not verified within %s: %s",
		     buf_str(&within), why);
	buf_finish(&within);
}

static void looked(struct slot *s, bool is_well, const char *why)
{
	struct attempt *a = s->attempt;
	struct verify *v = &s->verify;

	v->is_looking = false;
	v->next_ms = s->agent->now_ms + PAUSE_MS;
	s->tick_ms = v->next_ms;
	if (a->stop == ATTEMPT_CANCELLED)
		attempt_cancelled(a);
	else if (a->stop == ATTEMPT_GO_ON && !is_well && v->next_ms >= v->until_ms)
		give_up(s, why);
	if (a->stop == ATTEMPT_GO_ON && is_well)
		slot_apply(s, SLOT_EVENT_WORKED);
	else
		slot_apply(s, slot_judge(s));
}

static void ask_server(void *slot)
{
	struct slot *s = slot;
	const struct wire_deploy *d = &s->attempt->grant.deploy;

	s->verify.status = http_get(d->verify_http, LOOK_TIMEOUT_MS, &s->verify.err);
}

static void look(struct slot *s)
{
	const struct wire_deploy *d = &s->attempt->grant.deploy;
	struct err err = ERR_INIT;
	int rc;

	s->verify.is_looking = true;
	if (d->verify_http)
		rc = slot_give_hand(s, ask_server, &err);
	else
		rc = slot_launch(s, &d->verify_run, s->verify.until_ms - s->agent->now_ms, &err);
	if (rc < 0)
		looked(s, false, err.text);
}

void slot_verify(struct slot *s)
{
	s->verify.until_ms = s->agent->now_ms + s->attempt->grant.deploy.verify_within_ms;
	look(s);
}

/* Where no command runs, nobody but us sees that the lease is over. */
void slot_verify_again(struct slot *s)
{
	if (s->verify.is_looking || s->agent->now_ms < s->verify.next_ms)
		return;
	if (s->agent->now_ms >= lease_soft_ms(&s->agent->lease)) {
		s->attempt->stop = ATTEMPT_FENCED;
		slot_apply(s, SLOT_EVENT_FAILED);
		return;
	}
	look(s);
}

void slot_verify_answered(struct slot *s)
{
	const char *url = s->attempt->grant.deploy.verify_http;
	int status = s->verify.status;
	struct buf why = BUF_INIT;

	buf_printf(&why, "GET %s: ", url);
	if (status >= 0)
		buf_printf(&why, "%d", status);
	else
		buf_str_append(&why, s->verify.err.text);
	looked(s, status >= 200 && status < 300, buf_str(&why));
	buf_finish(&why);
}

void slot_verify_exited(struct slot *s, const struct spawner_event *e)
{
	struct buf why = BUF_INIT;

	describe(e, &why);
	looked(s, e->cause == SPAWNER_CAUSE_EXITED && e->exit_code == 0, buf_str(&why));
	buf_finish(&why);
}

/* A command is ended and heard of; an HTTP request ends by itself, soon. */
void slot_abandon(struct slot *s)
{
	if (!s->verify.is_looking)
		looked(s, false, "");
	else if (!s->spawner || !spawner_is_busy(s->spawner))
		return;
	else if (s->attempt->stop == ATTEMPT_FENCED)
		spawner_lease(s->spawner, 1, 1, NULL);
	else
		spawner_cancel(s->spawner, NULL);
}

/* ── undoing ──────────────────────────────────────────────────────────── */

void slot_roll_back(struct slot *s)
{
	const struct wire_grant *g = &s->attempt->grant;
	struct err err = ERR_INIT;

	step_log_say(&s->log, "%s; rolling back", s->attempt->result.message);
	if (slot_launch(s, &g->deploy.rollback, g->limits.timeout_ms, &err) == 0)
		return;
	attempt_add(s->attempt, "; not rolled back: %s", err.text);
	slot_apply(s, SLOT_EVENT_FAILED);
}

void slot_rolled_back(struct slot *s, const struct spawner_event *e)
{
	struct buf how = BUF_INIT;

	describe(e, &how);
	if (e->cause == SPAWNER_CAUSE_EXITED && e->exit_code == 0)
		attempt_add(s->attempt, "; rolled back");
	else
		attempt_add(s->attempt, "; the rollback failed: %s", buf_str(&how));
	buf_finish(&how);
	slot_apply(s, SLOT_EVENT_FAILED);
}
