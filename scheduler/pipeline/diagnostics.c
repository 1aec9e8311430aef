/* SPDX-License-Identifier: Apache-2.0 */
/* diagnostics.c - collect the mistakes of a definition, show them at their lines */
#include "scheduler/pipeline/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	/* Mistakes are found in another order than they are shown in, so some more
	 * are kept than are shown; a hostile file must not fill the memory. */
	KEPT_MAX = 10 * DIAGNOSTICS_MAX,
	WINDOW = 96,   /* characters shown of a source line */
	MESSAGE_MAX = 400,
};

void diagnostics_finish(struct diagnostics *d)
{
	free(d->items);
	arena_finish(&d->arena);
	*d = (struct diagnostics)DIAGNOSTICS_INIT;
}

bool diagnostics_is_full(const struct diagnostics *d)
{
	return d->count >= DIAGNOSTICS_MAX;
}

void diagnostics_add(struct diagnostics *d, struct pos pos, int length, const char *code,
		     const char *hint, const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	struct buf printable = BUF_INIT;
	va_list ap;

	if (d->count >= KEPT_MAX) {
		d->left_out++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	str_printable(&printable, message, strlen(message));
	d->items = mem_grow(d->items, &d->cap, d->count + 1, sizeof(*d->items));
	d->items[d->count++] = (struct diagnostic){
		.pos = pos,
		.length = length > 0 ? length : 1,
		.code = code,
		.message = arena_strdup(&d->arena, buf_str(&printable)),
		.hint = hint && *hint ? arena_strdup(&d->arena, hint) : NULL,
	};
	buf_finish(&printable);
}

static int by_place(const void *a, const void *b)
{
	const struct diagnostic *x = a, *y = b;

	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	if (x->pos.column != y->pos.column)
		return x->pos.column < y->pos.column ? -1 : 1;
	return strcmp(x->message, y->message);
}

void diagnostics_sort(struct diagnostics *d)
{
	if (d->count)
		qsort(d->items, d->count, sizeof(*d->items), by_place);
	if (d->count > DIAGNOSTICS_MAX) {
		d->left_out += d->count - DIAGNOSTICS_MAX;
		d->count = DIAGNOSTICS_MAX;
	}
}

/* The line without its end; NULL behind the last. */
static const char *find_line(const struct diagnostics *d, int line, size_t *ret_len)
{
	const char *s = d->source, *end = s ? s + d->source_len : s, *stop;

	for (int i = 1; s && i < line; i++) {
		s = memchr(s, '\n', (size_t)(end - s));
		s = s ? s + 1 : NULL;
	}
	if (!s)
		return NULL;
	stop = memchr(s, '\n', (size_t)(end - s));
	stop = stop ? stop : end;
	if (stop > s && stop[-1] == '\r')
		stop--;
	*ret_len = (size_t)(stop - s);
	return s;
}

/* Bytes of the first n characters. */
static size_t skip_characters(const char *s, size_t len, size_t n)
{
	size_t i = 0;

	for (; i < len && n; n--)
		do
			i++;
		while (i < len && (s[i] & 0xc0) == 0x80);
	return i;
}

/* The source line, or a window of it around the place, and the caret below. */
static void render_place(const struct diagnostics *d, const struct diagnostic *item,
			 struct buf *out)
{
	size_t len, start, shown, before = (size_t)item->pos.column - 1, cut = 0;
	const char *line = find_line(d, item->pos.line, &len);
	int length = item->length;

	if (!line || !str_is_utf8(line, len))
		return;
	if (before > WINDOW - 16)
		cut = before - WINDOW / 2;
	start = skip_characters(line, len, cut);
	shown = skip_characters(line + start, len - start, WINDOW);
	buf_printf(out, "%5d | %s", item->pos.line, cut ? "…" : "");
	str_printable(out, line + start, shown);
	buf_str_append(out, start + shown < len ? "…\n" : "\n");
	before += cut ? 1 : 0;
	if (length > WINDOW - (int)(before - cut))
		length = WINDOW - (int)(before - cut);
	buf_printf(out, "      | %*s", (int)(before - cut), "");
	for (int i = 0; i < length || i == 0; i++)
		buf_char(out, '^');
	buf_char(out, '\n');
}

static void render(const struct diagnostics *d, const struct diagnostic *item, struct buf *out)
{
	str_printable(out, d->file, strlen(d->file));
	buf_printf(out, ":%d:%d: error[%s]: %s\n", item->pos.line, item->pos.column, item->code,
		   item->message);
	render_place(d, item, out);
	if (item->hint)
		buf_printf(out, "  help: %s\n", item->hint);
}

void diagnostics_render(const struct diagnostics *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++)
		render(d, &d->items[i], out);
	if (d->left_out)
		buf_printf(out, "%s: %zu more mistakes are not shown\n", d->file, d->left_out);
}

void diagnostics_json(const struct diagnostics *d, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_write_array(&w, NULL);
	for (size_t i = 0; i < d->count; i++) {
		json_write_object(&w, NULL);
		json_write_string(&w, "file", d->file);
		json_write_int(&w, "line", d->items[i].pos.line);
		json_write_int(&w, "column", d->items[i].pos.column);
		json_write_string(&w, "code", d->items[i].code);
		json_write_string(&w, "message", d->items[i].message);
		json_write_string(&w, "hint", d->items[i].hint);
		json_write_end(&w);
	}
	json_write_end(&w);
}

int diagnostics_err(const struct diagnostics *d, struct err *err)
{
	struct buf text = BUF_INIT;

	if (!d->count)
		return 0;
	for (size_t i = 0; i < d->count; i++)
		buf_printf(&text, "%s%s:%d:%d: error[%s]: %s", i ? "\n" : "", d->file,
			   d->items[i].pos.line, d->items[i].pos.column, d->items[i].code,
			   d->items[i].message);
	err_set(err, ERR_INVALID, "%s", buf_str(&text));
	buf_finish(&text);
	return ERR_INVALID;
}
