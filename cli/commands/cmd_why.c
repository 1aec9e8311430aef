/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_why.c - the one reason why a run or a step is where it is */
#include <stdio.h>

#include "base/buf.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/look.h"
#include "cli/output/print.h"
#include "cli/talk.h"
#include "cli/words.h"

static void print_list(const json_t *list, const char *prefix)
{
	const json_t *line;
	size_t i;

	json_array_foreach(list, i, line)
		print_lines(stdout, prefix, json_string_value(line));
}

static void print_why(const json_t *why, bool colored)
{
	const char *state = field_text(why, "state");
	struct buf head = BUF_INIT;

	buf_printf(&head, "%lld", (long long)field_int(why, "run"));
	if (*field_text(why, "step"))
		buf_printf(&head, "/%s", field_text(why, "step"));
	buf_char(&head, ' ');
	color_append(&head, colored, look_state_color(state), state);
	buf_char(&head, '\n');
	print_buf(&head);
	print_list(json_object_get(why, "why"), "  ");
	print_list(json_object_get(why, "tail"), "  | ");
}

static int run(const struct call *call, struct err *err)
{
	json_t *args = NULL, *why = NULL;
	int rc = word_run_step(call->args[0], &args, err);

	if (rc == 0)
		rc = talk_ask(&call->settings, "run.why", args, &why, err);
	if (rc == 0 && call->settings.json)
		print_json(why);
	else if (rc == 0)
		print_why(why, color_wanted(call->settings.color, 1));
	json_decref(why);
	return rc;
}

const struct cli_command cmd_why = {
	.name = "why",
	.group = GROUP_RUNS,
	.summary = "say why a run or a step is where it is",
	.text = "What it waits for; which run it is cached from; which change made it run; with\n"
		"which last lines, and why, it failed; which worker it was lost to.\n",
	.args = (const struct arg_spec[]){
		{ "RUN[/STEP]", "a run's number, or latest; and one of its steps",
		  false, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot why latest/train", "why train ran, or did not" },
		{ "ingot why 42", "why run 42 failed, or what it waits for" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
