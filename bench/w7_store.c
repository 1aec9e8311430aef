/* SPDX-License-Identifier: Apache-2.0 */
/* w7_store.c - artifacts: a large file into the store, small files out of it
 *
 *	w7_store large DIR BYTES     a file of random bytes is put, durable
 *	w7_store small DIR FILES     as many files of 3 KiB, in the store already, become
 *	                             the sources of a workspace
 *
 * DIR is a new folder on the file system to be measured; it is removed. Prints a
 * JSON object with the seconds that it took.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "workers/wire/grant.h"
#include "workers/workspace/workspace.h"

enum { BUFFER = 1 << 20, SMALL_BYTES = 3 << 10, FOLDERS = 100 };

struct place {
	const char *path;
	int dirfd;
	struct blob_store *store;
};

static int open_place(struct place *p, const char *path, struct err *err)
{
	char *store = mem_printf("%s/store", path);
	int rc = 0;

	*p = (struct place){ .path = path, .dirfd = -1 };
	if (mkdir(path, 0755) < 0)
		rc = err_errno(err, errno, "%s", path);
	if (rc == 0)
		rc = p->dirfd = fs_open_dir(AT_FDCWD, path, err);
	if (rc >= 0)
		rc = blob_store_open(store, &p->store, err);
	free(store);
	return rc;
}

static void close_place(struct place *p)
{
	if (p->dirfd >= 0)
		fs_remove_tree(AT_FDCWD, p->path, NULL);
	blob_store_close(p->store);
	fs_close(&p->dirfd);
}

/* Durable, so that its own writing does not go on while it is read. */
static int make_large(struct place *p, uint64_t bytes, struct err *err)
{
	int fd = openat(p->dirfd, "large", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	char *buffer = mem_alloc(BUFFER);
	int rc = fd < 0 ? err_errno(err, errno, "%s/large", p->path) : 0;

	for (uint64_t left = bytes; rc == 0 && left > 0;) {
		size_t part = left < BUFFER ? (size_t)left : BUFFER;

		hash_random(buffer, part);
		rc = fs_write_all(fd, buffer, part, err);
		left -= part;
	}
	if (rc == 0)
		fs_sync_fd(fd);
	fs_close(&fd);
	free(buffer);
	return rc;
}

static int put_large(struct place *p, uint64_t bytes, int64_t *ret_us, struct err *err)
{
	int rc = make_large(p, bytes, err);
	int64_t before = clock_mono_us();
	struct digest digest;
	uint64_t size;

	if (rc == 0)
		rc = blob_put_path(p->store, p->dirfd, "large", &digest, &size, err);
	*ret_us = clock_mono_us() - before;
	return rc;
}

static int add_small(struct blob_batch *batch, struct tree *tree, uint64_t n, uint64_t files,
		     struct err *err)
{
	char content[SMALL_BYTES] = { 0 }, path[64];
	struct digest digest;
	int rc;

	snprintf(content, sizeof(content), "file %llu\n", (unsigned long long)n);
	snprintf(path, sizeof(path), "%02llu/%06llu", (unsigned long long)(n * FOLDERS / files),
		 (unsigned long long)n);
	rc = blob_batch_bytes(batch, content, sizeof(content), &digest, err);
	return rc < 0 ? rc : tree_add_file(tree, path, false, &digest, sizeof(content), err);
}

static int put_small(struct place *p, uint64_t files, struct digest *ret, struct err *err)
{
	struct blob_batch *batch = blob_batch_create(p->store);
	struct tree tree = TREE_INIT;
	int rc = 0;

	for (uint64_t n = 0; rc == 0 && n < files; n++)
		rc = add_small(batch, &tree, n, files, err);
	if (rc == 0)
		rc = tree_seal(&tree, err);
	if (rc == 0)
		rc = tree_put(batch, &tree, ret, err);
	if (rc == 0)
		rc = blob_batch_commit(batch, err);
	tree_finish(&tree);
	blob_batch_destroy(batch);
	return rc;
}

static int fill_small(struct place *p, uint64_t files, int64_t *ret_us, struct err *err)
{
	struct wire_grant grant = { .has_sources = true, .workdir = "." };
	struct workspace *workspace = NULL;
	int rc = put_small(p, files, &grant.sources, err);
	int64_t before = clock_mono_us();

	if (rc == 0)
		rc = workspace_create(p->store, p->dirfd, p->path, "1-1", &workspace, err);
	if (rc == 0)
		rc = workspace_fill(workspace, &grant, err);
	*ret_us = clock_mono_us() - before;
	workspace_destroy(workspace, NULL);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct place place;
	int64_t spent_us = 0;
	uint64_t amount;
	bool large;
	int rc;

	if (argc != 4 || (!str_eq(argv[1], "large") && !str_eq(argv[1], "small"))) {
		fputs("usage: w7_store large DIR BYTES | small DIR FILES\n", stderr);
		return err_exit_code(ERR_USAGE);
	}
	large = str_eq(argv[1], "large");
	amount = strtoull(argv[3], NULL, 10);
	rc = open_place(&place, argv[2], &err);
	if (rc >= 0)
		rc = large ? put_large(&place, amount, &spent_us, &err) :
			     fill_small(&place, amount, &spent_us, &err);
	close_place(&place);
	if (rc < 0)
		fprintf(stderr, "w7_store: %s\n", err.text);
	else
		printf("{\"%s\":%llu,\"seconds\":%.6f}\n", large ? "bytes" : "files",
		       (unsigned long long)amount, (double)spent_us / 1e6);
	return err_exit_code(rc < 0 ? rc : 0);
}
