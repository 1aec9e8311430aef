/* SPDX-License-Identifier: Apache-2.0 */
/* source_list.c - a list of files: looking up, canonical text, difference
 *
 * The canonical text is what a cache key and a record refer to, so it may never
 * change: neither the escapes nor the order.
 */
#include "scheduler/source/source_list.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

static const char *const modes[SOURCE_KIND_COUNT] = {
	[SOURCE_FILE] = "100644",
	[SOURCE_EXECUTABLE] = "100755",
	[SOURCE_LINK] = "120000",
	[SOURCE_REFUSED] = "refused",
};

static const char *const change_names[SOURCE_CHANGE_KIND_COUNT] = {
	[SOURCE_ADDED] = "added",
	[SOURCE_REMOVED] = "removed",
	[SOURCE_CHANGED] = "changed",
};

/* "100644 " + oid + " " in front of the path */
enum { MODE_LEN = 6, OID_LEN = SOURCE_OID_HEX_SIZE - 1, PATH_AT = MODE_LEN + 1 + OID_LEN + 1 };

const char *source_kind_mode(enum source_kind kind)
{
	return modes[kind];
}

const char *source_change_name(enum source_change_kind kind)
{
	return change_names[kind];
}

const struct source_entry *source_list_lookup(const struct source_list *list, const char *path)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, list->entries[middle].path);

		if (order == 0)
			return &list->entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void append_path(struct buf *out, const char *path)
{
	bool utf8 = str_is_utf8(path, strlen(path));

	for (const char *c = path; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte < ' ' || byte == 0x7f || byte == '\\' || (byte >= 0x80 && !utf8))
			buf_printf(out, "\\x%02x", byte);
		else
			buf_char(out, *c);
	}
}

void source_list_text(const struct source_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct source_entry *entry = &list->entries[i];

		BUG_ON(entry->kind == SOURCE_REFUSED);
		buf_printf(out, "%s %s ", modes[entry->kind], entry->oid);
		append_path(out, entry->path);
		buf_char(out, '\n');
	}
}

void source_list_digest(const struct source_list *list, struct digest *ret)
{
	struct buf text = BUF_INIT;

	source_list_text(list, &text);
	hash_bytes(buf_str(&text), text.len, ret);
	buf_finish(&text);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_oid(const char *s)
{
	for (size_t i = 0; i < OID_LEN; i++)
		if (hex_value(s[i]) < 0)
			return false;
	return true;
}

/* NULL if an escape is none. */
static char *read_path(const char *s, size_t len, struct arena *arena)
{
	char *path = arena_alloc(arena, len + 1);
	char *out = path;

	for (size_t i = 0; i < len; i++) {
		int byte = s[i];

		if (byte == '\\') {
			if (len - i < 4 || s[i + 1] != 'x' || hex_value(s[i + 2]) < 0 ||
			    hex_value(s[i + 3]) < 0)
				return NULL;
			byte = hex_value(s[i + 2]) << 4 | hex_value(s[i + 3]);
			i += 3;
		}
		*out++ = (char)byte;
	}
	return path;
}

/* One line without its newline; false where nobody could have written it. */
static bool read_line(const char *line, size_t len, struct arena *arena, struct source_entry *ret)
{
	int kind = 0;

	while (kind < SOURCE_REFUSED && strncmp(line, modes[kind], MODE_LEN) != 0)
		kind++;
	if (len <= PATH_AT || kind == SOURCE_REFUSED || line[MODE_LEN] != ' ' ||
	    line[PATH_AT - 1] != ' ' || !is_oid(line + MODE_LEN + 1))
		return false;
	ret->kind = (enum source_kind)kind;
	memcpy(ret->oid, line + MODE_LEN + 1, OID_LEN);
	ret->path = read_path(line + PATH_AT, len - PATH_AT, arena);
	return ret->path && path_is_inside(ret->path);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* That it reads back as the same bytes rules out every second spelling. */
static bool is_canonical(const struct source_list *list, const char *text, size_t len)
{
	struct buf again = BUF_INIT;
	bool same;

	source_list_text(list, &again);
	same = again.len == len && memcmp(buf_str(&again), text, len) == 0;
	buf_finish(&again);
	return same;
}

int source_list_parse(const char *text, size_t len, struct arena *arena, struct source_list *ret,
		      struct err *err)
{
	struct source_list list = { .count = count_lines(text, len) };
	struct source_entry *entries = arena_array(arena, list.count, sizeof(*entries));
	const char *line = text;

	list.entries = entries;
	for (size_t i = 0; i < list.count; i++) {
		const char *end = memchr(line, '\n', (size_t)(text + len - line));

		if (!read_line(line, (size_t)(end - line), arena, &entries[i]) ||
		    (i > 0 && strcmp(entries[i - 1].path, entries[i].path) >= 0))
			return err_set(err, ERR_INVALID, "source list: line %zu is not canonical",
				       i + 1);
		line = end + 1;
	}
	if (!is_canonical(&list, text, len))
		return err_set(err, ERR_INVALID, "source list: not in canonical form");
	*ret = list;
	return 0;
}

static bool is_same_content(const struct source_entry *a, const struct source_entry *b)
{
	return a->kind == b->kind && strcmp(a->oid, b->oid) == 0;
}

void source_list_diff(const struct source_list *before, const struct source_list *after,
		      struct arena *arena, struct source_changes *ret)
{
	size_t most = before->count + after->count;
	struct source_change *changes = arena_array(arena, most, sizeof(*changes));
	size_t count = 0, i = 0, j = 0;

	while (i < before->count || j < after->count) {
		const struct source_entry *old = i < before->count ? &before->entries[i] : NULL;
		const struct source_entry *new = j < after->count ? &after->entries[j] : NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->path, new->path);

		if (order < 0)
			changes[count++] = (struct source_change){ SOURCE_REMOVED, old->path };
		else if (order > 0)
			changes[count++] = (struct source_change){ SOURCE_ADDED, new->path };
		else if (!is_same_content(old, new))
			changes[count++] = (struct source_change){ SOURCE_CHANGED, new->path };
		i += order <= 0;
		j += order >= 0;
	}
	*ret = (struct source_changes){ changes, count };
}
