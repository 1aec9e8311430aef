/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - text by the cells of a terminal that it takes */
#include "cli/output/text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/str.h"

bool text_init(void)
{
	bool utf8;

	setlocale(LC_CTYPE, "");
	utf8 = str_eq(nl_langinfo(CODESET), "UTF-8");
	/* Names and metrics are UTF-8 in any case, and have to be measured. */
	if (!utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	return utf8;
}

/* Of the character that text starts with: its bytes, and its cells in *ret_cells. */
static size_t next_character(const char *text, size_t len, size_t *ret_cells)
{
	uint32_t c = 0;
	size_t size = str_utf8_next(text, len, &c);
	int cells = size ? wcwidth((wchar_t)c) : 1;

	*ret_cells = cells < 0 ? 0 : (size_t)cells;
	return size ? size : 1;
}

size_t text_cells(const char *text)
{
	size_t len = strlen(text), total = 0, cells, size;

	while (len > 0) {
		size = next_character(text, len, &cells);
		total += cells;
		text += size;
		len -= size;
	}
	return total;
}

size_t text_cut(struct buf *out, const char *text, size_t cells)
{
	size_t len = strlen(text), used = 0, wide, size;
	bool cuts = text_cells(text) > cells;

	if (cells == 0)
		return 0;
	if (cuts)
		cells--;
	while (len > 0) {
		size = next_character(text, len, &wide);
		if (used + wide > cells)
			break;
		buf_append(out, text, size);
		used += wide;
		text += size;
		len -= size;
	}
	if (!cuts)
		return used;
	buf_str_append(out, "…");
	return used + 1;
}

void text_pad(struct buf *out, const char *text, size_t cells)
{
	size_t used = text_cut(out, text, cells);

	for (; used < cells; used++)
		buf_char(out, ' ');
}
