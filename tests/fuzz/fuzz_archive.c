/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_archive.c - an archive from anybody: refused, or a tree that keeps the rules
 *
 * Contents go to a store in a folder of its own, removed at the end; nothing is
 * ever committed to it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "store/pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pack_limits limits = {
	.max_bytes = 8 << 20,
	.max_entries = 4000,
	.max_ratio = 200,
	.free_bytes = 1 << 20,
};

static struct blob_store *store; /* one for all inputs */
static char folder[32];

static void remove_store(void)
{
	blob_store_close(store);
	fs_remove_tree(AT_FDCWD, folder, NULL);
}

static void make_store(void)
{
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* in memory */

	snprintf(folder, sizeof(folder), "%s/ingot-fuzz-XXXXXX", parent);
	BUG_ON(!mkdtemp(folder));
	BUG_ON(blob_store_open(folder, &store, NULL) < 0);
	atexit(remove_store);
}

static void check_tree(const struct tree *t)
{
	uint64_t total = 0;

	BUG_ON(t->count > limits.max_entries);
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_entry *e = &t->entries[i];

		BUG_ON(!path_is_inside(e->path));
		BUG_ON(e->kind == TREE_LINK && !path_link_is_inside(e->path, e->target));
		BUG_ON(tree_find(t, e->path) != e);
		total += e->size_bytes;
	}
	BUG_ON(total != t->size_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct tree t = TREE_INIT;
	struct err err = ERR_INIT;
	struct blob_batch *b;
	int rc;

	if (!store)
		make_store();
	BUG_ON(fd < 0 || fs_write_all(fd, data, size, NULL) < 0);
	b = blob_batch_create(store);
	rc = pack_extract(b, fd, "a", &limits, &t, &err);
	BUG_ON(rc < 0 && (t.entries || err.code != rc || !err.text[0]));
	if (rc == 0)
		check_tree(&t);
	tree_finish(&t);
	blob_batch_destroy(b);
	close(fd);
	return 0;
}
