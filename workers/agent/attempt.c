/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c - one granted attempt: what was granted, what became of it, its report */
#include "workers/agent/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "workers/process/spawner.h"
#include "workers/wire/frame.h"

enum { EXIT_RETRY = 75, EXIT_SKIPPED = 77, MESSAGE_SIZE = 1024 };

static int check_paths(const struct wire_grant *g, struct err *err)
{
	if (!path_is_inside(g->log))
		return err_set(err, ERR_INVALID, "a grant's log is outside: %s", g->log);
	if (!path_is_inside(g->checkpoint) || strchr(g->checkpoint, '/'))
		return err_set(err, ERR_INVALID, "a grant's checkpoint is outside: %s",
			       g->checkpoint);
	if (!str_eq(g->workdir, ".") && !path_is_inside(g->workdir))
		return err_set(err, ERR_INVALID, "a grant's workdir is outside: %s", g->workdir);
	return 0;
}

struct attempt *attempt_create(const struct frame *grant, struct err *err)
{
	struct attempt *a = mem_alloc(sizeof(*a));

	if (wire_grant_decode(grant->payload, grant->len, &a->arena, &a->grant, err) < 0 ||
	    check_paths(&a->grant, err) < 0) {
		attempt_destroy(a);
		return NULL;
	}
	a->result = (struct wire_complete){
		.lease = a->grant.lease,
		.outcome = OUTCOME_SUCCEEDED,
		.exit_code = -1,
		.message = "",
		.profile = "",
	};
	return a;
}

void attempt_destroy(struct attempt *a)
{
	if (!a)
		return;
	buf_finish(&a->report);
	arena_finish(&a->arena);
	free(a);
}

bool attempt_is(const struct attempt *a, const struct wire_lease *lease)
{
	return a->grant.lease.step_id == lease->step_id && a->grant.lease.fence == lease->fence;
}

void attempt_fail(struct attempt *a, enum outcome outcome, enum reason reason, const char *fmt, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	if (a->is_failed)
		return;
	va_start(ap, fmt);
	str_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->is_failed = true;
	a->result.outcome = outcome;
	a->result.reason = reason;
	a->result.message = arena_strdup(&a->arena, text);
}

void attempt_cancelled(struct attempt *a)
{
	attempt_fail(a, OUTCOME_CANCELLED, REASON_RUN_CANCELLED, "cancelled");
}

void attempt_add(struct attempt *a, const char *fmt, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	str_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->result.message = arena_printf(&a->arena, "%s%s", a->result.message, text);
}

static void judge_exit(struct attempt *a, int exit_code)
{
	switch (exit_code) {
	case 0:
		break;
	case EXIT_RETRY:
		attempt_fail(a, OUTCOME_RETRY, REASON_EXIT_CODE,
			     "exited with 75: asks for a retry");
		break;
	case EXIT_SKIPPED:
		attempt_fail(a, OUTCOME_SKIPPED, REASON_SELF_SKIPPED, "exited with 77: skipped");
		break;
	default:
		attempt_fail(a, OUTCOME_FAILED, REASON_EXIT_CODE, "exited with %d", exit_code);
		break;
	}
}

static void judge_limits(struct attempt *a, const struct spawner_event *e)
{
	struct buf limit = BUF_INIT;

	if (e->cause == SPAWNER_CAUSE_TIMED_OUT) {
		str_format_duration(&limit, a->grant.limits.timeout_ms);
		attempt_fail(a, OUTCOME_TIMED_OUT, REASON_TIMEOUT,
			     "ran longer than its timeout of %s", buf_str(&limit));
	} else if (a->grant.limits.memory_bytes) {
		str_format_size(&limit, a->grant.limits.memory_bytes);
		attempt_fail(a, OUTCOME_FAILED, REASON_OOM_KILLED,
			     "used more memory than its limit of %s", buf_str(&limit));
	} else {
		attempt_fail(a, OUTCOME_FAILED, REASON_OOM_KILLED,
			     "killed, as the machine had no memory left");
	}
	buf_finish(&limit);
}

static void judge_command(struct attempt *a, const struct spawner_event *e)
{
	const char *name;

	switch (e->cause) {
	case SPAWNER_CAUSE_NONE:
	case SPAWNER_CAUSE_COUNT:
	case SPAWNER_CAUSE_EXITED:
		judge_exit(a, e->exit_code);
		break;
	case SPAWNER_CAUSE_SIGNALLED:
		name = sigabbrev_np(e->signal);
		attempt_fail(a, OUTCOME_FAILED, REASON_SIGNAL, "killed by signal %d (SIG%s)",
			     e->signal, name ? name : "?");
		break;
	case SPAWNER_CAUSE_TIMED_OUT:
	case SPAWNER_CAUSE_OOM_KILLED:
		judge_limits(a, e);
		break;
	case SPAWNER_CAUSE_NOT_STARTED:
		attempt_fail(a, OUTCOME_FAILED, REASON_NOT_STARTED, "%s", e->text);
		break;
	case SPAWNER_CAUSE_CANCELLED:
		attempt_cancelled(a);
		break;
	case SPAWNER_CAUSE_FENCED:
		a->stop = ATTEMPT_FENCED;
		break;
	case SPAWNER_CAUSE_SPAWNER_DIED:
		attempt_fail(a, OUTCOME_FAILED, REASON_WORKER_LOST, "%s", e->text);
		break;
	}
}

void attempt_command_ended(struct attempt *a, const struct spawner_event *e, const char *profile)
{
	struct wire_complete *r = &a->result;

	r->exit_code = e->exit_code;
	r->signal = e->signal;
	r->started_at = e->started_wall_ms;
	r->finished_at = e->finished_wall_ms;
	r->run_us = clock_mono_us() - a->launched_us;
	r->cpu_user_us = e->cpu_user_us;
	r->cpu_system_us = e->cpu_system_us;
	r->peak_memory_bytes = e->peak_bytes;
	r->profile = arena_strdup(&a->arena, profile); /* the spawner may die before the report */
	judge_command(a, e);
}

bool attempt_vanished(struct attempt *a)
{
	if (a->result.output_count == 0)
		return false;
	a->result.output_count = 0;
	buf_clear(&a->report);
	attempt_fail(a, OUTCOME_FAILED, REASON_OUTPUT,
		     "an output vanished from the store before it was recorded");
	return true;
}

void attempt_report(struct attempt *a)
{
	size_t mark;

	if (a->result.finished_at == 0)
		a->result.started_at = a->result.finished_at = clock_wall_ms();
	mark = frame_begin(&a->report, FRAME_WORKER_STEP_COMPLETE);
	wire_complete_encode(&a->result, &a->report);
	frame_end(&a->report, mark);
}

void attempt_list_init(struct attempt_list *l)
{
	*l = (struct attempt_list){ .end = &l->first };
}

void attempt_list_add(struct attempt_list *l, struct attempt *a)
{
	a->next = NULL;
	*l->end = a;
	l->end = &a->next;
	l->count++;
}

void attempt_list_remove(struct attempt_list *l, struct attempt *a)
{
	struct attempt **at = &l->first;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	if (l->end == &a->next)
		l->end = at;
	l->count--;
}

struct attempt *attempt_list_take(struct attempt_list *l)
{
	struct attempt *a = l->first;

	if (a)
		attempt_list_remove(l, a);
	return a;
}

struct attempt *attempt_list_find(const struct attempt_list *l, const struct wire_lease *lease)
{
	struct attempt *a = l->first;

	while (a && !attempt_is(a, lease))
		a = a->next;
	return a;
}

void attempt_list_destroy_all(struct attempt_list *l)
{
	struct attempt *a;

	while ((a = attempt_list_take(l)))
		attempt_destroy(a);
}
