/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - every command, each in a file of its own, cmd_NAME.c */
#ifndef INGOT_CLI_COMMANDS_H
#define INGOT_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cli_command cmd_cancel, cmd_check, cmd_completion, cmd_help, cmd_logs, cmd_man,
	cmd_plan, cmd_queue, cmd_retry, cmd_run, cmd_runs, cmd_schema, cmd_show, cmd_version, cmd_wait,
	cmd_why, cmd_workers;

/* All of them in the order of `ingot help`; NULL behind the last. */
extern const struct cli_command *const commands[];

#endif
