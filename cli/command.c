/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - what a command is: a row of a table */
#include "cli/command.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum { COMMANDS_MAX = 64 }; /* that a suggestion looks at */

static const char *const titles[GROUP_COUNT] = {
	[GROUP_START] = "Run a pipeline",
	[GROUP_RUNS] = "Look at runs",
	[GROUP_ARTIFACTS] = "Look at results",
	[GROUP_CARE] = "Housekeeping",
	[GROUP_HIDDEN] = "Inside",
};

const char *command_group_title(enum command_group group)
{
	return titles[group];
}

size_t option_spec_count(const struct option_spec *options)
{
	size_t count = 0;

	while (options && options[count].name)
		count++;
	return count;
}

size_t arg_spec_count(const struct arg_spec *args)
{
	size_t count = 0;

	while (args && args[count].name)
		count++;
	return count;
}

const struct cli_command *command_lookup(const struct cli_command *const *table, const char *name)
{
	for (; *table; table++)
		if (str_eq((*table)->name, name))
			return *table;
	return NULL;
}

int command_find(const struct cli_command *const *table, const char *word,
		 const struct cli_command **ret, struct err *err)
{
	const char *names[COMMANDS_MAX];
	const char *nearest;
	size_t count = 0;

	*ret = command_lookup(table, word);
	if (*ret)
		return 0;
	for (size_t i = 0; table[i] && count < countof(names); i++)
		if (table[i]->group != GROUP_HIDDEN)
			names[count++] = table[i]->name;
	err_set(err, ERR_USAGE, "no such command: %s", word);
	nearest = str_suggest(word, names, count);
	return nearest ? err_hint(err, "did you mean '%s'?", nearest)
		       : err_hint(err, "'ingot help' lists the commands");
}
