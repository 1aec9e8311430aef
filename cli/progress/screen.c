/* SPDX-License-Identifier: Apache-2.0 */
/* screen.c - a block of lines at the end of a terminal that is drawn anew */
#include "cli/progress/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/output/text.h"

enum { DEFAULT_WIDTH = 80, DEFAULT_HEIGHT = 24 };

void screen_init(struct screen *l, FILE *out)
{
	*l = (struct screen){ .out = out };
}

void screen_finish(struct screen *l)
{
	free(l->cells);
}

void screen_size(const struct screen *l, size_t *ret_width, size_t *ret_height)
{
	struct winsize size = { 0 };

	ioctl(fileno(l->out), TIOCGWINSZ, &size);
	*ret_width = size.ws_col ? size.ws_col : DEFAULT_WIDTH;
	*ret_height = size.ws_row ? size.ws_row : DEFAULT_HEIGHT;
}

/* Rows of the screen that the last frame takes at this width. */
static size_t rows_taken(const struct screen *l, size_t width)
{
	size_t rows = 0;

	for (size_t i = 0; i < l->count; i++)
		rows += l->cells[i] <= width ? 1 : (l->cells[i] + width - 1) / width;
	return rows;
}

/* Cells of a line that may hold colours. */
static size_t line_cells(const char *line, size_t len)
{
	struct buf plain = BUF_INIT;
	size_t cells;

	for (size_t i = 0; i < len; i++) {
		if (line[i] != '\x1b') {
			buf_char(&plain, line[i]);
			continue;
		}
		while (i < len && line[i] != 'm')
			i++;
	}
	cells = text_cells(buf_str(&plain));
	buf_finish(&plain);
	return cells;
}

void screen_draw(struct screen *l, const char *text, size_t width)
{
	size_t up = rows_taken(l, width);
	struct buf out = BUF_INIT;

	buf_char(&out, '\r');
	if (up > 0)
		buf_printf(&out, "\x1b[%zuA", up);
	for (l->count = 0; *text;) {
		size_t len = strcspn(text, "\n");

		l->cells = mem_grow(l->cells, &l->cap, l->count + 1, sizeof(*l->cells));
		l->cells[l->count++] = line_cells(text, len);
		buf_append(&out, text, len);
		buf_str_append(&out, "\x1b[K\n");
		text += len + (text[len] == '\n');
	}
	buf_str_append(&out, "\x1b[J");
	fwrite(out.data, 1, out.len, l->out);
	fflush(l->out);
	buf_finish(&out);
}

void screen_clear(struct screen *l)
{
	size_t width, height;

	screen_size(l, &width, &height);
	screen_draw(l, "", width);
}

void screen_keep(struct screen *l)
{
	l->count = 0;
}
