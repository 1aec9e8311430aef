/* SPDX-License-Identifier: Apache-2.0 */
/* log_lines.c - a step's log on its way to people or programs */
#include "cli/output/log_lines.h"

#include <string.h>

#include "base/str.h"

void log_lines_init(struct log_lines *l, FILE *out, const char *prefix, bool is_safe)
{
	*l = (struct log_lines){ .out = out, .prefix = prefix, .is_safe = is_safe };
}

static void write_line(struct log_lines *l)
{
	const char *text = buf_str(&l->line);
	size_t len = l->line.len;
	struct buf shown = BUF_INIT;
	const char *cr;

	while (len > 0 && text[len - 1] == '\r')
		len--;
	cr = memrchr(text, '\r', len);
	if (cr) {
		len -= (size_t)(cr + 1 - text);
		text = cr + 1;
	}
	if (l->prefix)
		fputs(l->prefix, l->out);
	if (l->is_safe)
		str_printable(&shown, text, len);
	else
		buf_append(&shown, text, len);
	fwrite(buf_str(&shown), 1, shown.len, l->out);
	putc('\n', l->out);
	buf_finish(&shown);
	buf_clear(&l->line);
}

void log_lines_write(struct log_lines *l, const char *data, size_t len)
{
	if (!l->prefix && !l->is_safe) {
		fwrite(data, 1, len, l->out);
		len = 0;
	}
	while (len > 0) {
		size_t room = LOG_LINE_MAX - l->line.len;
		const char *end = memchr(data, '\n', len < room ? len : room);
		size_t take = end ? (size_t)(end - data) : len < room ? len : room;

		buf_append(&l->line, data, take);
		if (end || l->line.len == LOG_LINE_MAX)
			write_line(l);
		take += end != NULL;
		data += take;
		len -= take;
	}
	fflush(l->out);
}

void log_lines_finish(struct log_lines *l)
{
	if (l->line.len > 0)
		write_line(l);
	fflush(l->out);
	buf_finish(&l->line);
}
