/* SPDX-License-Identifier: Apache-2.0 */
/* tree_place.c - a tree becomes a folder on disk
 *
 * Entries come in order of paths, so everything below a folder comes in one
 * piece: the folders on the way to the present entry are kept open as a stack,
 * each is made once, and a file costs one linkat and one fstatat with names of
 * one part. Ten thousand small files are to cost about what `cp -al` takes.
 */
#include "store/blob/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "store/blob/blob.h"
#include "store/blob/tree_priv.h"

struct placing {
	struct blob_store *store;
	const struct tree *tree;
	mode_t folder_mode;
	const char *path; /* the entry whose folders are open; lent by the tree */
	size_t depth;     /* open folders above the top */
	size_t ends[TREE_DEPTH_MAX + 1]; /* where each one's path ends in `path`; ends[0] is 0 */
	int fds[TREE_DEPTH_MAX + 1];     /* fds[0] is the caller's */
};

static int leave_folder(struct placing *p, struct err *err)
{
	int *fd = &p->fds[p->depth--];
	int rc = 0;

	if (!(p->folder_mode & S_IWUSR) && fchmod(*fd, p->folder_mode) < 0)
		rc = err_errno(err, errno, "%s", p->path);
	fs_close(fd);
	return rc;
}

/* Makes, or finds, the folder whose path is the first `end` bytes of path. */
static int enter_folder(struct placing *p, const char *path, size_t end, struct err *err)
{
	char name[256]; /* a part is at most 255 bytes: path_is_inside() */
	size_t start = p->ends[p->depth] ? p->ends[p->depth] + 1 : 0;
	int fd;

	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	if (mkdirat(p->fds[p->depth], name, p->folder_mode | S_IRWXU) < 0 && errno != EEXIST)
		return err_errno(err, errno, "%s", path);
	fd = openat(p->fds[p->depth], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return tree_refuse(p->tree, ERR_EXISTS, path,
				   "has something in its way that is no folder", err);
	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	p->depth++;
	p->ends[p->depth] = end;
	p->fds[p->depth] = fd;
	return 0;
}

static bool is_below_open_folder(const struct placing *p, const char *path)
{
	size_t end = p->ends[p->depth];

	return p->depth == 0 || (strncmp(path, p->path, end) == 0 && path[end] == '/');
}

/* Closes and opens folders until the one that the entry lies in is open; an entry
 * that is a folder counts as one that lies in itself. */
static int go_to(struct placing *p, const struct tree_entry *entry, struct err *err)
{
	const char *at;
	int rc = 0;

	while (rc == 0 && !is_below_open_folder(p, entry->path))
		rc = leave_folder(p, err);
	p->path = entry->path;
	at = entry->path + p->ends[p->depth];
	while (rc == 0 && (at = strchr(at + 1, '/')))
		rc = enter_folder(p, entry->path, (size_t)(at - entry->path), err);
	if (rc == 0 && entry->kind == TREE_FOLDER)
		rc = enter_folder(p, entry->path, strlen(entry->path), err);
	return rc;
}

static int place_content(struct placing *p, const struct tree_entry *entry, struct err *err)
{
	const char *name = path_base(entry->path);
	int fd = p->fds[p->depth];
	int rc;

	if (entry->kind == TREE_FOLDER)
		return 0;
	if (entry->kind != TREE_LINK)
		rc = blob_link(p->store, &entry->digest, entry->kind == TREE_EXECUTABLE,
			       entry->size_bytes, fd, name, err);
	else if (symlinkat(entry->target, fd, name) == 0)
		rc = 0;
	else if (errno == EEXIST)
		rc = ERR_EXISTS;
	else
		rc = err_errno(err, errno, "%s", entry->path);
	if (rc == ERR_EXISTS)
		return tree_refuse(p->tree, rc, entry->path, "is there already", err);
	return rc;
}

int tree_place(struct blob_store *s, const struct tree *t, int dirfd, mode_t folder_mode,
	       struct err *err)
{
	struct placing p = { .store = s, .tree = t, .folder_mode = folder_mode, .fds = { dirfd } };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		rc = go_to(&p, &t->entries[i], err);
		if (rc == 0)
			rc = place_content(&p, &t->entries[i], err);
	}
	while (p.depth > 0) {
		int left = leave_folder(&p, rc < 0 ? NULL : err);

		rc = rc < 0 ? rc : left;
	}
	return rc;
}
