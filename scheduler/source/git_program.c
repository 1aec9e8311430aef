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
#include "scheduler/source/origin.h"

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

struct explanation {
	const char *sign; /* in what git wrote */
	int code;
	const char *text;
	const char *hint;
};

/* The first that fits counts. */
static const struct explanation explanations[] = {
	{ "dubious ownership", ERR_DENIED, "is owned by another user",
	  "name it as safe.directory in the git configuration, if you trust it" },
	{ "transport '", ERR_INVALID, "not a kind of URL that Ingot reads", NULL },
	{ "Could not resolve host", ERR_UNREACHABLE, "there is no such host", NULL },
	{ "unable to look up", ERR_UNREACHABLE, "there is no such host", NULL },
	{ "Connection refused", ERR_UNREACHABLE, "the host refuses connections", NULL },
	{ "Failed to connect", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "Couldn't connect", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "timed out", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "No route to host", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "Network is unreachable", ERR_UNREACHABLE, "the network is unreachable", NULL },
	{ "Host key verification failed", ERR_DENIED, "its ssh host key is not known",
	  "connect once by hand with ssh, and compare the key" },
	{ "Permission denied", ERR_DENIED, "authentication failed",
	  "git ls-remote has to work without asking for a password" },
	{ "Authentication failed", ERR_DENIED, "authentication failed",
	  "git ls-remote has to work without asking for a password" },
	{ "could not read Username", ERR_DENIED, "authentication is needed",
	  "git ls-remote has to work without asking for a password" },
	{ "could not read Password", ERR_DENIED, "authentication is needed",
	  "git ls-remote has to work without asking for a password" },
	{ "error: 401", ERR_DENIED, "authentication failed", NULL },
	{ "error: 403", ERR_DENIED, "access is forbidden", NULL },
	{ "error: 404", ERR_NOT_FOUND, "no repository there", NULL },
	{ "SSL certificate", ERR_DENIED, "its certificate is not trusted", NULL },
	{ "certificate verif", ERR_DENIED, "its certificate is not trusted", NULL },
	{ "not our ref", ERR_NOT_FOUND, "it has no such commit", NULL },
	{ "unadvertised object", ERR_NOT_FOUND, "it has no such commit", NULL },
	{ "couldn't find remote ref", ERR_NOT_FOUND, "it has no such ref", NULL },
	{ "No space left", ERR_NO_SPACE, "no space left for its mirror", NULL },
	{ "File too large", ERR_TOO_LARGE, "larger than 10 GiB", NULL },
	{ "signal 25", ERR_TOO_LARGE, "larger than 10 GiB", NULL }, /* SIGXFSZ */
	{ "repository not exported", ERR_NOT_FOUND, "no repository there", NULL },
	{ "does not appear to be a git", ERR_NOT_FOUND, "no repository there", NULL },
	{ "' not found", ERR_NOT_FOUND, "no repository there", NULL },
	{ "Repository not found", ERR_NOT_FOUND, "no repository there", NULL },
	{ "promisor remote", ERR_NOT_FOUND, "is a partial clone that lacks some of the files",
	  "git fetch --refetch --no-filter there, or the URL that it was cloned from" },
	{ "Out of memory", ERR_TOO_LARGE, "more than 4 GiB of memory needed", NULL },
	{ "out of memory", ERR_TOO_LARGE, "more than 4 GiB of memory needed", NULL },
	{ "corrupt", ERR_DAMAGED, "an object is damaged", "git fsck tells more" },
	{ "bad object", ERR_DAMAGED, "an object is damaged", "git fsck tells more" },
	{ "unable to read", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "missing", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "remote did not send all", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "index-pack", ERR_DAMAGED, "what it sent is damaged", NULL },
	{ "unpack-objects", ERR_DAMAGED, "what it sent is damaged", NULL },
	{ "hung up", ERR_UNREACHABLE, "the host closed the connection", NULL },
	{ "unable to access", ERR_UNREACHABLE, "the host does not answer as a Git server", NULL },
};

/* The last line that says "fatal:" or "error:", else the last one. */
static void append_last_words(const struct buf *messages, struct buf *out)
{
	const char *chosen = "git said nothing";
	size_t chosen_len = strlen(chosen);
	bool chosen_is_fatal = false;
	const char *line = buf_str(messages);

	while (*line) {
		size_t len = strcspn(line, "\n");
		bool fatal = str_starts(line, "fatal:") || str_starts(line, "error:");

		if (len > 0 && (fatal || !chosen_is_fatal)) {
			chosen = line;
			chosen_len = len;
			chosen_is_fatal = fatal;
		}
		line += len + (line[len] == '\n');
	}
	str_printable(out, chosen, chosen_len);
}

int git_program_explain(const char *repository, const struct buf *messages, struct err *err)
{
	struct buf text = BUF_INIT;
	int code = ERR_FAILED;

	origin_public_name(repository, &text);
	buf_str_append(&text, ": ");
	for (size_t i = 0; i < countof(explanations); i++) {
		const struct explanation *e = &explanations[i];

		if (!strstr(buf_str(messages), e->sign))
			continue;
		code = err_set(err, e->code, "%s%s", buf_str(&text), e->text);
		if (e->hint)
			err_hint(err, "%s", e->hint);
		break;
	}
	if (code == ERR_FAILED) {
		append_last_words(messages, &text);
		err_set(err, ERR_FAILED, "%s", buf_str(&text));
	}
	buf_finish(&text);
	return code;
}
