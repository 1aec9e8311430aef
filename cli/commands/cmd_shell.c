/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_shell.c - a shell in a step's rebuilt workspace
 *
 * The folder is made under the home's work/, by the code that workers make theirs
 * with, and is gone when the shell has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/rebuild.h"
#include "cli/talk.h"
#include "cli/words.h"
#include "store/blob/blob.h"
#include "workers/agent/environ.h"
#include "workers/wire/grant.h"
#include "workers/workspace/workspace.h"

enum { EXIT_NOT_RUN = 127 };

struct shell {
	const struct call *call;
	struct arena arena;
	struct wire_grant grant;
	struct blob_store *blobs;
	struct workspace *workspace;
	const char *parent; /* absolute: the home's work/ */
	const char *name;   /* of the folder in it */
	int parent_fd;
};

static int make_workspace(struct shell *s, struct err *err)
{
	const char *blobs = arena_printf(&s->arena, "%s/blobs", s->call->settings.home);
	int rc;

	s->parent = arena_printf(&s->arena, "%s/work", s->call->settings.home);
	s->name = arena_printf(&s->arena, "shell-%d", (int)getpid());
	rc = blob_store_open(blobs, &s->blobs, err);
	if (rc == 0)
		rc = fs_mkdirs(AT_FDCWD, s->parent, 0700, err);
	if (rc == 0)
		rc = s->parent_fd = fs_open_dir(AT_FDCWD, s->parent, err);
	if (rc >= 0)
		rc = workspace_create(s->blobs, s->parent_fd, s->parent, s->name, &s->workspace,
				      err);
	return rc < 0 ? rc : workspace_fill(s->workspace, &s->grant, err);
}

/* A folder beside the workspace; it goes with it. */
static const char *make_beside(struct shell *s, const char *name)
{
	const char *path = arena_printf(&s->arena, "%s/%s/%s", s->parent, s->name, name);

	fs_mkdirs(AT_FDCWD, path, 0700, NULL);
	return path;
}

/* The step's environment, and what a shell on this terminal needs. */
static char **make_environment(struct shell *s)
{
	static const char *const kept[] = { "TERM", "COLORTERM", "SHELL" };
	const struct environ_places places = {
		.tmp = make_beside(s, "tmp"),
		.workspace = workspace_path(s->workspace),
		.metrics = workspace_metrics_path(s->workspace),
		.checkpoint = make_beside(s, "checkpoint"),
		.params = workspace_params_path(s->workspace),
	};
	const char *const *of_step;
	struct environ_base base;
	size_t count = 0;
	char **all;

	environ_base_init(&base);
	of_step = environ_of_step(&base, &s->grant, &places, &s->arena);
	while (of_step[count])
		count++;
	all = arena_array(&s->arena, count + countof(kept) + 1, sizeof(*all));
	memcpy(all, of_step, count * sizeof(*all));
	for (size_t i = 0; i < countof(kept); i++)
		if (getenv(kept[i]))
			all[count++] = arena_printf(&s->arena, "%s=%s", kept[i], getenv(kept[i]));
	return all;
}

static void say_where(const struct shell *s)
{
	struct buf command = BUF_INIT;

	if (s->call->settings.quiet || s->call->arg_count > 1)
		return;
	for (uint32_t i = 0; i < s->grant.command.count; i++) {
		buf_str_append(&command, i > 0 ? " " : "");
		str_shell_quote(&command, s->grant.command.words[i]);
	}
	fprintf(stderr, "the workspace of %s, as it was before its command:\n", s->grant.step);
	print_lines(stderr, "  ", buf_str(&command));
	fprintf(stderr, "it is removed when this shell ends\n");
	buf_finish(&command);
}

/* In the child. */
static _Noreturn void become(struct shell *s, char **environment, const char *folder)
{
	const char *shell = getenv("SHELL");
	char *alone[] = { (char *)(shell && *shell ? shell : "/bin/sh"), NULL };
	char **argv = s->call->arg_count > 1 ? s->call->args + 1 : alone;

	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (chdir(folder) == 0)
		execvpe(argv[0], argv, environment);
	fprintf(stderr, "ingot: %s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NOT_RUN);
}

/* Returns the shell's exit code. Ctrl-C is the shell's. */
static int run_shell(struct shell *s, struct err *err)
{
	char **environment = make_environment(s);
	char *folder = path_join(workspace_path(s->workspace), s->grant.workdir);
	int status = 0;
	pid_t pid;

	say_where(s);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid == 0)
		become(s, environment, folder);
	free(folder);
	if (pid < 0)
		return err_errno(err, errno, "a process for the shell");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int ask(const struct call *call, json_t **ret, struct err *err)
{
	json_t *args = NULL;
	int rc = word_run_step(call->args[0], &args, err);

	if (rc < 0)
		return rc;
	if (!field_is_null(args, "step"))
		return talk_ask(&call->settings, "step.workspace", args, ret, err);
	json_decref(args);
	return err_set(err, ERR_USAGE, "no step is named: RUN/STEP, such as latest/train");
}

static int run(const struct call *call, struct err *err)
{
	struct shell s = { .call = call, .parent_fd = -1 };
	json_t *workspace = NULL;
	int rc = ask(call, &workspace, err);

	if (rc == 0)
		rc = rebuild_grant(workspace, &s.arena, &s.grant, err);
	if (rc == 0)
		rc = make_workspace(&s, err);
	if (rc == 0)
		rc = run_shell(&s, err);
	workspace_destroy(s.workspace, NULL);
	blob_store_close(s.blobs);
	fs_close(&s.parent_fd);
	arena_finish(&s.arena);
	json_decref(workspace);
	return rc;
}

const struct cli_command cmd_shell = {
	.name = "shell",
	.group = GROUP_ARTIFACTS,
	.summary = "open a shell in a step's rebuilt workspace",
	.text = "The sources and inputs that the step had, its environment, and $SHELL in the\n"
		"folder that its command started in. A COMMAND runs instead of the shell, and\n"
		"its exit code is that of ingot. The folder is removed afterwards.\n",
	.args = (const struct arg_spec[]){
		{ "RUN/STEP", "a run's number, or latest, and a step", false, false, WORD_RUN },
		{ "COMMAND", "what to run instead of $SHELL, behind --", true, true, WORD_FILE },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot shell latest/train", "look around, try the command by hand" },
		{ "ingot shell 42/train -- ls -l inputs", "what did it see?" },
		{ 0 },
	},
	.run = run,
};
