/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plan.c - what would run, and why */
#include <stdio.h>
#include <string.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/color.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/submit.h"
#include "cli/talk.h"

enum { EXIT_WORK = 2 };
enum { STEP, ACTION, WHY };

static const struct table_column columns[] = {
	[STEP] = { "STEP", 0 },
	[ACTION] = { "ACTION", 0 },
	[WHY] = { "WHY", COLUMN_CUT },
	{ 0 },
};

static enum color action_color(const char *action)
{
	if (str_eq(action, "cached"))
		return COLOR_GREEN;
	return str_eq(action, "skip") ? COLOR_DIM : COLOR_YELLOW;
}

static void write_why(struct buf *out, const json_t *step)
{
	const char *from = field_text(step, "cached_from");
	const json_t *reason;
	size_t i;

	if (*from)
		buf_printf(out, "from run %.*s", (int)strcspn(from, "/"), from);
	json_array_foreach(json_object_get(step, "reasons"), i, reason) {
		const char *text = json_string_value(reason);

		buf_str_append(out, out->len > 0 ? "; " : "");
		str_printable(out, text ? text : "", json_string_length(reason));
	}
}

static void print_plan(const struct call *call, const json_t *plan)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	struct buf why = BUF_INIT;
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(plan, "steps"), i, step) {
		const char *action = field_text(step, "action");
		struct table_row *row = table_row(t, NULL);

		table_cell(row, STEP, COLOR_NONE, field_text(step, "name"));
		table_cell(row, ACTION, action_color(action), action);
		buf_clear(&why);
		write_why(&why, step);
		table_cell(row, WHY, COLOR_NONE, buf_str(&why));
	}
	table_print(t);
	table_destroy(t);
	buf_finish(&why);
	if (!field_bool(plan, "work"))
		puts("nothing to do: everything comes from the cache");
}

static int show(const struct call *call, const json_t *plan)
{
	bool work = field_bool(plan, "work");

	submit_warnings(call, plan);
	if (call->settings.json)
		print_json(plan);
	else if (!call->settings.quiet)
		print_plan(call, plan);
	return call_has(call, "exit-code") && work ? EXIT_WORK : 0;
}

static int run(const struct call *call, struct err *err)
{
	struct talk *client = NULL;
	json_t *args = NULL, *plan = NULL;
	int code = 0, rc = submit_args(call, &args, err);

	if (rc == 0)
		rc = talk_open(&call->settings, &client, err);
	if (rc == 0)
		rc = submit_call(client, "run.plan", json_incref(args), &plan, &code, err);
	if (rc == 0 && plan)
		code = show(call, plan);
	json_decref(args);
	json_decref(plan);
	talk_close(client);
	return rc < 0 ? rc : code;
}

const struct cli_command cmd_plan = {
	.name = "plan",
	.group = GROUP_START,
	.summary = "show what would run, and why",
	.text = "For each step, in order: whether it comes from the cache, or which change\n"
		"makes it run. `depends`: that hangs on what a step before it makes. Nothing is\n"
		"run or recorded.\n",
	.args = (const struct arg_spec[]){
		{ "REPO", "folder or Git URL (.)", true, false, WORD_FOLDER },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		SUBMIT_OPTIONS,
		{ "exit-code", 0, NULL, "exit code 0: nothing to do, 2: work to do", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot plan --dirty", "what the changes I have not committed would cost" },
		{ "ingot plan -q --exit-code || ingot run", "run only if there is work" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
