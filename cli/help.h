/* SPDX-License-Identifier: Apache-2.0 */
/* help.h - what `-h`, `--help` and `ingot help` say, made from the tables */
#ifndef INGOT_CLI_HELP_H
#define INGOT_CLI_HELP_H

#include <stdbool.h>

#include "cli/command.h"

struct buf;

/* `ingot` alone: all commands by group. colored: headings stand out. */
void help_overview(struct buf *out, const struct cli_command *const *table, bool colored);
/* Usage, options and the first example; in long also the text and every example. */
void help_command(struct buf *out, const struct cli_command *command, bool is_long, bool colored);
/* "ingot run [REPO] [options]" */
void help_usage(struct buf *out, const struct cli_command *command);

#endif
