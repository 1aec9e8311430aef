/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - the spawner's loop: requests, deadlines and exits become events of
 * guard_state.c, whose actions guard_step.c carries out
 *
 * It knows one step at a time. Idle it sleeps in recvmsg(); with a step it polls
 * the socket, a signalfd for SIGCHLD (orphans are reaped while the step runs) and
 * the lease timer. README.md counts the system calls of one step.
 */
#include "workers/process/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/process/guard_priv.h"
#include "workers/process/launch.h"

void guard_apply(struct guard *g, enum guard_event event)
{
	struct guard_move m = guard_move(g->state, event);

	if (m.action == GUARD_BUG)
		log_error("a spawner cannot have the event %s when %s", guard_event_name(event),
			  guard_state_name(g->state));
	BUG_ON(m.action == GUARD_BUG);
	if (m.cause != SPAWNER_CAUSE_NONE && g->event.cause == SPAWNER_CAUSE_NONE)
		g->event.cause = m.cause;
	g->state = m.next;
	guard_act(g, m.action);
}

/* A START's strings are kept until the next; other requests have none. */
static void receive(struct guard *g)
{
	struct guard_request r;
	size_t len;
	int fd, got;

	got = guard_request_receive(g->socket, &r, g->strings, SPAWNER_STRINGS_LIMIT, &len, &fd);
	BUG_ON(got < 0);
	if (got == 0) {
		guard_apply(g, GUARD_AGENT_GONE);
		return;
	}
	switch (r.type) {
	case GUARD_REQUEST_START:
		g->request = r;
		g->strings_len = len;
		g->log_fd = fd;
		guard_apply(g, GUARD_START);
		break;
	case GUARD_REQUEST_CANCEL:
		guard_apply(g, GUARD_CANCEL);
		break;
	case GUARD_REQUEST_CANCEL_NOW:
		guard_apply(g, GUARD_CANCEL_NOW);
		break;
	case GUARD_REQUEST_LEASE:
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
	while ((pid = reaper_next(&g->usage, &status)) > 0) {
		if (pid != g->pid)
			continue;
		g->status = status;
		guard_apply(g, GUARD_CHILD_EXIT);
		return;
	}
}

static void check_lease(struct guard *g)
{
	switch (lease_timer_due(&g->lease)) {
	case LEASE_DUE_SOFT:
		guard_apply(g, GUARD_LEASE_SOFT);
		break;
	case LEASE_DUE_HARD:
		guard_apply(g, GUARD_LEASE_HARD);
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
		guard_report(g, SPAWNER_STARTED);
	}
	if (g->timeout_at_us && now_us >= g->timeout_at_us) {
		g->timeout_at_us = 0;
		guard_apply(g, GUARD_TIMEOUT);
	}
	if (g->kill_at_us && now_us >= g->kill_at_us) {
		g->kill_at_us = 0;
		guard_apply(g, GUARD_GRACE_OVER);
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

static int become_ready(struct guard *g, struct isolate *isolate, unsigned allow,
			const struct cgroup *group, unsigned *ret_profile, struct err *err)
{
	int r = isolate_enter(isolate, allow, ret_profile, err);

	if (r < 0)
		return r;
	*ret_profile |= join_group(g, group);
	if ((r = isolate_seal(isolate, limits_has(&g->limits, CONTROLLER_MEMORY), err)) < 0)
		return r;
	return prepare(g, err);
}

_Noreturn void guard_main(struct isolate *isolate, int socket, unsigned allow,
			  const struct cgroup *group)
{
	struct guard g = { .isolate = isolate, .socket = ISOLATE_SOCKET, .log_fd = -1 };
	struct guard_report ready = { .type = GUARD_REPORT_READY };
	struct err err = ERR_INIT;

	if (isolate_descriptors(socket) < 0)
		_exit(1); /* and nothing to say it with */
	if (become_ready(&g, isolate, allow, group, &ready.profile, &err) < 0) {
		ready.type = GUARD_REPORT_UNFIT;
		guard_set_text(&ready.event, &err);
	}
	(void)!send(g.socket, &ready, sizeof(ready), MSG_NOSIGNAL);
	if (ready.type == GUARD_REPORT_UNFIT)
		_exit(1);
	for (;;) {
		if (g.state == GUARD_IDLE)
			receive(&g);
		else
			turn(&g);
	}
}
