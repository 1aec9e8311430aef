/* SPDX-License-Identifier: Apache-2.0 */
/* fish.c - the completion script for fish */
#include "base/buf.h"
#include "cli/call.h"
#include "cli/completion/shells_priv.h"

/* The arguments of `complete` that offer words of that kind. */
static void write_words(struct buf *out, enum word_kind kind, const char *value)
{
	switch (kind) {
	case WORD_FILE:
		buf_str_append(out, " -F");
		break;
	case WORD_FOLDER:
		buf_str_append(out, " -a '(__fish_complete_directories)'");
		break;
	case WORD_RUN:
		buf_str_append(out, " -a 'latest (" COMPLETION_RUNS ")'");
		break;
	case WORD_COMMAND:
		buf_str_append(out, " -a '(__ingot_commands)'");
		break;
	case WORD_CHOICE:
		buf_str_append(out, " -a '");
		completion_choices(out, value);
		buf_char(out, '\'');
		break;
	case WORD_TEXT:
	case WORD_COUNT:
		break;
	}
}

static void write_text(struct buf *out, const char *text)
{
	buf_str_append(out, " -d '");
	completion_quoted(out, text, "\\'");
	buf_str_append(out, "'\n");
}

static void write_command(struct buf *out, const struct cli_command *command)
{
	const struct option_spec *options;
	int list = 0;

	buf_printf(out, "complete -c ingot -n __fish_use_subcommand -a %s", command->name);
	write_text(out, command->summary);
	while ((options = completion_options(command, &list)) && options != call_globals)
		for (; options->name; options++) {
			buf_printf(out,
				   "complete -c ingot -n '__fish_seen_subcommand_from %s' -l %s",
				   command->name, options->name);
			if (options->letter)
				buf_printf(out, " -s %c", options->letter);
			if (options->value)
				buf_str_append(out, " -r");
			write_words(out, options->kind, options->value);
			write_text(out, options->text);
		}
	if (command->args && command->args->name && command->args->kind != WORD_TEXT) {
		buf_printf(out, "complete -c ingot -n '__fish_seen_subcommand_from %s'",
			   command->name);
		write_words(out, command->args->kind, command->args->name);
		write_text(out, command->args->text);
	}
}

void completion_fish(const struct cli_command *const *table, struct buf *out)
{
	buf_str_append(out,
		       "# fish completion of ingot\nfunction __ingot_commands\n\tprintf '%s\\n'");
	for (size_t i = 0; table[i]; i++)
		if (table[i]->group != GROUP_HIDDEN)
			buf_printf(out, " %s", table[i]->name);
	buf_str_append(out, "\nend\ncomplete -c ingot -f\n");
	for (const struct option_spec *o = call_globals; o->name; o++) {
		buf_printf(out, "complete -c ingot -l %s", o->name);
		if (o->letter)
			buf_printf(out, " -s %c", o->letter);
		if (o->value)
			buf_str_append(out, " -r");
		write_words(out, o->kind, o->value);
		write_text(out, o->text);
	}
	for (size_t i = 0; table[i]; i++)
		if (table[i]->group != GROUP_HIDDEN)
			write_command(out, table[i]);
}
