/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_tree.c - a tree's text from anybody: refused, or exactly what we would write */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "store/blob/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct tree *t, const struct tree_entry *e)
{
	int rc;

	if (e->kind == TREE_LINK)
		rc = tree_add_link(t, e->path, e->target, NULL);
	else if (e->kind == TREE_FOLDER)
		rc = tree_add_folder(t, e->path, NULL);
	else
		rc = tree_add_file(t, e->path, e->kind == TREE_EXECUTABLE, &e->digest, e->size_bytes,
				   NULL);
	BUG_ON(rc < 0);
}

static void same_text(const struct tree *t, const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;

	tree_encode(t, &text);
	BUG_ON(text.len != size || memcmp(text.data, data, size) != 0);
	buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree t = TREE_INIT, built = TREE_INIT;

	if (tree_decode(data, size, &t, NULL) < 0) {
		BUG_ON(t.entries || t.count);
		return 0;
	}
	same_text(&t, data, size);
	for (size_t i = t.count; i-- > 0;) {
		BUG_ON(!path_is_inside(t.entries[i].path));
		BUG_ON(tree_find(&t, t.entries[i].path) != &t.entries[i]);
		add(&built, &t.entries[i]);
	}
	BUG_ON(tree_seal(&built, NULL) < 0);
	same_text(&built, data, size);
	tree_finish(&built);
	tree_finish(&t);
	return 0;
}
