/* SPDX-License-Identifier: Apache-2.0 */
/* git_program.c - running the git program, which speaks with other hosts for us
 *
 * It dies with us (PDEATHSIG), and what it starts itself dies of its closed
 * pipes, so that a killed helper leaves nothing that still writes into a mirror.
 */
#include "scheduler/source/git_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

extern char **environ;

enum {
	OUT_MAX_BYTES = 64 << 20,     /* a million refs */
	MESSAGES_MAX_BYTES = 64 << 10,
	ARGS_MAX = 32,
};

/* No hook, no submodule, no process that outlives the command; memory for packs within
 * our own limit. */
static const char *const settings[] = {
	"git",
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.fsmonitor=false",
	"-c", "core.packedGitWindowSize=64m",
	"-c", "core.packedGitLimit=1g",
	"-c", "fetch.recurseSubmodules=false",
	"-c", "fetch.writeCommitGraph=false",
	"-c", "gc.autoDetach=false",
	"-c", "maintenance.autoDetach=false",
	"-c", "protocol.version=2",
};

/* Of the variables that steer git these may come from outside: who the user is, and how
 * to reach a host. All others (GIT_DIR and its kin, set inside a hook) are dropped. */
static const char *const kept_variables[] = {
	"GIT_SSH=",         "GIT_SSH_COMMAND=",   "GIT_SSH_VARIANT=",   "GIT_SSL_CAINFO=",
	"GIT_SSL_CAPATH=",  "GIT_SSL_CERT=",      "GIT_SSL_KEY=",       "GIT_PROXY_COMMAND=",
	"GIT_EXEC_PATH=",   "GIT_CONFIG_GLOBAL=", "GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM=",
	"GIT_HTTP_PROXY_AUTHMETHOD=",
};

static const char *const own_variables[] = {
	"GIT_TERMINAL_PROMPT=0", "SSH_ASKPASS_REQUIRE=never",
	"GIT_ALLOW_PROTOCOL=file:git:http:https:ssh",
	"GIT_OPTIONAL_LOCKS=0",  "LC_ALL=C",
	"GIT_NO_LAZY_FETCH=1",
};

static bool is_kept(const char *variable)
{
	for (size_t i = 0; i < countof(kept_variables); i++)
		if (str_starts(variable, kept_variables[i]))
			return true;
	return !str_starts(variable, "GIT_") && !str_starts(variable, "SSH_ASKPASS") &&
	       !str_starts(variable, "LC_ALL=") && !str_starts(variable, "LANGUAGE=");
}

/* The caller frees the array; the strings are the environment's. */
static const char **make_environment(void)
{
	size_t count = 0;
	const char **env;

	while (environ[count])
		count++;
	env = mem_array(count + countof(own_variables) + 1, sizeof(*env));
	count = 0;
	for (char **variable = environ; *variable; variable++)
		if (is_kept(*variable))
			env[count++] = *variable;
	for (size_t i = 0; i < countof(own_variables); i++)
		env[count++] = own_variables[i];
	return env;
}

static const char **make_arguments(const char *git_dir_option, const char *const *args)
{
	const char **argv = mem_array(countof(settings) + ARGS_MAX + 2, sizeof(*argv));
	size_t count = 0;

	for (size_t i = 0; i < countof(settings); i++)
		argv[count++] = settings[i];
	argv[count++] = git_dir_option;
	for (size_t i = 0; args[i] && i < ARGS_MAX; i++)
		argv[count++] = args[i];
	return argv;
}

/* In the child, where only what is safe after fork() may be called. */
static _Noreturn void become_git(const char *const *argv, const char *const *env, int out,
				 int messages)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(messages, STDERR_FILENO);
	execvpe("git", (char *const *)argv, (char *const *)env);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Keeps only the end where it is too long: git says last what went wrong. */
static void keep_end(struct buf *b, size_t most)
{
	if (b->len > most)
		buf_consume(b, b->len - most);
}

/* Appends what there is to read. Returns false at the end of the stream. */
static bool read_some(int fd, struct buf *into)
{
	char piece[16384];
	ssize_t got;

	do
		got = read(fd, piece, sizeof(piece));
	while (got < 0 && errno == EINTR);
	if (got > 0 && into)
		buf_append(into, piece, (size_t)got);
	return got > 0;
}

static int read_both(int out_fd, int messages_fd, struct buf *out, struct buf *messages,
		     struct err *err)
{
	struct pollfd from[] = { { .fd = out_fd, .events = POLLIN },
				 { .fd = messages_fd, .events = POLLIN } };

	while (from[0].fd >= 0 || from[1].fd >= 0) {
		if (poll(from, countof(from), -1) < 0 && errno != EINTR)
			return err_errno(err, errno, "git: poll");
		if (from[0].revents && !read_some(out_fd, out))
			from[0].fd = -1;
		if (from[1].revents && !read_some(messages_fd, messages))
			from[1].fd = -1;
		keep_end(messages, MESSAGES_MAX_BYTES);
		if (out && out->len > OUT_MAX_BYTES)
			return err_set(err, ERR_TOO_LARGE, "git: more than %d MiB of refs",
				       OUT_MAX_BYTES >> 20);
	}
	return 0;
}

static int wait_for_git(pid_t pid, struct buf *messages, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "git: wait");
	if (WIFSIGNALED(status)) {
		buf_printf(messages, "\nfatal: git ended by signal %d\n", WTERMSIG(status));
		return 128;
	}
	if (WEXITSTATUS(status) == 127)
		return err_set(err, ERR_NOT_FOUND, "there is no git program in PATH");
	return WEXITSTATUS(status);
}

static int start_and_read(const char *const *argv, const char *const *env, struct buf *out,
			  struct buf *messages, struct err *err)
{
	int out_pipe[2], messages_pipe[2];
	pid_t pid;
	int rc, exit_code;

	if (pipe2(out_pipe, O_CLOEXEC) < 0)
		return err_errno(err, errno, "git: pipe");
	if (pipe2(messages_pipe, O_CLOEXEC) < 0) {
		rc = err_errno(err, errno, "git: pipe");
		goto close_out;
	}
	pid = fork();
	if (pid == 0)
		become_git(argv, env, out_pipe[1], messages_pipe[1]);
	fs_close(&out_pipe[1]);
	fs_close(&messages_pipe[1]);
	if (pid < 0) {
		rc = err_errno(err, errno, "git: fork");
		goto close_all;
	}
	rc = read_both(out_pipe[0], messages_pipe[0], out, messages, err);
	if (rc < 0)
		kill(pid, SIGKILL);
	exit_code = wait_for_git(pid, messages, rc < 0 ? NULL : err);
	if (rc == 0)
		rc = exit_code;
close_all:
	fs_close(&messages_pipe[0]);
	fs_close(&messages_pipe[1]);
close_out:
	fs_close(&out_pipe[0]);
	fs_close(&out_pipe[1]);
	return rc;
}

int git_program_run(const char *git_dir, const char *const *args, struct buf *out,
		    struct buf *messages, struct err *err)
{
	char *git_dir_option = mem_printf("--git-dir=%s", git_dir);
	const char **argv = make_arguments(git_dir_option, args);
	const char **env = make_environment();
	int rc = start_and_read(argv, env, out, messages, err);

	free(env);
	free(argv);
	free(git_dir_option);
	return rc;
}
