/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - what a command is: a row of a table */
#include "cli/command.h"

#include "base/str.h"

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
