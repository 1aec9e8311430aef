/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_reproduce.c - runs it all again and compares byte by byte */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/follow.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/submit.h"
#include "cli/talk.h"
#include "cli/words.h"

enum { DIGEST_DIGITS = sizeof("sha256:") - 1 + 12 };

enum { OUTPUT, BEFORE, AFTER, RESULT };

static const struct table_column columns[] = {
	[OUTPUT] = { "OUTPUT", 0 },
	[BEFORE] = { "BEFORE", 0 },
	[AFTER] = { "AFTER", 0 },
	[RESULT] = { "RESULT", 0 },
	{ 0 },
};

static void set_digest(struct table_row *row, int column, const char *digest)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "%.*s", DIGEST_DIGITS, digest);
	table_cell(row, column, COLOR_DIM, buf_str(&text));
	buf_finish(&text);
}

static void print_outputs(const struct call *call, const json_t *compared)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	const json_t *output;
	size_t i;

	json_array_foreach(json_object_get(compared, "outputs"), i, output) {
		struct table_row *row = table_row(t, NULL);
		bool same = field_bool(output, "same");
		struct buf name = BUF_INIT;

		buf_printf(&name, "%s.%s", field_text(output, "step"), field_text(output, "name"));
		table_cell(row, OUTPUT, COLOR_NONE, buf_str(&name));
		set_digest(row, BEFORE, field_text(output, "a"));
		set_digest(row, AFTER, field_text(output, "b"));
		table_cell(row, RESULT, same ? COLOR_GREEN : COLOR_RED,
			   same ? "identical" : "differs");
		buf_finish(&name);
	}
	table_print(t);
	table_destroy(t);
	puts(field_bool(compared, "identical") ? "every output is identical"
					       : "not every output is identical");
}

/* Returns the exit code. */
static int compare(const struct call *call, struct talk *c, int64_t before, int64_t after,
		   struct err *err)
{
	json_t *compared = NULL;
	bool identical;
	int rc = talk_call(c, "run.compare",
			   json_pack("{s:I, s:I}", "a", (json_int_t)before, "b", (json_int_t)after),
			   &compared, err);

	if (rc < 0)
		return rc;
	identical = field_bool(compared, "identical");
	if (call->settings.json)
		print_json(compared);
	else if (!call->settings.quiet)
		print_outputs(call, compared);
	json_decref(compared);
	return identical ? 0 : err_exit_code(ERR_FAILED);
}

/* "latest" must go on meaning the run before. */
static int run_number(struct talk *c, json_t *named, int64_t *ret, struct err *err)
{
	json_t *shown;
	int rc = talk_call(c, "run.show", json_pack("{s:O}", "run", named), &shown, err);

	if (rc < 0)
		return rc;
	*ret = field_int(shown, "id");
	json_decref(shown);
	return 0;
}

static int reproduce(const struct call *call, struct talk **c, int64_t before, struct err *err)
{
	json_t *result = NULL;
	int64_t after;
	int rc = talk_call(*c, "run.reproduce", json_pack("{s:I}", "run", (json_int_t)before),
			     &result, err);

	if (rc < 0)
		return rc;
	submit_warnings(call, result);
	after = field_int(result, "run");
	json_decref(result);
	rc = follow_run(call, c, after, FOLLOW_CANCELS, -1, err);
	return rc == 0 ? compare(call, *c, before, after, err) : rc;
}

static int run(const struct call *call, struct err *err)
{
	struct talk *client = NULL;
	json_t *named = NULL;
	int64_t before;
	int rc = word_run(call->args[0], strlen(call->args[0]), &named, err);

	if (rc == 0)
		rc = talk_open(&call->settings, &client, err);
	if (rc == 0)
		rc = run_number(client, named, &before, err);
	if (rc == 0)
		rc = reproduce(call, &client, before, err);
	json_decref(named);
	talk_close(client);
	return rc;
}

const struct cli_command cmd_reproduce = {
	.name = "reproduce",
	.group = GROUP_ARTIFACTS,
	.summary = "run it all again and compare byte by byte",
	.text = "Makes a run of the same commit and parameters without the cache, and compares\n"
		"every output with that of the run before. Exit code: 0 all identical, 1 not,\n"
		"or that of the run where it failed.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot reproduce 1", "does it still come out the same?" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
