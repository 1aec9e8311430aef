/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - the spawner's loop: requests, deadlines and exits become events of
 * guard_state.c, and its actions are carried out here
 *
 * It knows one step at a time. Idle it sleeps in recvmsg(); with a step it polls
 * the socket, a signalfd for SIGCHLD (orphans are reaped while the step runs) and
 * the lease timer. README.md counts the system calls of one step.
 */
#include "workers/process/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/process/guard_state.h"
#include "workers/process/isolate.h"
#include "workers/process/launch.h"
#include "workers/process/lease_timer.h"
#include "workers/process/limits.h"
#include "workers/process/message.h"
#include "workers/process/tree.h"

/* A step over by then is reported once, as exited. */
enum { ANNOUNCE_AFTER_US = 20 * 1000 };

struct guard {
	const struct isolate *isolate;
	int socket;
	int children; /* signalfd of SIGCHLD */
	struct lease_timer lease;
	struct limits limits;
	void *stack; /* of the child until it execs */

	enum guard_state state;
	pid_t pid;
	int status; /* of pid, once it was reaped */
	struct tree_usage usage;
	struct spawner_event event; /* what will be reported */
	int64_t announce_at_us;     /* clock_mono_us(); 0: not to come */
	int64_t timeout_at_us;
	int64_t kill_at_us;

	/* the request that started the step */
	struct request request;
	char *strings; /* SPAWNER_STRINGS_LIMIT */
	size_t strings_len;
	char **words; /* argv, NULL, envp, NULL */
	size_t words_cap;
	int log_fd;
};

static void apply(struct guard *g, enum guard_event event);

static void report(struct guard *g, enum spawner_event_type type)
{
	struct report r = { .type = REPORT_EVENT, .event = g->event };

	r.event.type = type;
	while (send(g->socket, &r, sizeof(r), MSG_NOSIGNAL) < 0 && errno == EINTR)
		; /* a worker that is gone shows when we read */
}

static void set_text(struct spawner_event *e, const struct err *err)
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

static int launch(struct guard *g, struct err *err)
{
	const struct request *r = &g->request;
	struct launch l = {
		.log_fd = g->log_fd,
		.open_files = r->open_files,
		.die_with_spawner = g->isolate->kind == ISOLATE_SUBREAPER,
		.reset_oom_score = g->isolate->oom_protected,
	};
	int code;

	if (!limits_has(&g->limits, CONTROLLER_MEMORY))
		l.data_bytes = r->limits[CONTROLLER_MEMORY];
	if (cut_words(g, &l) < 0 || g->log_fd < 0)
		return err_set(err, ERR_PROTOCOL, "a start request is damaged");
	if ((code = limits_begin(&g->limits, r->limits, err)) < 0)
		return code;
	g->pid = launch_run(&l, g->stack, &g->event.error, err);
	return g->pid < 0 ? g->pid : 0;
}

static void do_launch(struct guard *g)
{
	struct err err = ERR_INIT;
	int64_t now_us = clock_mono_us();
	int code;

	g->usage = (struct tree_usage){ 0 };
	g->event = (struct spawner_event){ .exit_code = -1, .started_wall_ms = clock_wall_ms() };
	code = launch(g, &err);
	fs_close(&g->log_fd);
	if (code < 0) {
		set_text(&g->event, &err);
		apply(g, GUARD_START_FAILED);
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
	tree_end(g->isolate->kind != ISOLATE_SUBREAPER, &g->limits, &g->usage);
}

static void do_finish(struct guard *g)
{
	g->event.finished_wall_ms = clock_wall_ms();
	if (g->event.cause != SPAWNER_CAUSE_NOT_STARTED) {
		end_tree(g);
		gather(g);
	}
	report(g, SPAWNER_EXITED);
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

static void apply(struct guard *g, enum guard_event event)
{
	static void (*const actions[GUARD_ACTION_COUNT])(struct guard *) = {
		[GUARD_NOP] = do_nothing,
		[GUARD_DO_LAUNCH] = do_launch,
		[GUARD_DO_TERMINATE] = do_terminate,
		[GUARD_DO_KILL] = do_kill,
		[GUARD_DO_FINISH] = do_finish,
		[GUARD_DO_QUIT] = do_quit,
	};
	struct guard_move m = guard_move(g->state, event);

	if (m.action == GUARD_BUG)
		log_error("a spawner cannot have the event %s when %s", guard_event_name(event),
			  guard_state_name(g->state));
	BUG_ON(m.action == GUARD_BUG);
	if (m.cause != SPAWNER_CAUSE_NONE && g->event.cause == SPAWNER_CAUSE_NONE)
		g->event.cause = m.cause;
	g->state = m.next;
	actions[m.action](g);
}

/* A START's strings are kept until the next; other requests have none. */
static void receive(struct guard *g)
{
	struct request r;
	size_t len;
	int fd, got;

	got = message_receive_request(g->socket, &r, g->strings, SPAWNER_STRINGS_LIMIT, &len, &fd);
	BUG_ON(got < 0);
	if (got == 0) {
		apply(g, GUARD_AGENT_GONE);
		return;
	}
	switch (r.type) {
	case REQUEST_START:
		g->request = r;
		g->strings_len = len;
		g->log_fd = fd;
		apply(g, GUARD_START);
		break;
	case REQUEST_CANCEL:
		apply(g, GUARD_CANCEL);
		break;
	case REQUEST_LEASE:
		if (g->state != GUARD_IDLE)
			lease_timer_set(&g->lease, r.lease_soft_ms, r.lease_hard_ms);
		break;
	}
}

/* Reaps whoever ended: orphans on the way, until it is the command itself. */
static void reap(struct guard *g)
{
	struct signalfd_siginfo drained[8];
	int status;
	pid_t pid;

	(void)!read(g->children, drained, sizeof(drained));
	while ((pid = tree_reap(&g->usage, &status)) > 0) {
		if (pid != g->pid)
			continue;
		g->status = status;
		apply(g, GUARD_CHILD_EXIT);
		return;
	}
}

static void check_lease(struct guard *g)
{
	switch (lease_timer_due(&g->lease)) {
	case LEASE_DUE_SOFT:
		apply(g, GUARD_LEASE_SOFT);
		break;
	case LEASE_DUE_HARD:
		apply(g, GUARD_LEASE_HARD);
		break;
	case LEASE_DUE_NONE:
		break;
	}
}

static void check_deadlines(struct guard *g)
{
	int64_t now_us = clock_mono_us();

	if (g->announce_at_us && now_us >= g->announce_at_us) {
		g->announce_at_us = 0;
		report(g, SPAWNER_STARTED);
	}
	if (g->timeout_at_us && now_us >= g->timeout_at_us) {
		g->timeout_at_us = 0;
		apply(g, GUARD_TIMEOUT);
	}
	if (g->kill_at_us && now_us >= g->kill_at_us) {
		g->kill_at_us = 0;
		apply(g, GUARD_GRACE_OVER);
	}
}

/* Until the next deadline, rounded up; -1 if there is none. */
static int wait_ms(const struct guard *g)
{
	const int64_t deadlines[] = { g->announce_at_us, g->timeout_at_us, g->kill_at_us };
	int64_t next_us = 0, left_ms;

	for (size_t i = 0; i < countof(deadlines); i++) {
		if (deadlines[i] && (next_us == 0 || deadlines[i] < next_us))
			next_us = deadlines[i];
	}
	if (next_us == 0)
		return -1;
	left_ms = (next_us - clock_mono_us() + 999) / 1000;
	return left_ms < 0 ? 0 : left_ms > 3600 * 1000 ? 3600 * 1000 : (int)left_ms;
}

/* One turn with a step. Its exit goes first: a cancel that arrives with it is
 * then one without a step. */
static void turn(struct guard *g)
{
	struct pollfd fds[] = {
		{ .fd = g->children, .events = POLLIN },
		{ .fd = g->socket, .events = POLLIN },
		{ .fd = g->lease.fd, .events = POLLIN },
	};

	if (poll(fds, countof(fds), wait_ms(g)) < 0) {
		BUG_ON(errno != EINTR);
		return;
	}
	if (fds[0].revents)
		reap(g);
	if (g->state != GUARD_IDLE && fds[1].revents)
		receive(g);
	if (g->state != GUARD_IDLE && fds[2].revents)
		check_lease(g);
	if (g->state != GUARD_IDLE)
		check_deadlines(g);
}

static int prepare(struct guard *g, struct err *err)
{
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	g->children = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (g->children < 0)
		return err_errno(err, errno, "the spawner's signals");
	if (lease_timer_init(&g->lease) < 0)
		return err_errno(err, errno, "the spawner's lease timer");
	g->stack = launch_stack();
	if (!g->stack)
		return err_errno(err, errno, "the spawner's stack");
	g->strings = mem_alloc(SPAWNER_STRINGS_LIMIT);
	return 0;
}

/* A group that cannot be joined is one that there is not. */
static unsigned join_group(struct guard *g, const struct cgroup *group)
{
	static const struct cgroup no_group = { 0 };
	const struct cgroup *joined = cgroup_join(group) == 0 ? group : &no_group;

	limits_init(&g->limits, joined);
	return cgroup_profile(joined);
}

static int become_ready(struct guard *g, struct isolate *isolate, int socket, unsigned allow,
			const struct cgroup *group, struct report *ret)
{
	struct err err = ERR_INIT;
	int r = isolate_enter(isolate, socket, allow, &ret->profile, &err);

	g->socket = r < 0 ? socket : ISOLATE_SOCKET;
	if (r >= 0) {
		ret->profile |= join_group(g, group);
		r = isolate_seal(isolate, limits_has(&g->limits, CONTROLLER_MEMORY), &err);
	}
	if (r >= 0)
		r = prepare(g, &err);
	if (r < 0) {
		ret->type = REPORT_UNFIT;
		set_text(&ret->event, &err);
	}
	return r;
}

_Noreturn void guard_main(struct isolate *isolate, int socket, unsigned allow, const struct cgroup *group)
{
	struct guard g = { .isolate = isolate, .log_fd = -1 };
	struct report ready = { .type = REPORT_READY };
	int r = become_ready(&g, isolate, socket, allow, group, &ready);

	(void)!send(g.socket, &ready, sizeof(ready), MSG_NOSIGNAL);
	if (r < 0)
		_exit(1);
	for (;;) {
		if (g.state == GUARD_IDLE)
			receive(&g);
		else
			turn(&g);
	}
}
