/* SPDX-License-Identifier: Apache-2.0 */
/* guard_step.c - the actions on a step: launch, terminate, kill, finish */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "workers/process/guard_priv.h"
#include "workers/process/launch.h"

/* A step over by then is reported once, as exited. */
enum { ANNOUNCE_AFTER_US = 20 * 1000 };

void guard_report(struct guard *g, enum spawner_event_type type)
{
	struct guard_report r = {
		.type = GUARD_REPORT_EVENT,
		.oom_kills = g->limits.oom_kills,
		.event = g->event,
	};

	r.event.type = type;
	while (send(g->socket, &r, sizeof(r), MSG_NOSIGNAL) < 0 && errno == EINTR)
		; /* a worker that is gone shows when we read */
}

void guard_set_text(struct spawner_event *e, const struct err *err)
{
	snprintf(e->text, sizeof(e->text), "%.*s", (int)sizeof(e->text) - 1, err->text);
}

/* Cuts the strings of a START into argv and envp; the folder is the last. */
static int cut_words(struct guard *g, struct launch *l)
{
	size_t argc = g->request.argc, envc = g->request.envc, i = 0;
	char *at = g->strings, *end = g->strings + g->strings_len;

	g->words = mem_grow(g->words, &g->words_cap, argc + envc + 2, sizeof(*g->words));
	for (; i < argc + envc && at < end; i++) {
		g->words[i < argc ? i : i + 1] = at;
		at += strnlen(at, (size_t)(end - at)) + 1;
	}
	if (i < argc + envc || at >= end || end[-1] != '\0')
		return -EPROTO;
	g->words[argc] = NULL;
	g->words[argc + 1 + envc] = NULL;
	l->argv = g->words;
	l->envp = g->words + argc + 1;
	l->cwd = at;
	return 0;
}

/* The spawner lives in the step's group and must be the last that the kernel
 * picks there: it has lowered its own score, which the step must not inherit, or
 * may not, and then the step's is raised. Without a limit there is no contest. */
static const char *oom_score(const struct guard *g)
{
	if (g->isolate->oom_protected)
		return "0";
	return g->limits.in_force[CONTROLLER_MEMORY] ? "1000" : NULL;
}

static int launch(struct guard *g, struct err *err)
{
	const struct guard_request *r = &g->request;
	struct launch l = {
		.log_fd = g->log_fd,
		.open_files = r->open_files,
		.die_with_spawner = g->isolate->kind == ISOLATE_SUBREAPER,
	};
	int code;

	if (!limits_has(&g->limits, CONTROLLER_MEMORY))
		l.data_bytes = r->limits[CONTROLLER_MEMORY];
	if (cut_words(g, &l) < 0 || g->log_fd < 0)
		return err_set(err, ERR_PROTOCOL, "a start request is damaged");
	if ((code = limits_begin(&g->limits, r->limits, err)) < 0)
		return code;
	l.oom_score = oom_score(g);
	g->pid = launch_run(&l, g->stack, &g->event.error, err);
	return g->pid < 0 ? g->pid : 0;
}

static void do_launch(struct guard *g)
{
	struct err err = ERR_INIT;
	int64_t now_us = clock_mono_us();
	int code;

	g->usage = (struct reaper_usage){ 0 };
	g->event = (struct spawner_event){ .exit_code = -1, .started_wall_ms = clock_wall_ms() };
	code = launch(g, &err);
	fs_close(&g->log_fd);
	if (code < 0) {
		guard_set_text(&g->event, &err);
		guard_apply(g, GUARD_START_FAILED);
		return;
	}
	g->event.pid = g->pid;
	g->announce_at_us = now_us + ANNOUNCE_AFTER_US;
	g->timeout_at_us = g->request.timeout_ms > 0 ? now_us + g->request.timeout_ms * 1000 : 0;
	g->kill_at_us = 0;
	lease_timer_set(&g->lease, g->request.lease_soft_ms, g->request.lease_hard_ms);
}

/* A stopped process takes its TERM only when it goes on. */
static void do_terminate(struct guard *g)
{
	kill(-g->pid, SIGTERM);
	kill(-g->pid, SIGCONT);
	g->kill_at_us = clock_mono_us() + g->request.grace_ms * 1000;
}

static void do_kill(struct guard *g)
{
	if (g->isolate->kind == ISOLATE_SUBREAPER)
		kill(-g->pid, SIGKILL); /* the rest when this one is gone */
	else
		kill(-1, SIGKILL);
}

/* How the command ended, if nothing of ours ended it. */
static enum spawner_cause natural_cause(struct guard *g)
{
	if (g->status != 0 && limits_oom_killed(&g->limits))
		return SPAWNER_CAUSE_OOM_KILLED;
	return WIFSIGNALED(g->status) ? SPAWNER_CAUSE_SIGNALLED : SPAWNER_CAUSE_EXITED;
}

static void gather(struct guard *g)
{
	struct spawner_event *e = &g->event;
	uint64_t group_peak_bytes = limits_peak_bytes(&g->limits);

	if (WIFEXITED(g->status))
		e->exit_code = WEXITSTATUS(g->status);
	else
		e->signal = WTERMSIG(g->status);
	if (e->cause == SPAWNER_CAUSE_NONE)
		e->cause = natural_cause(g);
	e->cpu_user_us = g->usage.user_us;
	e->cpu_system_us = g->usage.system_us;
	e->peak_bytes = g->usage.peak_bytes;
	if (group_peak_bytes > e->peak_bytes)
		e->peak_bytes = group_peak_bytes;
}

static void end_tree(struct guard *g)
{
	reaper_end_all(g->isolate->kind != ISOLATE_SUBREAPER, &g->limits, &g->usage);
}

static void do_finish(struct guard *g)
{
	g->event.finished_wall_ms = clock_wall_ms();
	if (g->event.cause != SPAWNER_CAUSE_NOT_STARTED) {
		end_tree(g);
		gather(g);
	}
	guard_report(g, SPAWNER_EXITED);
}

static void do_quit(struct guard *g)
{
	end_tree(g);
	_exit(0);
}

static void do_nothing(struct guard *g)
{
	(void)g;
}

void guard_act(struct guard *g, enum guard_action action)
{
	static void (*const actions[GUARD_ACTION_COUNT])(struct guard *) = {
		[GUARD_NOP] = do_nothing,
		[GUARD_DO_LAUNCH] = do_launch,
		[GUARD_DO_TERMINATE] = do_terminate,
		[GUARD_DO_KILL] = do_kill,
		[GUARD_DO_FINISH] = do_finish,
		[GUARD_DO_QUIT] = do_quit,
	};

	actions[action](g);
}
