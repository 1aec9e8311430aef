/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one use of a command: its words, read by its table
 *
 *	1. call_parse()   reads argv; what does not fit is refused with a suggestion
 *	2. call_option(), call_has(), call->args
 *	3. call_finish()
 *
 * Words stay those of argv, which must outlive the call.
 */
#ifndef INGOT_CLI_CALL_H
#define INGOT_CLI_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/settings.h"

enum help_wanted { HELP_NONE, HELP_SHORT, HELP_LONG };

struct option_use {
	const struct option_spec *spec;
	const char *value; /* NULL for a flag */
};

struct call {
	const struct cli_command *const *table; /* all commands; ends with NULL */
	const struct cli_command *command;      /* NULL: none was named */
	enum help_wanted help;
	bool version; /* `ingot --version` */
	struct settings settings;
	struct option_use *uses; /* of the command's options, as typed */
	size_t use_count, use_cap;
	char **args; /* the words that are no options; NULL behind the last */
	size_t arg_count;
};

/* Options that every command takes; --json belongs to those that print records. */
extern const struct option_spec call_globals[];
extern const struct option_spec call_json_option[];

/* ERR_USAGE for an unknown command or option, a missing or superfluous word. To be
 * finished in any case. Where help or version is set the rest was not checked. */
int call_parse(struct call *call, const struct cli_command *const *table, int argc, char **argv,
	       struct err *err);
void call_finish(struct call *call);

/* The option's last value, NULL if it was not given. The command must have it. */
const char *call_option(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);
/* The option as a number from min to max, or fallback. ERR_USAGE names the option. */
int call_number(const struct call *call, const char *name, int64_t min, int64_t max,
		int64_t fallback, int64_t *ret, struct err *err);

#endif
