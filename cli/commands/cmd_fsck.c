/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_fsck.c - checks records and contents */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"

enum { KIND, WHAT, MESSAGE };

static const struct table_column columns[] = {
	[KIND] = { "KIND", 0 },
	[WHAT] = { "WHAT", 0 },
	[MESSAGE] = { "PROBLEM", COLUMN_CUT },
	{ 0 },
};

static void print_problems(const struct call *call, const json_t *problems)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	const json_t *problem;
	size_t i;

	json_array_foreach(problems, i, problem) {
		struct table_row *row = table_row(t, NULL);

		table_cell(row, KIND, COLOR_RED, field_text(problem, "kind"));
		table_cell(row, WHAT, COLOR_NONE, field_text(problem, "what"));
		table_cell(row, MESSAGE, COLOR_NONE, field_text(problem, "message"));
	}
	table_print(t);
	table_destroy(t);
}

static void print_result(const struct call *call, const json_t *result)
{
	size_t problems = json_array_size(json_object_get(result, "problems"));
	struct buf text = BUF_INIT;

	print_problems(call, json_object_get(result, "problems"));
	if (call->settings.quiet)
		return;
	buf_printf(&text, "%lld blobs, ", (long long)field_int(result, "checked"));
	str_format_size(&text, (uint64_t)field_int(result, "bytes"));
	buf_printf(&text, ": %zu problems\n", problems);
	print_buf(&text);
}

static int run(const struct call *call, struct err *err)
{
	json_t *result = NULL;
	int rc = talk_ask(&call->settings, "fsck",
			    json_pack("{s:b}", "repair", call_has(call, "repair")), &result, err);

	if (rc < 0)
		return rc;
	if (call->settings.json)
		print_json(result);
	else
		print_result(call, result);
	if (json_array_size(json_object_get(result, "problems")) > 0)
		rc = err_exit_code(ERR_DAMAGED);
	json_decref(result);
	return rc;
}

const struct cli_command cmd_fsck = {
	.name = "fsck",
	.group = GROUP_CARE,
	.summary = "check records and contents for damage",
	.text = "Reads everything. Damaged contents are moved to blobs/damaged, so that no step\n"
		"gets them; what made them runs again when it is needed. Exit code: 0 all is\n"
		"well, 5 there are problems.\n",
	.options = (const struct option_spec[]){
		{ "repair", 0, NULL, "mend what can be mended", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot fsck", "after the disk had trouble" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
