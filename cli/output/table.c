/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - records in columns, on standard output (libsmartcols) */
#include "cli/output/table.h"

#include <libsmartcols.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/output/text.h"

/* Both are the library's own objects under a name of ours. */
static struct libscols_table *scols(struct table *t)
{
	return (struct libscols_table *)t;
}

static struct libscols_line *line(struct table_row *row)
{
	return (struct libscols_line *)row;
}

static int scols_flags(int flags)
{
	return (flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
	       (flags & COLUMN_CUT ? SCOLS_FL_TRUNC : 0) |
	       (flags & COLUMN_TREE ? SCOLS_FL_TREE : 0);
}

struct table *table_create(const struct table_column *columns, bool colored)
{
	struct libscols_table *t = scols_new_table();

	BUG_ON(!t);
	scols_table_enable_colors(t, colored);
	scols_table_enable_ascii(t, !text_init());
	scols_table_set_stream(t, stdout);
	for (; columns->title; columns++)
		BUG_ON(!scols_table_new_column(t, columns->title, 0, scols_flags(columns->flags)));
	return (struct table *)t;
}

void table_destroy(struct table *t)
{
	scols_unref_table(scols(t));
}

struct table_row *table_row(struct table *t, struct table_row *parent)
{
	struct libscols_line *made = scols_table_new_line(scols(t), line(parent));

	BUG_ON(!made);
	return (struct table_row *)made;
}

void table_cell(struct table_row *row, int column, enum color color, const char *text)
{
	BUG_ON(scols_line_set_data(line(row), (size_t)column, text) < 0);
	if (color != COLOR_NONE)
		scols_cell_set_color(scols_line_get_cell(line(row), (size_t)column),
				     color_start(color));
}

void table_print(struct table *t)
{
	scols_print_table(scols(t));
}
