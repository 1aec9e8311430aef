/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - text by the cells of a terminal that it takes */
#ifndef INGOT_CLI_OUTPUT_TEXT_H
#define INGOT_CLI_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* To be called before the others, and before a table is printed: the widths of
 * characters come from the locale. Returns whether the terminal takes UTF-8. */
bool text_init(void);

/* Cells of a printable text (no control bytes, no escape sequences). */
size_t text_cells(const char *text);
/* Appends at most `cells` cells of text; what does not fit ends in "…". Returns
 * the cells appended. */
size_t text_cut(struct buf *out, const char *text, size_t cells);
/* The same, filled up with spaces to exactly `cells`. */
void text_pad(struct buf *out, const char *text, size_t cells);

#endif
