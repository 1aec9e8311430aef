/* SPDX-License-Identifier: Apache-2.0 */
/* spawner.c - the worker's end: making a spawner, telling it, hearing from it */
#include "workers/process/spawner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/process/guard.h"
#include "workers/process/guard_message.h"
#include "workers/process/isolate.h"
#include "workers/process/limits.h"

enum { READY_WITHIN_MS = 10000, END_WITHIN_MS = 5000 };

struct spawner {
	pid_t pid;
	int socket;
	struct cgroup group;
	unsigned allow;
	enum isolate_kind kind; /* what it is, or is tried to be */
	bool ready;
	unsigned profile;
	char profile_text[PROFILE_TEXT_SIZE];
	bool busy;
	struct buf strings; /* of the START being sent; its memory is kept */
	int64_t started_wall_ms;
	uint64_t oom_kills; /* in the group, as last heard */
};

static const char *const cause_names[SPAWNER_CAUSE_COUNT] = {
	[SPAWNER_CAUSE_NONE] = "none",
	[SPAWNER_CAUSE_NOT_STARTED] = "not_started",
	[SPAWNER_CAUSE_EXITED] = "exited",
	[SPAWNER_CAUSE_SIGNALLED] = "signalled",
	[SPAWNER_CAUSE_TIMED_OUT] = "timed_out",
	[SPAWNER_CAUSE_CANCELLED] = "cancelled",
	[SPAWNER_CAUSE_OOM_KILLED] = "oom_killed",
	[SPAWNER_CAUSE_FENCED] = "fenced",
	[SPAWNER_CAUSE_SPAWNER_DIED] = "spawner_died",
};

const char *spawner_cause_name(enum spawner_cause cause)
{
	return cause < SPAWNER_CAUSE_COUNT ? cause_names[cause] : "unknown";
}

void spawner_sweep(void)
{
	cgroup_sweep();
}

/* Waits for the spawner's end; false if it did not come in time. */
static bool await_end(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };
	int64_t until_us = clock_mono_us() + END_WITHIN_MS * 1000;
	int ready;

	do {
		int64_t left_ms = (until_us - clock_mono_us()) / 1000;
		ready = poll(&ended, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (ready < 0 && errno == EINTR);
	fs_close(&fd);
	return ready > 0 && waitpid(pid, NULL, 0) == pid;
}

static int await_ready(int socket, struct guard_report *ret, struct err *err)
{
	struct pollfd readable = { .fd = socket, .events = POLLIN };
	int ready;

	while ((ready = poll(&readable, 1, READY_WITHIN_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		return err_set(err, ERR_SYSTEM, "a spawner did not become ready within %d s",
			       READY_WITHIN_MS / 1000);
	if (recv(socket, ret, sizeof(*ret), 0) != sizeof(*ret))
		return err_set(err, ERR_SYSTEM, "a spawner ended before it was ready");
	if (ret->type == GUARD_REPORT_UNFIT)
		return err_set(err, ERR_SYSTEM, "no spawner: %s", ret->event.text);
	return 0;
}

/* A START of full length fits, whatever the system's default is. */
static int open_sockets(int ret[2], struct err *err)
{
	const int size = SPAWNER_STRINGS_LIMIT;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return err_errno(err, errno, "no socket pair for a spawner");
	setsockopt(ret[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

static int fork_kind(struct spawner *s, struct err *err)
{
	struct isolate isolate;
	int sockets[2], r;

	if ((r = open_sockets(sockets, err)) < 0)
		return r;
	s->pid = isolate_fork(&isolate, s->kind);
	if (s->pid == 0)
		guard_main(&isolate, sockets[1], s->allow, &s->group);
	if (s->pid < 0)
		r = err_errno(err, errno, "a spawner cannot be forked");
	fs_close(&sockets[1]);
	if (r < 0)
		fs_close(&sockets[0]);
	s->socket = sockets[0];
	return r;
}

/* From the kind it has on, the first that the machine lets us fork. */
static int fork_next(struct spawner *s, struct err *err)
{
	int r = err_set(err, ERR_SYSTEM, "no way is left to isolate a spawner");

	for (; s->kind < ISOLATE_KIND_COUNT; s->kind++) {
		if (isolate_is_allowed(s->kind, s->allow) && (r = fork_kind(s, err)) == 0)
			return 0;
	}
	return r;
}

int spawner_create(unsigned allow, struct spawner **ret, struct err *err)
{
	struct spawner *s = mem_alloc(sizeof(*s));
	int r;

	s->socket = -1;
	s->pid = -1;
	s->allow = allow;
	if (allow & PROFILE_CGROUP)
		cgroup_create(&s->group);
	if ((r = fork_next(s, err)) < 0) {
		spawner_destroy(s, NULL);
		return r;
	}
	*ret = s;
	return 0;
}

/* Ends one that did not become what it should. */
static void discard(struct spawner *s)
{
	fs_close(&s->socket);
	kill(s->pid, SIGKILL);
	await_end(s->pid);
	s->pid = -1;
}

int spawner_await(struct spawner *s, struct err *err)
{
	struct guard_report ready;

	while (await_ready(s->socket, &ready, err) < 0) {
		discard(s);
		s->kind++;
		int r = fork_next(s, err);
		if (r < 0)
			return r;
	}
	err_clear(err);
	s->ready = true;
	s->profile = ready.profile;
	if (!(s->profile & PROFILE_CGROUP))
		cgroup_remove(&s->group);
	profile_text(s->profile, s->profile_text);
	return 0;
}

int spawner_fd(const struct spawner *s)
{
	return s->socket;
}

const char *spawner_profile(const struct spawner *s)
{
	return s->profile_text;
}

unsigned spawner_profile_bits(const struct spawner *s)
{
	return s->profile;
}

pid_t spawner_pid(const struct spawner *s)
{
	return s->pid;
}

bool spawner_is_busy(const struct spawner *s)
{
	return s->busy;
}

static int tell(struct spawner *s, const struct guard_request *r, int fd, struct err *err)
{
	int code = guard_request_send(s->socket, r, buf_str(&s->strings), s->strings.len, fd);

	if (code < 0)
		return err_set(err, ERR_UNREACHABLE, "the spawner %d does not listen: %s",
			       (int)s->pid, strerror(-code));
	return 0;
}

static uint32_t append_all(struct buf *strings, const char *const *list)
{
	uint32_t n = 0;

	for (; list[n]; n++)
		buf_append(strings, list[n], strlen(list[n]) + 1);
	return n;
}

int spawner_start(struct spawner *s, const struct spawn_spec *spec, struct err *err)
{
	struct guard_request r = {
		.type = GUARD_REQUEST_START,
		.lease_soft_ms = spec->lease_soft_ms,
		.lease_hard_ms = spec->lease_hard_ms,
		.timeout_ms = spec->timeout_ms,
		.grace_ms = spec->grace_ms,
		.limits = { [CONTROLLER_MEMORY] = spec->memory_bytes,
			    [CONTROLLER_PIDS] = spec->pids,
			    [CONTROLLER_CPU] = spec->cpu_milli },
		.open_files = spec->open_files,
	};
	int code;

	BUG_ON(!s->ready);
	if (s->busy)
		return err_set(err, ERR_STATE, "the spawner %d runs a step already", (int)s->pid);
	if (!spec->argv || !spec->argv[0] || !spec->cwd || spec->cwd[0] != '/')
		return err_set(err, ERR_INVALID, "a step needs a command and a folder");
	buf_clear(&s->strings);
	r.argc = append_all(&s->strings, spec->argv);
	r.envc = append_all(&s->strings, spec->envp);
	buf_append(&s->strings, spec->cwd, strlen(spec->cwd) + 1);
	if (s->strings.len > SPAWNER_STRINGS_LIMIT)
		return err_set(err, ERR_TOO_LARGE,
			       "command and environment take %zu bytes, over the limit of %d",
			       s->strings.len, SPAWNER_STRINGS_LIMIT);
	if ((code = tell(s, &r, spec->log_fd, err)) < 0)
		return code;
	s->busy = true;
	s->started_wall_ms = clock_wall_ms();
	return 0;
}

int spawner_cancel(struct spawner *s, struct err *err)
{
	buf_clear(&s->strings);
	return tell(s, &(struct guard_request){ .type = GUARD_REQUEST_CANCEL }, -1, err);
}

int spawner_cancel_now(struct spawner *s, struct err *err)
{
	buf_clear(&s->strings);
	return tell(s, &(struct guard_request){ .type = GUARD_REQUEST_CANCEL_NOW }, -1, err);
}

int spawner_lease(struct spawner *s, int64_t soft_ms, int64_t hard_ms, struct err *err)
{
	const struct guard_request r = {
		.type = GUARD_REQUEST_LEASE,
		.lease_soft_ms = soft_ms,
		.lease_hard_ms = hard_ms,
	};

	buf_clear(&s->strings);
	return tell(s, &r, -1, err);
}

/* The spawner is gone. Its namespace went with it; a group may hold the rest. */
static int hear_death(struct spawner *s, struct spawner_event *ret, struct err *err)
{
	if (!s->busy)
		return err_set(err, ERR_UNREACHABLE, "the spawner %d is gone", (int)s->pid);
	s->busy = false;
	cgroup_kill(&s->group);
	*ret = (struct spawner_event){
		.type = SPAWNER_EXITED,
		.cause = limits_count_oom_kills(&s->group) > s->oom_kills ?
				 SPAWNER_CAUSE_OOM_KILLED :
				 SPAWNER_CAUSE_SPAWNER_DIED,
		.exit_code = -1,
		.started_wall_ms = s->started_wall_ms,
		.finished_wall_ms = clock_wall_ms(),
		.text = "the process that guarded the step was killed",
	};
	return 1;
}

int spawner_read(struct spawner *s, struct spawner_event *ret, struct err *err)
{
	struct guard_report report;
	ssize_t len;

	while ((len = recv(s->socket, &report, sizeof(report), MSG_DONTWAIT)) < 0 && errno == EINTR)
		;
	if (len < 0 && errno == EAGAIN)
		return 0;
	if (len != sizeof(report))
		return hear_death(s, ret, err);
	*ret = report.event;
	s->oom_kills = report.oom_kills;
	if (ret->type == SPAWNER_EXITED)
		s->busy = false;
	return 1;
}

/* The closed socket makes it end its step and itself. */
int spawner_destroy(struct spawner *s, struct err *err)
{
	int r = 0;

	if (!s)
		return 0;
	fs_close(&s->socket);
	if (s->pid > 0 && !await_end(s->pid)) {
		kill(s->pid, SIGKILL);
		r = err_set(err, ERR_TIMEOUT, "a process of the spawner %d cannot be killed",
			    (int)s->pid);
	}
	cgroup_kill(&s->group);
	cgroup_remove(&s->group);
	buf_finish(&s->strings);
	free(s);
	return r;
}
