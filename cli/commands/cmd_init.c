/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_init.c - a first definition, or a whole example repository */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/init/files.h"
#include "cli/program.h"

#define DEMO_FOLDER "penguins"

static int write_file(int dirfd, const struct init_file *file, struct err *err)
{
	const char *slash = strrchr(file->path, '/');
	char *parent = slash ? mem_strndup(file->path, (size_t)(slash - file->path)) : NULL;
	int rc = parent ? fs_mkdirs(dirfd, parent, 0777, err) : 0;
	int fd = -1;

	free(parent);
	if (rc < 0)
		return rc;
	fd = openat(dirfd, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "%s exists already", file->path);
	if (fd < 0)
		return err_errno(err, errno, "%s", file->path);
	rc = fs_write_all(fd, file->start, (size_t)(file->end - file->start), err);
	fs_close(&fd);
	return rc;
}

static int write_files(const char *folder, const struct init_file *files, struct err *err)
{
	int dirfd = -1;
	int rc = fs_mkdirs(AT_FDCWD, folder, 0777, err);

	if (rc == 0)
		rc = dirfd = fs_open_dir(AT_FDCWD, folder, err);
	for (; rc >= 0 && files->path; files++)
		rc = write_file(dirfd, files, err);
	fs_close(&dirfd);
	return rc < 0 ? rc : 0;
}

/* Nobody's configuration, templates or hooks have a say. */
static int git(const char *folder, const char *const *words, struct err *err)
{
	const char *argv[24] = { "git", "-c", "user.name=Ingot", "-c", "user.email=ingot@localhost",
				 "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null" };
	size_t count = 9;
	struct buf said = BUF_INIT;
	int rc;

	while (*words)
		argv[count++] = *words++;
	rc = program_run(argv, folder, &said, err);
	if (rc > 0)
		rc = err_set(err, ERR_FAILED, "git %s: %.*s", argv[9],
			     (int)strcspn(buf_str(&said), "\n"), buf_str(&said));
	if (rc == ERR_NOT_FOUND)
		err_hint(err, "install git: pipelines run from commits");
	buf_finish(&said);
	return rc;
}

static int make_repository(const char *folder, struct err *err)
{
	static const char *const init[] = { "init", "-q", "--template=", "-b", "main", NULL };
	static const char *const add[] = { "add", "-A", NULL };
	static const char *const commit[] = { "commit", "-q", "-m", "Penguins: a classifier",
					      NULL };
	static const char *const repository_variables[] = { "GIT_DIR", "GIT_WORK_TREE",
							    "GIT_INDEX_FILE" };
	int rc;

	for (size_t i = 0; i < countof(repository_variables); i++)
		unsetenv(repository_variables[i]);
	rc = git(folder, init, err);
	if (rc == 0)
		rc = git(folder, add, err);
	return rc == 0 ? git(folder, commit, err) : rc;
}

static int init_demo(const struct call *call, struct err *err)
{
	const char *folder = call->arg_count > 0 ? call->args[0] : DEMO_FOLDER;
	int rc;

	if (fs_exists(AT_FDCWD, folder) && rmdir(folder) < 0) {
		err_set(err, ERR_EXISTS, "%s exists already", folder);
		return err_hint(err, "name another folder: ingot init --demo FOLDER");
	}
	rc = write_files(folder, init_demo_files, err);
	if (rc == 0)
		rc = make_repository(folder, err);
	if (rc == 0 && !call->settings.quiet)
		printf("%s is a Git repository with a pipeline in it. Next:\n\n"
		       "  cd %s\n"
		       "  ingot run        trains six models and deploys the best: some seconds\n"
		       "  ingot run        again: everything comes from the cache\n"
		       "  ingot metrics latest\n\n"
		       "README.md there tells what else to try.\n",
		       folder, folder);
	return rc;
}

static int init_here(const struct call *call, struct err *err)
{
	const char *folder = call->arg_count > 0 ? call->args[0] : ".";
	struct stat st;
	char *dot_git;
	int rc = write_files(folder, init_template_files, err);

	if (rc < 0)
		return rc == ERR_EXISTS ? err_hint(err, "it is left as it is") : rc;
	if (call->settings.quiet)
		return 0;
	dot_git = mem_printf("%s/.git", folder);
	puts("ingot.yaml is written. Next:\n");
	if (stat(dot_git, &st) < 0)
		puts("  git init");
	puts("  git add ingot.yaml && git commit -m \"A first pipeline\"\n"
	     "  ingot run");
	free(dot_git);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	return call_has(call, "demo") ? init_demo(call, err) : init_here(call, err);
}

const struct cli_command cmd_init = {
	.name = "init",
	.group = GROUP_START,
	.summary = "write a first ingot.yaml, or a whole example repository",
	.text = "Nothing that is there is overwritten. --demo makes a new Git repository with\n"
		"one commit, which runs offline in a minute: penguins, from a table to a\n"
		"deployed model.\n",
	.args = (const struct arg_spec[]){
		{ "DIR", "the folder (.; with --demo: penguins)", true, false, WORD_FOLDER },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		{ "demo", 0, NULL, "an example repository that runs", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot init", "a commented ingot.yaml in this folder" },
		{ "ingot init --demo && cd penguins && ingot run", "see it work" },
		{ 0 },
	},
	.run = run,
};
