/* SPDX-License-Identifier: Apache-2.0 */
/* zsh.c - the completion script for zsh */
#include <string.h>

#include "base/buf.h"
#include "cli/call.h"
#include "cli/completion/shells_priv.h"

/* The action of an _arguments specification. */
static void write_words(struct buf *out, enum word_kind kind, const char *value)
{
	switch (kind) {
	case WORD_FILE:
		buf_str_append(out, "_files");
		break;
	case WORD_FOLDER:
		buf_str_append(out, "_files -/");
		break;
	case WORD_RUN:
		buf_str_append(out, "_ingot_runs");
		break;
	case WORD_COMMAND:
		buf_str_append(out, "_ingot_commands");
		break;
	case WORD_CHOICE:
		buf_char(out, '(');
		completion_choices(out, value);
		buf_char(out, ')');
		break;
	case WORD_TEXT:
	case WORD_COUNT:
		buf_char(out, ' ');
		break;
	}
}

/* Text within '…', where colons and brackets part the fields. */
static void write_text(struct buf *out, const char *text)
{
	char one[] = { 0, 0 };

	for (; *text; text++) {
		if (strchr(":[]", *text))
			buf_char(out, '\\');
		one[0] = *text;
		completion_quoted(out, one, "'\\''");
	}
}

static void write_option(struct buf *out, const char *dashes, const char *name,
			 const struct option_spec *o)
{
	buf_printf(out, " \\\n\t\t\t'*%s%s[", dashes, name);
	write_text(out, o->text);
	buf_char(out, ']');
	if (o->value) {
		buf_char(out, ':');
		write_text(out, o->value);
		buf_char(out, ':');
		write_words(out, o->kind, o->value);
	}
	buf_char(out, '\'');
}

static void write_options(struct buf *out, const struct option_spec *options)
{
	for (; options && options->name; options++) {
		char letter[] = { options->letter, '\0' };

		write_option(out, "--", options->name, options);
		if (options->letter)
			write_option(out, "-", letter, options);
	}
}

/* "*": any number of them; ":": there may be none. */
static const char *arg_marks(const struct arg_spec *arg)
{
	if (arg->repeats)
		return "*";
	return arg->is_optional ? ":" : "";
}

static void write_command(struct buf *out, const struct cli_command *command)
{
	const struct option_spec *options;
	int list = 0;

	buf_printf(out, "\t\t%s)\n\t\t\t_arguments", command->name);
	while ((options = completion_options(command, &list)))
		write_options(out, options);
	for (const struct arg_spec *arg = command->args; arg && arg->name; arg++) {
		buf_printf(out, " \\\n\t\t\t'%s:", arg_marks(arg));
		write_text(out, arg->name);
		buf_char(out, ':');
		write_words(out, arg->kind, arg->name);
		buf_char(out, '\'');
	}
	buf_str_append(out, " ;;\n");
}

void completion_zsh(const struct cli_command *const *table, struct buf *out)
{
	buf_str_append(out, "#compdef ingot\n_ingot_commands() {\n\tlocal -a commands=(");
	for (size_t i = 0; table[i]; i++) {
		if (table[i]->group == GROUP_HIDDEN)
			continue;
		buf_printf(out, "\n\t\t'%s:", table[i]->name);
		write_text(out, table[i]->summary);
		buf_char(out, '\'');
	}
	buf_str_append(out, "\n\t)\n\t_describe command commands\n}\n"
			    "_ingot_runs() {\n\tlocal -a runs=(latest ${(f)\"$(" COMPLETION_RUNS
			    ")\"})\n\t_describe run runs\n}\n"
			    "_ingot() {\n\tlocal state line\n\t_arguments -C");
	write_options(out, call_globals);
	buf_str_append(out, " \\\n\t\t\t'1:command:_ingot_commands' '*::word:->words'\n"
			    "\t[[ $state == words ]] || return\n\tcase $line[1] in\n");
	for (size_t i = 0; table[i]; i++)
		if (table[i]->group != GROUP_HIDDEN)
			write_command(out, table[i]);
	buf_str_append(out, "\tesac\n}\n_ingot \"$@\"\n");
}
