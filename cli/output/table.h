/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - records in columns, on standard output
 *
 * On a terminal columns that may be cut are, so that a row is one line; in a pipe
 * nothing is cut. Control bytes in cells are shown, never sent.
 */
#ifndef INGOT_CLI_OUTPUT_TABLE_H
#define INGOT_CLI_OUTPUT_TABLE_H

#include <stdbool.h>

#include "cli/output/color.h"

struct table;
struct table_row;

enum column_flags {
	COLUMN_RIGHT = 1 << 0, /* numbers */
	COLUMN_CUT = 1 << 1,   /* gives way on a narrow terminal */
	COLUMN_TREE = 1 << 2,  /* shows whose child a row is */
};

struct table_column {
	const char *title; /* NULL ends the list */
	int flags;
};

struct table *table_create(const struct table_column *columns, bool colored);
void table_destroy(struct table *t); /* NULL is fine */
/* Adds a row below parent (NULL: at the top); it belongs to the table. */
struct table_row *table_row(struct table *t, struct table_row *parent);
/* Sets a cell; text is copied. */
void table_cell(struct table_row *row, int column, enum color color, const char *text);
/* Prints all rows; nothing if there are none. */
void table_print(struct table *t);

#endif
