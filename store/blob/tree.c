/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - trees in memory: built, sealed, searched, compared
 *
 * Entries are sorted by path as strcmp does. Then all that begin with some path
 * stand together, right behind it; but "a-b" stands between "a" and "a/b", so
 * whether something lies below "a" takes a search for "a/".
 */
#include "store/blob/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "store/blob/tree_priv.h"

enum { SHOWN_MAX = 300 }; /* bytes of a path in a message */

void tree_finish(struct tree *t)
{
	arena_finish(&t->arena);
	free(t->entries);
	*t = (struct tree){ .label = t->label };
}

int tree_refuse(const struct tree *t, int code, const char *path, const char *why, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t len = strlen(path);

	str_printable(&text, path, len < SHOWN_MAX ? len : SHOWN_MAX);
	if (len > SHOWN_MAX)
		buf_str_append(&text, "…");
	err_set(err, code, "%s%s%s %s", t->label ? t->label : "", t->label ? ": " : "",
		buf_str(&text), why);
	buf_finish(&text);
	return code;
}

static size_t depth(const char *path)
{
	size_t parts = 1;

	for (; *path; path++)
		parts += *path == '/';
	return parts;
}

static int check_path(const struct tree *t, const char *path, struct err *err)
{
	if (!path_is_inside(path))
		return tree_refuse(t, ERR_INVALID, path, "is not a path inside a folder", err);
	if (depth(path) > TREE_DEPTH_MAX)
		return tree_refuse(t, ERR_TOO_LARGE, path, "is more than 64 folders deep", err);
	return 0;
}

int tree_append(struct tree *t, const struct tree_entry *entry, struct err *err)
{
	int rc = check_path(t, entry->path, err);

	if (rc < 0)
		return rc;
	if (t->count == TREE_ENTRIES_MAX)
		return tree_refuse(t, ERR_TOO_LARGE, entry->path,
				   "is one file too many (limit: 1,000,000)", err);
	if (entry->kind == TREE_LINK && !path_link_is_inside(entry->path, entry->target))
		return tree_refuse(t, ERR_INVALID, entry->path, "is a link that leads outside",
				   err);
	if (entry->size_bytes > INT64_MAX - t->size_bytes)
		return tree_refuse(t, ERR_TOO_LARGE, entry->path, "is too large", err);
	t->entries = mem_grow(t->entries, &t->cap, t->count + 1, sizeof(*t->entries));
	t->entries[t->count++] = *entry;
	t->size_bytes += entry->size_bytes;
	return 0;
}

int tree_add_file(struct tree *t, const char *path, bool executable, const struct digest *d,
		  uint64_t size_bytes, struct err *err)
{
	const struct tree_entry entry = {
		.path = arena_strdup(&t->arena, path),
		.kind = executable ? TREE_EXECUTABLE : TREE_FILE,
		.size_bytes = size_bytes,
		.digest = *d,
	};

	return tree_append(t, &entry, err);
}

int tree_add_link(struct tree *t, const char *path, const char *target, struct err *err)
{
	const struct tree_entry entry = {
		.path = arena_strdup(&t->arena, path),
		.kind = TREE_LINK,
		.target = arena_strdup(&t->arena, target),
	};

	return tree_append(t, &entry, err);
}

int tree_add_folder(struct tree *t, const char *path, struct err *err)
{
	const struct tree_entry entry = {
		.path = arena_strdup(&t->arena, path),
		.kind = TREE_FOLDER,
	};

	return tree_append(t, &entry, err);
}

int tree_add_tree(struct tree *t, const char *path, const struct tree *sub, struct err *err)
{
	int rc = sub->count == 0 ? tree_add_folder(t, path, err) : 0;

	for (size_t i = 0; rc == 0 && i < sub->count; i++) {
		struct tree_entry entry = sub->entries[i];

		entry.path = arena_printf(&t->arena, "%s/%s", path, entry.path);
		entry.target = arena_strdup(&t->arena, entry.target);
		rc = tree_append(t, &entry, err);
	}
	return rc;
}

static int compare_entries(const void *a, const void *b)
{
	const struct tree_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* How path compares with everything that begins with stem and a slash: 0 if it does. */
static int compare_below(const char *path, const char *stem, size_t len)
{
	int order = strncmp(path, stem, len);

	return order ? order : (unsigned char)path[len] - '/';
}

/* Whether sorted entries behind i lie below entry i. */
static bool has_below(const struct tree *t, size_t i)
{
	const char *stem = t->entries[i].path;
	size_t len = strlen(stem);
	size_t from = i + 1, to = t->count;

	if (from == to || strncmp(t->entries[from].path, stem, len) != 0)
		return false;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = compare_below(t->entries[middle].path, stem, len);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

int tree_check_order(const struct tree *t, struct err *err)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_entry *entry = &t->entries[i];
		int order = i > 0 ? strcmp(entry[-1].path, entry->path) : -1;

		if (order == 0)
			return tree_refuse(t, ERR_INVALID, entry->path, "is there twice", err);
		if (order > 0)
			return tree_refuse(t, ERR_INVALID, entry->path, "is not in order", err);
		if (has_below(t, i))
			return tree_refuse(t, ERR_INVALID, entry->path,
					   entry->kind == TREE_FOLDER
						   ? "is listed, but is no empty folder"
						   : "is no folder, but has something below it",
					   err);
	}
	return 0;
}

/* A folder that is named again, or is not empty, says nothing. */
static bool is_needless(const struct tree *t, size_t i)
{
	const struct tree_entry *entry = &t->entries[i];

	if (entry->kind != TREE_FOLDER)
		return false;
	return has_below(t, i) ||
	       (i + 1 < t->count && strcmp(entry->path, entry[1].path) == 0 &&
		entry[1].kind == TREE_FOLDER);
}

int tree_seal(struct tree *t, struct err *err)
{
	size_t kept = 0;

	if (t->count > 1)
		qsort(t->entries, t->count, sizeof(*t->entries), compare_entries);
	for (size_t i = 0; i < t->count; i++)
		if (!is_needless(t, i))
			t->entries[kept++] = t->entries[i];
	t->count = kept;
	return tree_check_order(t, err);
}

const struct tree_entry *tree_find(const struct tree *t, const char *path)
{
	const struct tree_entry key = { .path = path };

	if (t->count == 0)
		return NULL;
	return bsearch(&key, t->entries, t->count, sizeof(key), compare_entries);
}

static bool is_same(const struct tree_entry *a, const struct tree_entry *b)
{
	return a->kind == b->kind && a->size_bytes == b->size_bytes &&
	       digest_eq(&a->digest, &b->digest) && str_eq(a->target, b->target);
}

void tree_diff(const struct tree *a, const struct tree *b,
	       void (*each)(void *arg, const struct tree_entry *before,
			    const struct tree_entry *after),
	       void *arg)
{
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		const struct tree_entry *before = i < a->count ? &a->entries[i] : NULL;
		const struct tree_entry *after = j < b->count ? &b->entries[j] : NULL;
		int order = !before ? 1 : !after ? -1 : strcmp(before->path, after->path);

		if (order < 0)
			after = NULL;
		else if (order > 0)
			before = NULL;
		i += before != NULL;
		j += after != NULL;
		if (!before || !after || !is_same(before, after))
			each(arg, before, after);
	}
}
