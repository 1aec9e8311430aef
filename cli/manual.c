/* SPDX-License-Identifier: Apache-2.0 */
/* manual.c - man pages, made from the tables
 *
 * Text goes through roff_text(), so that a word of a table can never be taken
 * for a request or an escape.
 */
#include "cli/manual.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cli/call.h"

static const struct {
	const char *code, *text;
} exit_codes[] = {
	{ "0", "succeeded" },
	{ "1", "failed, or no such thing" },
	{ "2", "used wrongly, or an invalid definition" },
	{ "3", "a gate was not met" },
	{ "4", "not allowed" },
	{ "5", "the system failed: scheduler unreachable, disk full" },
	{ "124", "timed out" },
	{ "130", "interrupted" },
};

static const struct {
	const char *name, *text;
} variables[] = {
	{ "INGOT_HOME", "the folder with all state; otherwise $XDG_DATA_HOME/ingot" },
	{ "INGOT_COLOR, NO_COLOR, CLICOLOR_FORCE", "whether to colour, after --color" },
	{ "INGOT_WORKERS", "worker processes of a run, unless --workers is given" },
	{ "INGOT_LOG", "what the scheduler says in scheduler.log: error, warn, info, debug" },
};

static void roff_text(struct buf *out, const char *text)
{
	bool at_start = true;

	for (; *text; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			buf_str_append(out, "\\&");
		if (*text == '\\')
			buf_str_append(out, "\\e");
		else if (*text == '-')
			buf_str_append(out, "\\-");
		else
			buf_char(out, *text);
		at_start = *text == '\n';
	}
}

static void line(struct buf *out, const char *request, const char *text)
{
	buf_str_append(out, request);
	roff_text(out, text);
	buf_char(out, '\n');
}

static void head(struct buf *out, const char *title, const char *summary)
{
	buf_printf(out, ".TH %s 1 \"\" \"ingot %s\" \"Ingot\"\n.SH NAME\n", title, INGOT_VERSION);
	roff_text(out, title);
	buf_str_append(out, " \\- ");
	line(out, "", summary);
}

static void entry(struct buf *out, const char *label, const char *text)
{
	line(out, ".TP\n.B ", label);
	line(out, "", text);
}

static void options(struct buf *out, const struct option_spec *specs)
{
	struct buf label = BUF_INIT;

	for (; specs && specs->name; specs++) {
		buf_clear(&label);
		if (specs->letter)
			buf_printf(&label, "-%c, ", specs->letter);
		buf_printf(&label, "--%s", specs->name);
		if (specs->value)
			buf_printf(&label, " %s", specs->value);
		entry(out, buf_str(&label), specs->text);
	}
	buf_finish(&label);
}

static void synopsis(struct buf *out, const struct cli_command *command)
{
	buf_str_append(out, ".SH SYNOPSIS\n.B ingot ");
	line(out, "", command->name);
	for (const struct arg_spec *arg = command->args; arg && arg->name; arg++)
		buf_printf(out, arg->is_optional ? "[\\fI%s\\fR%s]\n" : "\\fI%s\\fR%s\n", arg->name,
			   arg->repeats ? " ..." : "");
	buf_str_append(out, "[\\fIoptions\\fR]\n");
}

static void examples(struct buf *out, const struct example *list)
{
	if (!list || !list->line)
		return;
	buf_str_append(out, ".SH EXAMPLES\n");
	for (; list->line; list++)
		entry(out, list->line, list->text);
}

/* Blank lines part paragraphs. */
static void paragraphs(struct buf *out, const char *text)
{
	struct buf plain = BUF_INIT;

	for (; *text; text++) {
		buf_char(&plain, *text);
		if (text[0] == '\n' && text[1] == '\n') {
			roff_text(out, buf_str(&plain));
			buf_clear(&plain);
			buf_str_append(out, ".PP\n");
			text++;
		}
	}
	roff_text(out, buf_str(&plain));
	buf_finish(&plain);
}

void manual_command(struct buf *out, const struct cli_command *command)
{
	struct buf title = BUF_INIT;

	buf_printf(&title, "ingot-%s", command->name);
	head(out, buf_str(&title), command->summary);
	buf_finish(&title);
	synopsis(out, command);
	if (command->text) {
		buf_str_append(out, ".SH DESCRIPTION\n");
		paragraphs(out, command->text);
	}
	buf_str_append(out, ".SH OPTIONS\n");
	for (const struct arg_spec *arg = command->args; arg && arg->name; arg++)
		entry(out, arg->name, arg->text);
	options(out, command->options);
	if (command->has_json)
		options(out, call_json_option);
	options(out, call_globals);
	examples(out, command->examples);
	buf_str_append(out, ".SH SEE ALSO\n.BR ingot (1)\n");
}

void manual_overview(struct buf *out, const struct cli_command *const *table)
{
	head(out, "ingot", "models out of Git commits");
	buf_str_append(out, ".SH SYNOPSIS\n.B ingot\n\\fICOMMAND\\fR [\\fIoptions\\fR]\n"
			    ".SH COMMANDS\n");
	for (size_t i = 0; table[i]; i++)
		if (table[i]->group != GROUP_HIDDEN)
			entry(out, table[i]->name, table[i]->summary);
	buf_str_append(out, ".SH ENVIRONMENT\n");
	for (size_t i = 0; i < countof(variables); i++)
		entry(out, variables[i].name, variables[i].text);
	buf_str_append(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < countof(exit_codes); i++)
		entry(out, exit_codes[i].code, exit_codes[i].text);
}
