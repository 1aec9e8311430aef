/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - another program, run to its end */
#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"

enum { OUTPUT_MAX_BYTES = 1 << 20, EXIT_NOT_FOUND = 127 };

/* In the child. */
static _Noreturn void become(const char *const *argv, const char *folder, int out_fd)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0 ||
	    (folder && chdir(folder) < 0))
		_exit(EXIT_NOT_FOUND);
	execvp(argv[0], (char *const *)argv);
	_exit(EXIT_NOT_FOUND);
}

static int wait_for(pid_t pid, const char *name, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "%s", name);
	if (WIFSIGNALED(status))
		return err_set(err, ERR_FAILED, "%s was ended by signal %d", name,
			       WTERMSIG(status));
	if (WEXITSTATUS(status) == EXIT_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "there is no program %s in PATH", name);
	return WEXITSTATUS(status);
}

int program_run(const char *const *argv, const char *folder, struct buf *out, struct err *err)
{
	struct buf dropped = BUF_INIT;
	int fds[2];
	pid_t pid;
	int rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, errno, "a pipe");
	pid = fork();
	if (pid == 0)
		become(argv, folder, fds[1]);
	fs_close(&fds[1]);
	if (pid < 0) {
		rc = err_errno(err, errno, "a process for %s", argv[0]);
	} else {
		fs_read_fd(fds[0], OUTPUT_MAX_BYTES, out ? out : &dropped, NULL);
		rc = wait_for(pid, argv[0], err);
	}
	fs_close(&fds[0]);
	buf_finish(&dropped);
	return rc;
}
