/* SPDX-License-Identifier: Apache-2.0 */
/* manual.h - man pages, made from the tables */
#ifndef INGOT_CLI_MANUAL_H
#define INGOT_CLI_MANUAL_H

#include "cli/command.h"

struct buf;

/* ingot(1): the commands, settings, exit codes. */
void manual_overview(struct buf *out, const struct cli_command *const *table);
/* ingot-COMMAND(1) */
void manual_command(struct buf *out, const struct cli_command *command);

#endif
