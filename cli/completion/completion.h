/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h - completion scripts, made from the tables */
#ifndef INGOT_CLI_COMPLETION_COMPLETION_H
#define INGOT_CLI_COMPLETION_COMPLETION_H

#include "cli/command.h"

struct buf;
struct err;

/* shell: "bash", "zsh" or "fish". ERR_USAGE for another one. */
int completion_script(const char *shell, const struct cli_command *const *table, struct buf *out,
		      struct err *err);

#endif
