/* SPDX-License-Identifier: Apache-2.0 */
/* tree_manifest.c - the bytes of a tree; FORMAT.md describes them
 *
 * There is exactly one text for a tree, so that equal folders have equal
 * digests. The reader takes nothing but that text: it may come from anybody.
 */
#include "store/blob/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree_priv.h"

static const char header[] = "ingot-tree 1\n";

static const char letters[TREE_KIND_COUNT] = {
	[TREE_FILE] = 'f',
	[TREE_EXECUTABLE] = 'x',
	[TREE_LINK] = 'l',
	[TREE_FOLDER] = 'd',
};

static void encode_entry(const struct tree_entry *entry, struct buf *out)
{
	char content[32 + DIGEST_HEX_SIZE];
	char hex[DIGEST_HEX_SIZE];

	buf_char(out, letters[entry->kind]);
	buf_char(out, '\t');
	buf_str_append(out, entry->path);
	if (entry->kind == TREE_LINK) {
		buf_char(out, '\t');
		buf_str_append(out, entry->target);
	} else if (entry->kind != TREE_FOLDER) {
		digest_hex(&entry->digest, hex);
		snprintf(content, sizeof(content), "\t%" PRIu64 "\t%s", entry->size_bytes, hex);
		buf_str_append(out, content);
	}
	buf_char(out, '\n');
}

void tree_encode(const struct tree *t, struct buf *out)
{
	buf_str_append(out, header);
	for (size_t i = 0; i < t->count; i++)
		encode_entry(&t->entries[i], out);
}

/* Cuts *at off at the next `end`, which becomes a NUL; NULL if there is none. */
static char *cut(char **at, char end)
{
	char *start = *at;
	char *stop = strchr(start, end);

	if (!stop)
		return NULL;
	*stop = '\0';
	*at = stop + 1;
	return start;
}

/* Decimal digits without a leading zero. */
static bool parse_size(const char *text, uint64_t *ret)
{
	if (text[0] == '0' && text[1])
		return false;
	return text[strspn(text, "0123456789")] == '\0' && str_to_u64(text, ret) == 0;
}

/* What stands behind the path, up to the end of the line. */
static bool parse_rest(char *rest, struct tree_entry *entry)
{
	char *size;

	if (entry->kind == TREE_LINK) {
		entry->target = rest;
		return true;
	}
	size = cut(&rest, '\t');
	return size && parse_size(size, &entry->size_bytes) &&
	       strlen(rest) == DIGEST_HEX_SIZE - 1 && digest_parse(rest, &entry->digest) == 0;
}

static bool parse_line(char *line, struct tree_entry *entry)
{
	const char *letter = memchr(letters, line[0], sizeof(letters));
	char *path;

	if (!letter || line[1] != '\t')
		return false;
	*entry = (struct tree_entry){ .kind = (enum tree_kind)(letter - letters) };
	line += 2;
	if (entry->kind == TREE_FOLDER) {
		entry->path = line;
		return true;
	}
	path = cut(&line, '\t');
	entry->path = path;
	return path && parse_rest(line, entry);
}

static int decode(char *text, struct tree *t, struct err *err)
{
	struct tree_entry entry;
	char *line;
	int rc;

	for (size_t number = 2; *text; number++) {
		line = cut(&text, '\n');
		if (!line || !parse_line(line, &entry))
			return err_set(err, ERR_INVALID,
				       "line %zu of a tree is not as it should be", number);
		rc = tree_append(t, &entry, err);
		if (rc < 0)
			return rc;
	}
	return tree_check_order(t, err);
}

int tree_decode(const void *data, size_t len, struct tree *t, struct err *err)
{
	size_t skip = strlen(header);
	int rc;

	if (len < skip || memcmp(data, header, skip) != 0 || memchr(data, '\0', len))
		return err_set(err, ERR_INVALID, "this is no tree of version 1");
	rc = decode(arena_strndup(&t->arena, (const char *)data + skip, len - skip), t, err);
	if (rc < 0)
		tree_finish(t);
	return rc;
}

int tree_put(struct blob_batch *b, const struct tree *t, struct digest *ret, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc;

	tree_encode(t, &text);
	if (text.len > TREE_MANIFEST_MAX)
		rc = tree_refuse(t, ERR_TOO_LARGE, "the list of files", "is too long", err);
	else
		rc = blob_batch_bytes(b, text.data, text.len, ret, err);
	buf_finish(&text);
	return rc;
}

int tree_load(struct blob_store *s, const struct digest *d, struct tree *t, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc = blob_read(s, d, TREE_MANIFEST_MAX, &text, err);

	if (rc == 0)
		rc = tree_decode(buf_str(&text), text.len, t, err);
	buf_finish(&text);
	return rc;
}
