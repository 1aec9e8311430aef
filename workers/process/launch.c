/* SPDX-License-Identifier: Apache-2.0 */
/* launch.c - the child between clone and exec
 *
 * It shares the spawner's memory while the spawner waits, as after vfork: no page
 * table is copied, and what failed is told by writing it down. So the child calls
 * nothing but system calls and execvpe(), which needs `environ` for PATH.
 */
#include "workers/process/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

/* execvpe() copies argv to the stack for a script without "#!": 160 KiB of strings
 * are at most 80 Ki pointers. Touched only as far as used. */
enum { STACK_SIZE = 1024 * 1024, EXIT_NO_EXEC = 127 };

/* For the child's functions: their frames are left by exec, never by return, and
 * the stack is none that a sanitizer knows. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined", "thread")))

enum stage { STAGE_CWD, STAGE_LOG, STAGE_LIMITS, STAGE_EXEC };

struct child {
	const struct launch *launch;
	enum stage stage;
	int error; /* 0: the command runs */
};

void *launch_stack(void)
{
	void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	return stack == MAP_FAILED ? NULL : stack;
}

IN_CHILD static int set_limit(int resource, uint64_t limit)
{
	const struct rlimit both = { .rlim_cur = limit, .rlim_max = limit };

	return limit == 0 ? 0 : setrlimit(resource, &both);
}

/* Where the spawner's score was lowered it kept CAP_SYS_RESOURCE, without which
 * the step could lower its own again. The file is ours only while the memory that
 * we share with the spawner is not closed to others, of whom there are none yet. */
IN_CHILD static void set_oom_score(const char *score)
{
	int fd;

	prctl(PR_SET_DUMPABLE, 1);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, score, strlen(score));
		close(fd);
	}
	prctl(PR_SET_DUMPABLE, 0);
}

/* Everything up to exec; the stage that failed, with errno. */
IN_CHILD static enum stage enter(const struct launch *l)
{
	sigset_t none;

	setsid();
	if (l->die_with_spawner)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (l->oom_score)
		set_oom_score(l->oom_score);
	if (dup2(l->log_fd, STDOUT_FILENO) < 0 || dup2(l->log_fd, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return STAGE_LOG;
	if (chdir(l->cwd) < 0)
		return STAGE_CWD;
	if (set_limit(RLIMIT_NOFILE, l->open_files) < 0 ||
	    set_limit(RLIMIT_DATA, l->data_bytes) < 0)
		return STAGE_LIMITS;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(l->argv[0], l->argv, l->envp);
	return STAGE_EXEC;
}

IN_CHILD static int run_child(void *arg)
{
	struct child *c = arg;

	environ = c->launch->envp;
	c->stage = enter(c->launch);
	c->error = errno;
	_exit(EXIT_NO_EXEC);
}

static int explain(const struct child *c, struct err *err)
{
	const struct launch *l = c->launch;

	switch (c->stage) {
	case STAGE_CWD:
		return err_errno(err, c->error, "cannot change to the folder '%s'", l->cwd);
	case STAGE_LOG:
		return err_errno(err, c->error, "cannot write to the log");
	case STAGE_LIMITS:
		return err_errno(err, c->error, "cannot set the step's limits");
	case STAGE_EXEC:
		break;
	}
	return err_errno(err, c->error, "cannot run '%s'", l->argv[0]);
}

pid_t launch_run(const struct launch *l, void *stack, int *ret_errno, struct err *err)
{
	struct child child = { .launch = l };
	char **own_environ = environ;
	pid_t pid = clone(run_child, (char *)stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD,
			  &child);

	environ = own_environ;
	if (pid < 0) {
		*ret_errno = errno;
		return err_errno(err, errno, "cannot start a process for '%s'", l->argv[0]);
	}
	if (child.error == 0)
		return pid;
	waitpid(pid, NULL, 0);
	*ret_errno = child.error;
	return explain(&child, err);
}
