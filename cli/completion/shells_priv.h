/* SPDX-License-Identifier: Apache-2.0 */
/* shells_priv.h - one writer a shell, and what they share */
#ifndef INGOT_CLI_COMPLETION_SHELLS_PRIV_H
#define INGOT_CLI_COMPLETION_SHELLS_PRIV_H

#include "cli/command.h"

struct buf;

void completion_bash(const struct cli_command *const *table, struct buf *out);
void completion_fish(const struct cli_command *const *table, struct buf *out);
void completion_zsh(const struct cli_command *const *table, struct buf *out);

/* All options of a command, in turn: its own, --json where it has it, the global
 * ones. list starts at 0; NULL ends it. */
const struct option_spec *completion_options(const struct cli_command *command, int *list);
/* What a WORD_RUN may be, as words of a shell command. */
#define COMPLETION_RUNS "ingot runs -q 2>/dev/null"
/* Appends a choice's words, spaces in between: "auto|always" is "auto always". */
void completion_choices(struct buf *out, const char *bars);
/* Appends text for within '…', each quote as the shell wants it. */
void completion_quoted(struct buf *out, const char *text, const char *quote);

#endif
