/* SPDX-License-Identifier: Apache-2.0 */
/* str_format.c - strings: written for people, for shells, for terminals */
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

size_t str_vformat(char *out, size_t size, const char *fmt, va_list ap)
{
	static const char dots[] = "…";
	int len = vsnprintf(out, size, fmt, ap);
	size_t cut;

	BUG_ON(len < 0 || size < sizeof(dots));
	if ((size_t)len < size)
		return (size_t)len;
	cut = size - sizeof(dots);
	while (cut > 0 && ((unsigned char)out[cut] & 0xc0) == 0x80)
		cut--;
	memcpy(out + cut, dots, sizeof(dots));
	return cut + strlen(dots);
}

void str_format_duration(struct buf *b, int64_t ms)
{
	int64_t shown_ms = ms < 0 ? 0 : ms;
	int64_t tenths = shown_ms / 100 + (shown_ms % 100 >= 50);
	int64_t seconds = shown_ms / 1000 + (shown_ms % 1000 >= 500);

	if (tenths < 600)
		buf_printf(b, "%d.%ds", (int)(tenths / 10), (int)(tenths % 10));
	else if (seconds < 3600)
		buf_printf(b, "%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
	else
		buf_printf(b, "%lldh%02dm", (long long)(seconds / 3600), (int)(seconds / 60 % 60));
}

void str_format_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		buf_printf(b, "%d B", (int)bytes);
		return;
	}
	/* 1023.95 would be shown as 1024.0 of a unit. */
	while (value >= 1023.95 && i + 1 < countof(units)) {
		value /= 1024;
		i++;
	}
	buf_printf(b, "%.1f %s", value, units[i]);
}

void str_format_double(struct buf *b, double v)
{
	char text[32];

	if (fabs(v) <= 1e15 && v == (double)(int64_t)v) {
		buf_printf(b, "%.0f", v);
		return;
	}
	/* 15 digits survive decimal to double to decimal, 17 the way back. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_str_append(b, text);
}

static bool is_shell_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_@%+:,./-", c));
}

/* Whether the shell could take s for anything but a word as it stands: "if" is
 * reserved, the 2 of "2>file" is a descriptor, "a=b" an assignment. */
static bool needs_quotes(const char *s)
{
	static const char *const reserved[] = {
		"case", "do",  "done",     "elif", "else",   "esac", "fi",    "for",
		"if",   "in",  "function", "then", "select", "time", "until", "while",
	};

	for (size_t i = 0; i < countof(reserved); i++)
		if (str_eq(s, reserved[i]))
			return true;
	for (const char *c = s; *c; c++)
		if (!is_shell_plain(*c))
			return true;
	return s[strspn(s, "0123456789")] == '\0';
}

void str_shell_quote(struct buf *b, const char *s)
{
	if (!needs_quotes(s)) {
		buf_str_append(b, s);
		return;
	}
	buf_char(b, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_str_append(b, "'\\''");
		else
			buf_char(b, *s);
	buf_char(b, '\'');
}

/* Characters that reorder or break the line they stand in. */
static bool is_layout_control(uint32_t c)
{
	return (c >= 0x80 && c <= 0x9f) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void str_printable(struct buf *b, const char *s, size_t len)
{
	while (len > 0) {
		uint32_t c = 0;
		size_t size = str_utf8_next(s, len, &c);

		if (c == '\t')
			buf_char(b, ' ');
		else if (size == 0 || c < ' ' || c == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		else if (is_layout_control(c))
			buf_printf(b, "\\u{%04X}", (unsigned int)c);
		else
			buf_append(b, s, size);
		size = size ? size : 1;
		s += size;
		len -= size;
	}
}
