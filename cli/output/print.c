/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - to standard output */
#include "cli/output/print.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

void print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

void print_buf(struct buf *text)
{
	fwrite(buf_str(text), 1, text->len, stdout);
	buf_finish(text);
}

void print_lines(FILE *out, const char *prefix, const char *text)
{
	struct buf line = BUF_INIT;

	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_clear(&line);
		str_printable(&line, text, len);
		fprintf(out, "%s%s\n", prefix, buf_str(&line));
		text += len + (text[len] == '\n');
	}
	buf_finish(&line);
}
