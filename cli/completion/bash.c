/* SPDX-License-Identifier: Apache-2.0 */
/* bash.c - the completion script for bash */
#include "base/buf.h"
#include "cli/call.h"
#include "cli/completion/shells_priv.h"

/* The shell code that fills COMPREPLY with words of that kind. */
static void write_words(struct buf *out, enum word_kind kind, const char *value)
{
	switch (kind) {
	case WORD_FILE:
		buf_str_append(out, "COMPREPLY=($(compgen -f -- \"$cur\"))");
		break;
	case WORD_FOLDER:
		buf_str_append(out, "COMPREPLY=($(compgen -d -- \"$cur\"))");
		break;
	case WORD_RUN:
		buf_str_append(out, "COMPREPLY=($(compgen -W \"latest $(" COMPLETION_RUNS
				    ")\" -- \"$cur\"))");
		break;
	case WORD_COMMAND:
		buf_str_append(out, "COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))");
		break;
	case WORD_CHOICE:
		buf_str_append(out, "COMPREPLY=($(compgen -W \"");
		completion_choices(out, value);
		buf_str_append(out, "\" -- \"$cur\"))");
		break;
	case WORD_TEXT:
	case WORD_COUNT:
		buf_str_append(out, ":");
		break;
	}
}

/* What stands behind an option that takes a value. */
static void write_values(struct buf *out, const char *command, const struct option_spec *options)
{
	for (; options && options->name; options++) {
		if (!options->value)
			continue;
		buf_printf(out, "\t%s:--%s", command, options->name);
		if (options->letter)
			buf_printf(out, "|%s:-%c", command, options->letter);
		buf_str_append(out, ") ");
		write_words(out, options->kind, options->value);
		buf_str_append(out, "; return ;;\n");
	}
}

static void write_options(struct buf *out, const struct cli_command *command)
{
	const struct option_spec *options;
	int list = 0;

	buf_printf(out, "\t%s:-*) COMPREPLY=($(compgen -W \"", command->name);
	while ((options = completion_options(command, &list)))
		for (; options->name; options++)
			buf_printf(out, "--%s ", options->name);
	buf_str_append(out, "\" -- \"$cur\")) ;;\n");
}

static void write_args(struct buf *out, const struct cli_command *command)
{
	const struct arg_spec *arg = command->args;

	if (!arg || !arg->name)
		return;
	buf_printf(out, "\t%s:*) ", command->name);
	write_words(out, arg->kind, arg->name);
	buf_str_append(out, " ;;\n");
}

void completion_bash(const struct cli_command *const *table, struct buf *out)
{
	buf_str_append(out,
		       "# bash completion of ingot\n_ingot()\n{\n"
		       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		       "\tlocal command= i commands='");
	for (size_t i = 0; table[i]; i++)
		if (table[i]->group != GROUP_HIDDEN)
			buf_printf(out, "%s ", table[i]->name);
	buf_str_append(out, "'\n\tCOMPREPLY=()\n"
			    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			    "\t\tcase ${COMP_WORDS[i]} in\n"
			    "\t\t--home|--color) ((i++)) ;;\n"
			    "\t\t-*) ;;\n"
			    "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
			    "\t\tesac\n\tdone\n"
			    "\tcase $command:$prev in\n");
	write_values(out, "*", call_globals);
	for (size_t i = 0; table[i]; i++)
		write_values(out, table[i]->name, table[i]->options);
	buf_str_append(out, "\tesac\n\tcase $command:$cur in\n");
	buf_str_append(out, "\t:*) COMPREPLY=($(compgen -W \"$commands --home --color --help\" -- "
			    "\"$cur\")) ;;\n");
	for (size_t i = 0; table[i]; i++) {
		write_options(out, table[i]);
		write_args(out, table[i]);
	}
	buf_str_append(out, "\tesac\n}\ncomplete -F _ingot ingot\n");
}
