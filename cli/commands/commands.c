/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - the table of all commands */
#include "cli/commands/commands.h"

const struct cli_command *const commands[] = {
	&cmd_init, &cmd_check, &cmd_plan, &cmd_run,
	&cmd_runs, &cmd_show, &cmd_logs, &cmd_why, &cmd_wait, &cmd_cancel, &cmd_retry, &cmd_queue,
	&cmd_workers,
	&cmd_metrics, &cmd_diff, &cmd_artifacts, &cmd_get, &cmd_lineage, &cmd_reproduce, &cmd_shell,
	&cmd_gc, &cmd_fsck, &cmd_doctor, &cmd_sql, &cmd_schema, &cmd_completion, &cmd_version,
	&cmd_help,
	&cmd_man, &cmd_scheduler, &cmd_worker,
	NULL,
};
