/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c - checks definitions; needs no scheduler and no repository */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/output/print.h"
#include "scheduler/pipeline/pipeline.h"

struct check {
	const struct call *call;
	struct buf out; /* text, or the JSON array */
	struct json_writer json;
	size_t mistakes;
};

static void report_json(struct check *c, const struct pipeline *p, const struct diagnostics *found)
{
	struct buf mistakes = BUF_INIT;

	diagnostics_json(found, &mistakes);
	json_write_object(&c->json, NULL);
	json_write_string(&c->json, "file", found->file);
	json_write_string(&c->json, "pipeline", p ? p->name : NULL);
	json_write_raw(&c->json, "mistakes", buf_str(&mistakes));
	json_write_end(&c->json);
	buf_finish(&mistakes);
}

static void report_text(struct check *c, const char *path, const struct pipeline *p,
			const struct diagnostics *found)
{
	if (!p)
		diagnostics_render(found, &c->out);
	else if (!c->call->settings.quiet)
		buf_printf(&c->out, "%s: pipeline %s, %zu steps, no mistake\n", path, p->name,
			   p->step_count);
}

static int check_file(struct check *c, const char *path, struct err *err)
{
	struct diagnostics found = DIAGNOSTICS_INIT;
	struct pipeline *p = NULL;
	struct buf text = BUF_INIT;
	int rc = fs_read_file(AT_FDCWD, path, PIPELINE_TEXT_MAX, &text, err);

	if (rc == 0) {
		pipeline_check(buf_str(&text), text.len, path, &p, &found);
		c->mistakes += found.count + found.left_out;
		if (c->call->settings.json)
			report_json(c, p, &found);
		else
			report_text(c, path, p, &found);
	}
	diagnostics_finish(&found);
	pipeline_destroy(p);
	buf_finish(&text);
	return rc;
}

/* The current folder's files are named without "./". */
static char *in_folder(const char *folder, const char *name)
{
	return str_eq(folder, ".") ? mem_strdup(name) : path_join(folder, name);
}

/* ingot.yaml and .ingot/NAME.yaml of a folder. */
static int check_folder(struct check *c, const char *folder, struct err *err)
{
	char *main_path = in_folder(folder, "ingot.yaml");
	char *others = in_folder(folder, ".ingot/*.yaml");
	glob_t found = { 0 };
	int rc = 0;

	if (fs_exists(AT_FDCWD, main_path))
		rc = check_file(c, main_path, err);
	glob(others, 0, NULL, &found);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = check_file(c, found.gl_pathv[i], err);
	if (rc == 0 && found.gl_pathc == 0 && !fs_exists(AT_FDCWD, main_path)) {
		err_set(err, ERR_NOT_FOUND, "no ingot.yaml and no .ingot/NAME.yaml in %s", folder);
		rc = err_hint(err, "'ingot init' writes a first one");
	}
	globfree(&found);
	free(main_path);
	free(others);
	return rc;
}

static int run(const struct call *call, struct err *err)
{
	const char *path = call->arg_count > 0 ? call->args[0] : ".";
	struct check c = { .call = call };
	struct stat st;
	int rc;

	c.json.out = &c.out;
	if (stat(path, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (call->settings.json)
		json_write_array(&c.json, NULL);
	rc = S_ISDIR(st.st_mode) ? check_folder(&c, path, err) : check_file(&c, path, err);
	if (call->settings.json) {
		json_write_end(&c.json);
		buf_char(&c.out, '\n');
	}
	if (rc == 0)
		print_buf(&c.out);
	buf_finish(&c.out);
	if (rc < 0)
		return rc;
	return c.mistakes ? err_exit_code(ERR_INVALID) : 0;
}

const struct cli_command cmd_check = {
	.name = "check",
	.group = GROUP_START,
	.summary = "check a definition, without running anything",
	.text = "Shows all mistakes of a definition at once, each with its place, a caret and,\n"
		"where it is known, the way out. A folder stands for its ingot.yaml and\n"
		".ingot/NAME.yaml, as they lie there, committed or not. Exit code: 0 no\n"
		"mistake, 2 there are some.\n",
	.args = (const struct arg_spec[]){
		{ "PATH", "a definition, or a folder with definitions (.)",
		  true, false, WORD_FILE },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot check", "the definitions of this folder" },
		{ "ingot check .ingot/nightly.yaml --json", "one of them, for an editor" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
