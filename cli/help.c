/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - what `-h`, `--help` and `ingot help` say, made from the tables */
#include "cli/help.h"

#include <string.h>

#include "base/buf.h"
#include "cli/call.h"
#include "cli/output/color.h"

enum { LABEL_WIDTH = 26 }; /* of "  -p, --param NAME=VALUE": longer ones get their own line */

static void heading(struct buf *out, bool colored, const char *title)
{
	buf_char(out, '\n');
	color_append(out, colored, COLOR_BOLD, title);
	buf_str_append(out, ":\n");
}

/* A label and its text in two columns. */
static void row(struct buf *out, const char *label, const char *text)
{
	size_t len = strlen(label);

	buf_printf(out, "  %s", label);
	if (len >= LABEL_WIDTH)
		buf_printf(out, "\n  %*s", LABEL_WIDTH, "");
	else
		buf_printf(out, "%*s", (int)(LABEL_WIDTH - len), "");
	buf_printf(out, "%s\n", text);
}

void help_usage(struct buf *out, const struct cli_command *command)
{
	buf_printf(out, "ingot %s", command->name);
	for (const struct arg_spec *arg = command->args; arg && arg->name; arg++)
		buf_printf(out, arg->is_optional ? " [%s%s]" : " %s%s", arg->name,
			   arg->repeats ? "…" : "");
	buf_str_append(out, " [options]");
}

static void option_rows(struct buf *out, const struct option_spec *options)
{
	struct buf label = BUF_INIT;

	for (const struct option_spec *o = options; o && o->name; o++) {
		buf_clear(&label);
		if (o->letter)
			buf_printf(&label, "-%c, --%s", o->letter, o->name);
		else
			buf_printf(&label, "    --%s", o->name);
		if (o->value)
			buf_printf(&label, " %s", o->value);
		row(out, buf_str(&label), o->text);
	}
	buf_finish(&label);
}

static void example_rows(struct buf *out, const struct example *examples, bool all)
{
	for (const struct example *e = examples; e && e->line; e++) {
		buf_printf(out, "  %s\n      %s\n", e->line, e->text);
		if (!all)
			break;
	}
}

void help_command(struct buf *out, const struct cli_command *command, bool is_long, bool colored)
{
	color_append(out, colored, COLOR_BOLD, "Usage:");
	buf_char(out, ' ');
	help_usage(out, command);
	buf_printf(out, "\n\n%s\n", command->summary);
	if (is_long && command->text)
		buf_printf(out, "\n%s", command->text);
	if (command->args && command->args->name) {
		heading(out, colored, "Words");
		for (const struct arg_spec *arg = command->args; arg->name; arg++)
			row(out, arg->name, arg->text);
	}
	heading(out, colored, "Options");
	option_rows(out, command->options);
	if (command->has_json)
		option_rows(out, call_json_option);
	option_rows(out, call_globals);
	if (command->examples && command->examples->line) {
		heading(out, colored, is_long ? "Examples" : "Example");
		example_rows(out, command->examples, is_long);
	}
}

void help_overview(struct buf *out, const struct cli_command *const *table, bool colored)
{
	buf_str_append(out, "ingot: models out of Git commits\n\n");
	color_append(out, colored, COLOR_BOLD, "Usage:");
	buf_str_append(out, " ingot COMMAND [options]\n");
	for (int group = 0; group < GROUP_HIDDEN; group++) {
		heading(out, colored, command_group_title((enum command_group)group));
		for (size_t i = 0; table[i]; i++)
			if (table[i]->group == (enum command_group)group)
				row(out, table[i]->name, table[i]->summary);
	}
	buf_str_append(out, "\nNew here?  ingot init --demo penguins\n"
			    "More on a command:  ingot help COMMAND, or COMMAND -h in short\n");
}
