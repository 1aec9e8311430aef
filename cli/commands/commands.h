/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - every command, each in a file of its own, cmd_NAME.c */
#ifndef INGOT_CLI_COMMANDS_H
#define INGOT_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cli_command cmd_artifacts, cmd_cancel, cmd_check, cmd_completion, cmd_diff,
	cmd_doctor, cmd_fsck, cmd_gc, cmd_get, cmd_help, cmd_init, cmd_lineage, cmd_logs, cmd_man,
	cmd_metrics, cmd_plan, cmd_queue, cmd_reproduce, cmd_retry, cmd_run, cmd_runs, cmd_schema,
	cmd_scheduler, cmd_shell, cmd_show, cmd_sql, cmd_version, cmd_wait, cmd_why, cmd_worker,
	cmd_workers;

/* All of them in the order of `ingot help`; NULL behind the last. */
extern const struct cli_command *const commands[];

#endif
