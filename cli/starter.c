/* SPDX-License-Identifier: Apache-2.0 */
/* starter.c - a scheduler in the background, where none answers */
#include "cli/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/fields.h"
#include "workers/wire/endpoint.h"

enum {
	READY_FD = 3, /* in the scheduler: the first behind the standard ones */
	REPORT_MAX_BYTES = 4096,
};

/* In the child's child. Nothing of the caller's goes along: a descriptor that
 * stayed open would keep the caller's pipes open as long as the scheduler lives. */
static _Noreturn void become_scheduler(const char *home, int ready_fd, int log_fd)
{
	int null_fd = open("/dev/null", O_RDWR);
	char *argv[] = { "ingot",  "scheduler",  "--home", (char *)home, "--ready-fd",
			 (char[]){ '0' + READY_FD, '\0' }, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0 ||
	    dup2(ready_fd, READY_FD) < 0 || fcntl(READY_FD, F_SETFD, 0) < 0 || chdir("/") < 0)
		_exit(127);
	close_range(READY_FD + 1, ~0u, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

/* The middle process ends at once, so that the scheduler is nobody's child that
 * somebody would have to wait for. */
static int spawn(const char *home, int ready_fd, int log_fd, struct err *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_errno(err, errno, "a process for the scheduler");
	if (pid == 0) {
		setsid();
		pid = fork();
		if (pid == 0)
			become_scheduler(home, ready_fd, log_fd);
		_exit(pid < 0 ? 1 : 0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* What the scheduler said instead of the byte. */
static int take_report(const char *home, const struct buf *said, struct err *err)
{
	json_t *report = NULL;
	int code;

	if (json_parse(buf_str(said), said->len, &report, NULL) < 0) {
		err_set(err, ERR_SYSTEM, "the scheduler ended before it was ready");
		return err_hint(err, "see %s/scheduler.log", home);
	}
	code = field_error(report, err);
	json_decref(report);
	return code;
}

static int wait_ready(const char *home, int fd, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct buf said = BUF_INIT;
	int rc;

	do {
		rc = poll(&p, 1, STARTER_READY_MS);
	} while (rc < 0 && errno == EINTR);
	if (rc == 0) {
		err_set(err, ERR_TIMEOUT, "the scheduler was not ready within %d s",
			STARTER_READY_MS / 1000);
		return err_hint(err, "see %s/scheduler.log", home);
	}
	buf_reserve(&said, 1);
	rc = read(fd, said.data, 1) == 1 ? 1 : 0;
	said.len = (size_t)rc;
	if (rc == 1 && said.data[0] != '{') {
		rc = 0;
	} else {
		fs_read_fd(fd, REPORT_MAX_BYTES, &said, NULL);
		rc = take_report(home, &said, err);
	}
	buf_finish(&said);
	return rc;
}

static int start_locked(const char *home, int home_fd, struct err *err)
{
	int ready[2] = { -1, -1 };
	int log_fd, rc;

	log_fd = openat(home_fd, "scheduler.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		return err_errno(err, errno, "%s/scheduler.log", home);
	rc = pipe2(ready, O_CLOEXEC) < 0 ? err_errno(err, errno, "a pipe") : 0;
	if (rc == 0)
		rc = spawn(home, ready[1], log_fd, err);
	fs_close(&ready[1]);
	fs_close(&log_fd);
	if (rc == 0)
		rc = wait_ready(home, ready[0], err);
	fs_close(&ready[0]);
	return rc;
}

int starter_start(const char *home, struct err *err)
{
	int home_fd, fd, rc;

	rc = fs_mkdirs(AT_FDCWD, home, 0700, err);
	if (rc < 0)
		return rc;
	home_fd = fs_open_dir(AT_FDCWD, home, err);
	if (home_fd < 0)
		return home_fd;
	while (flock(home_fd, LOCK_EX) < 0 && errno == EINTR)
		;
	fd = endpoint_connect(home, NULL);
	rc = fd < 0 ? start_locked(home, home_fd, err) : 0;
	fs_close(&fd);
	fs_close(&home_fd);
	return rc;
}

void starter_report(int ready_fd, const struct err *err)
{
	struct buf text = BUF_INIT;
	struct json_writer w = { .out = &text };

	json_write_object(&w, NULL);
	json_write_string(&w, "code", err_name(err->code));
	json_write_string(&w, "message", err->text);
	json_write_string(&w, "hint", err->hint);
	json_write_end(&w);
	/* The starter may have gone; there is nobody else to tell. */
	signal(SIGPIPE, SIG_IGN);
	fs_write_all(ready_fd, text.data, text.len, NULL);
	buf_finish(&text);
}
