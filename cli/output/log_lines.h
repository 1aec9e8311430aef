/* SPDX-License-Identifier: Apache-2.0 */
/* log_lines.h - a step's log on its way to people or programs
 *
 * To a program goes every byte as it is. On a terminal, and where a prefix tells
 * the step, it goes line by line: control bytes shown, and of a line that a
 * tool drew over and over (by CR) what stood there last.
 */
#ifndef INGOT_CLI_OUTPUT_LOG_LINES_H
#define INGOT_CLI_OUTPUT_LOG_LINES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

enum { LOG_LINE_MAX = 64 * 1024 }; /* a longer one is broken */

struct log_lines {
	FILE *out;
	const char *prefix; /* lent; NULL: none */
	bool is_safe;       /* control bytes are shown instead of sent */
	struct buf line;    /* what has come of the current one */
};

void log_lines_init(struct log_lines *l, FILE *out, const char *prefix, bool is_safe);
void log_lines_write(struct log_lines *l, const char *data, size_t len);
/* Writes out a last line without an end, and frees. */
void log_lines_finish(struct log_lines *l);

#endif
