/* SPDX-License-Identifier: Apache-2.0 */
/* slot_files.c - folder, files and outputs of a slot's attempt
 *
 * What takes long is done by the slot's hand, so that heartbeats go on: sources,
 * inputs, outputs, the removal of what an attempt left. A step that has none of
 * these goes through here without a thread and, with a folder that the one before
 * left untouched, without making one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/hand.h"
#include "workers/agent/slot_priv.h"
#include "workers/workspace/workspace.h"

static enum reason reason_of(int code, enum reason usual)
{
	return code == ERR_NO_SPACE ? REASON_DISK_FULL : usual;
}

/* ── before the command ───────────────────────────────────────────────── */

static enum reason fill_reason(int code)
{
	bool is_input = code == ERR_NOT_FOUND || code == ERR_DAMAGED || code == ERR_EXISTS;

	return is_input ? REASON_INPUT : reason_of(code, REASON_WORKSPACE);
}

static void fill(void *slot)
{
	struct slot *s = slot;
	struct err err = ERR_INIT;
	int rc = workspace_fill(s->folder.workspace, &s->attempt->grant, &err);

	if (rc < 0)
		attempt_fail(s->attempt, OUTCOME_FAILED, fill_reason(rc), "%s", err.text);
}

static bool has_little_to_fill(const struct wire_grant *g)
{
	return !g->has_sources && g->input_count == 0;
}

static void prepared(struct slot *s)
{
	struct attempt *a = s->attempt;

	if (a->stop == ATTEMPT_CANCELLED)
		attempt_cancelled(a);
	if (a->stop != ATTEMPT_GO_ON)
		slot_apply(s, SLOT_EVENT_FAILED);
	else if (a->grant.strict)
		slot_apply(s, SLOT_EVENT_ASK); /* what failed, too: only what started can be completed */
	else
		slot_apply(s, a->is_failed ? SLOT_EVENT_FAILED : SLOT_EVENT_READY);
}

void slot_prepare(struct slot *s)
{
	struct attempt *a = s->attempt;
	struct err err = ERR_INIT;
	int rc = folder_make(&s->folder, &err);

	live_begin(&s->live);
	if (rc == 0)
		rc = step_log_begin(&s->log, a->grant.log, a->grant.limits.log_bytes, &err);
	if (rc == 0 && !has_little_to_fill(&a->grant)) {
		rc = slot_give_hand(s, fill, &err);
		if (rc == 0)
			return;
	}
	if (rc < 0)
		attempt_fail(a, OUTCOME_FAILED, reason_of(rc, REASON_WORKSPACE), "%s", err.text);
	else
		fill(s);
	prepared(s);
}

/* ── after it ─────────────────────────────────────────────────────────── */

static void collect(void *slot)
{
	struct slot *s = slot;
	struct attempt *a = s->attempt;
	struct wire_complete *r = &a->result;
	struct err err = ERR_INIT;
	int rc = workspace_read_metrics(s->folder.workspace, &a->grant, &a->arena, &r->metrics,
					&r->metric_count, &err);

	if (rc < 0)
		attempt_fail(a, OUTCOME_FAILED, reason_of(rc, REASON_METRICS), "%s", err.text);
	if (a->is_failed || a->grant.output_count == 0)
		return;
	rc = workspace_collect(s->folder.workspace, &a->grant, &a->arena, &r->outputs, &err);
	if (rc < 0)
		attempt_fail(a, OUTCOME_FAILED, reason_of(rc, REASON_OUTPUT), "%s", err.text);
	else
		r->output_count = a->grant.output_count;
}

void slot_collect(struct slot *s)
{
	const struct wire_grant *g = &s->attempt->grant;
	struct err err = ERR_INIT;

	if (g->output_count || g->metrics) {
		if (slot_give_hand(s, collect, &err) == 0)
			return;
		attempt_fail(s->attempt, OUTCOME_FAILED, REASON_OUTPUT, "%s", err.text);
	}
	slot_apply(s, SLOT_EVENT_COLLECTED);
}

static void clean(void *slot)
{
	struct slot *s = slot;
	struct err err = ERR_INIT;

	if (folder_remove(&s->folder, &err) < 0 || folder_make(&s->folder, &err) < 0)
		log_error("slot %u: %s", s->number, err.text); /* and the next attempt fails so */
}

void slot_clean(struct slot *s)
{
	if (s->folder.workspace && !folder_is_untouched(&s->folder)) {
		if (slot_give_hand(s, clean, NULL) == 0)
			return;
		clean(s);
	}
	slot_apply(s, SLOT_EVENT_CLEANED);
}

void slot_files_done(struct slot *s)
{
	if (s->state == SLOT_PREPARING)
		prepared(s);
	else
		slot_apply(s, s->state == SLOT_COLLECTING ? SLOT_EVENT_COLLECTED
							  : SLOT_EVENT_CLEANED);
}

/* ── the checkpoint ───────────────────────────────────────────────────── */

/* A later attempt works in the folder that earlier ones left; a first one in one
 * that the slot has anyway, so that steps without checkpoints cost none. Steps
 * that use theirs get it moved to its place while they run. */
static const char *checkpoint_path(struct slot *s)
{
	struct attempt *a = s->attempt;

	if (a->grant.attempt <= 1)
		return s->folder.paths[FOLDER_CHECKPOINT];
	if (mkdirat(s->agent->checkpoints_fd, a->grant.checkpoint, 0755) < 0 && errno != EEXIST)
		log_error("checkpoint %s: %s", a->grant.checkpoint, strerror(errno));
	s->checkpoint = CHECKPOINT_KEPT;
	return arena_printf(&a->arena, "%s/checkpoints/%s", s->agent->home, a->grant.checkpoint);
}

/* A link to where the folder shall be takes the name there; then folder and link
 * change places, at once: the step's path leads to its folder all the time. */
void slot_keep_checkpoint(struct slot *s)
{
	const char *name = s->attempt->grant.checkpoint;
	int there = s->agent->checkpoints_fd;
	const char *path;

	if (s->checkpoint != CHECKPOINT_HERE || !folder_is_used(&s->folder, FOLDER_CHECKPOINT))
		return;
	path = arena_printf(&s->attempt->arena, "%s/checkpoints/%s", s->agent->home, name);
	if (symlinkat(path, there, name) == 0) {
		if (renameat2(s->folder.fds[FOLDER_SELF], "checkpoint", there, name,
			      RENAME_EXCHANGE) == 0) {
			s->checkpoint = CHECKPOINT_KEPT;
			return;
		}
		unlinkat(there, name, 0);
	}
	log_warn("checkpoint %s is kept only when the step ends: %s", name, strerror(errno));
	s->checkpoint = CHECKPOINT_STUCK;
}

static bool may_be_tried_again(const struct attempt *a)
{
	switch (a->result.outcome) {
	case OUTCOME_FAILED:
	case OUTCOME_RETRY:
	case OUTCOME_TIMED_OUT:
		return true;
	case OUTCOME_SUCCEEDED:
	case OUTCOME_SKIPPED:
	case OUTCOME_CANCELLED:
	case OUTCOME_COUNT:
		break;
	}
	return a->stop == ATTEMPT_FENCED;
}

void slot_settle_checkpoint(struct slot *s)
{
	const char *name = s->attempt->grant.checkpoint;
	struct err err = ERR_INIT;

	if (!s->folder.workspace)
		return;
	if (may_be_tried_again(s->attempt)) {
		if (s->checkpoint != CHECKPOINT_KEPT &&
		    folder_is_used(&s->folder, FOLDER_CHECKPOINT) &&
		    renameat(s->folder.fds[FOLDER_SELF], "checkpoint", s->agent->checkpoints_fd,
			     name) < 0)
			log_error("checkpoint %s: %s", name, strerror(errno));
	} else if (s->checkpoint == CHECKPOINT_KEPT &&
		   fs_remove_tree(s->agent->checkpoints_fd, name, &err) < 0) {
		log_error("%s", err.text);
	}
}

void slot_set_environ(struct slot *s)
{
	const struct environ_places places = {
		.tmp = s->folder.paths[FOLDER_TMP],
		.workspace = s->folder.paths[FOLDER_WORK],
		.metrics = workspace_metrics_path(s->folder.workspace),
		.checkpoint = checkpoint_path(s),
		.params = workspace_params_path(s->folder.workspace),
	};

	s->environ = environ_of_step(&s->agent->environ, &s->attempt->grant, &places,
				     &s->attempt->arena);
}
