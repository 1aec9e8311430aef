/* SPDX-License-Identifier: Apache-2.0 */
/* unload.c - artifacts out of the blob store, as ordinary files */
#include "cli/unload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/blob/blob.h"
#include "store/blob/tree.h"

enum { CHUNK_SIZE = 256 * 1024 };

static int copy_hashed(int from, int to, struct digest *ret, struct err *err)
{
	struct hash *hash = hash_create();
	char *chunk = mem_alloc(CHUNK_SIZE);
	ssize_t got;
	int rc = 0;

	while (rc == 0 && (got = read(from, chunk, CHUNK_SIZE)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = err_errno(err, errno, "a blob");
			break;
		}
		hash_update(hash, chunk, (size_t)got);
		rc = fs_write_all(to, chunk, (size_t)got, err);
	}
	hash_final(hash, ret);
	hash_destroy(hash);
	free(chunk);
	return rc;
}

int unload_to_fd(struct blob_store *s, const struct digest *d, int fd, struct err *err)
{
	char text[DIGEST_TEXT_SIZE];
	struct digest found;
	uint64_t size_bytes;
	int from = -1;
	int rc = blob_open(s, d, &from, &size_bytes, err);

	if (rc < 0)
		return rc;
	rc = copy_hashed(from, fd, &found, err);
	fs_close(&from);
	if (rc == 0 && !digest_eq(d, &found)) {
		digest_text(d, text);
		err_set(err, ERR_DAMAGED, "the content of %s is damaged", text);
		rc = err_hint(err, "'ingot fsck' moves it away; then it is made again when needed");
	}
	return rc;
}

static int write_file(struct blob_store *s, const struct digest *d, int dirfd, const char *path,
		      mode_t mode, struct err *err)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	rc = unload_to_fd(s, d, fd, err);
	if (close(fd) < 0 && rc == 0)
		rc = err_errno(err, errno, "%s", path);
	if (rc < 0)
		unlinkat(dirfd, path, 0);
	return rc;
}

int unload_file(struct blob_store *s, const struct digest *d, const char *path, bool replaces,
		struct err *err)
{
	char *temporary = mem_printf("%s.ingot-%d", path, (int)getpid());
	unsigned flags = replaces ? 0 : RENAME_NOREPLACE;
	int rc = write_file(s, d, AT_FDCWD, temporary, 0666, err);

	if (rc == 0 && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) < 0) {
		rc = errno == EEXIST ? err_set(err, ERR_EXISTS, "%s exists already", path)
				     : err_errno(err, errno, "%s", path);
		unlink(temporary);
	}
	free(temporary);
	return rc;
}

/* The folder that an entry is in; those of the tree are there already mostly. */
static int make_parent(int dirfd, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *parent;
	int rc;

	if (!slash)
		return 0;
	parent = mem_strndup(path, (size_t)(slash - path));
	rc = fs_mkdirs(dirfd, parent, 0777, err);
	free(parent);
	return rc;
}

static int unload_entry(struct blob_store *s, const struct tree_entry *e, int dirfd,
			struct err *err)
{
	int rc = make_parent(dirfd, e->path, err);

	if (rc < 0)
		return rc;
	switch (e->kind) {
	case TREE_FILE:
		return write_file(s, &e->digest, dirfd, e->path, 0666, err);
	case TREE_EXECUTABLE:
		return write_file(s, &e->digest, dirfd, e->path, 0777, err);
	case TREE_LINK:
		return symlinkat(e->target, dirfd, e->path) < 0
			       ? err_errno(err, errno, "%s", e->path)
			       : 0;
	case TREE_FOLDER:
		return fs_mkdirs(dirfd, e->path, 0777, err);
	case TREE_KIND_COUNT:
		break;
	}
	return err_set(err, ERR_DAMAGED, "%s is of no known kind", e->path);
}

int unload_folder(struct blob_store *s, const struct digest *d, const char *path, struct err *err)
{
	struct tree tree = TREE_INIT;
	int dirfd = -1;
	int rc = tree_load(s, d, &tree, err);

	if (rc < 0)
		return rc;
	if (mkdir(path, 0777) < 0)
		rc = errno == EEXIST ? err_set(err, ERR_EXISTS, "%s exists already", path)
				     : err_errno(err, errno, "%s", path);
	else
		rc = dirfd = fs_open_dir(AT_FDCWD, path, err);
	for (size_t i = 0; rc >= 0 && i < tree.count; i++)
		rc = unload_entry(s, &tree.entries[i], dirfd, err);
	if (rc < 0 && dirfd >= 0)
		fs_remove_tree(AT_FDCWD, path, NULL);
	fs_close(&dirfd);
	tree_finish(&tree);
	return rc < 0 ? rc : 0;
}
