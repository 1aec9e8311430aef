/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - the table of all commands */
#include "cli/commands/commands.h"

const struct cli_command *const commands[] = {
	&cmd_run,  &cmd_check,	 &cmd_plan,
	&cmd_runs, &cmd_show,	 &cmd_logs,    &cmd_why,  &cmd_wait, &cmd_cancel, &cmd_retry,
	&cmd_queue, &cmd_workers,
	&cmd_completion, &cmd_schema, &cmd_version, &cmd_help, &cmd_man,
	NULL,
};
