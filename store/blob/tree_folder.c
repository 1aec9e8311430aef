/* SPDX-License-Identifier: Apache-2.0 */
/* tree_folder.c - a folder on disk becomes a tree
 *
 * The folder may have been written by anybody, and may still be written to. Each
 * name is opened as one part below an open folder, never through a link, and
 * what counts is what the open descriptor says.
 */
#include "store/blob/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree_priv.h"

enum { TARGET_SIZE = 4097 };

struct walk {
	struct blob_batch *batch;
	const struct tree_put_options *options;
	struct tree *tree;
	struct buf path; /* of what is looked at, below the top */
	unsigned depth;
};

static int walk_folder(struct walk *w, int fd, struct err *err);

static int refuse(const struct walk *w, int code, const char *why, struct err *err)
{
	return tree_refuse(w->tree, code, buf_str(&w->path), why, err);
}

static int refuse_errno(const struct walk *w, struct err *err)
{
	const char *label = w->options->label;

	return err_errno(err, errno, "%s%s%s", label ? label : "", label ? ": " : "",
			 buf_str(&w->path));
}

/* Whether the file still is the blob that was placed here. */
static const struct tree_entry *untouched(const struct walk *w, const struct stat *st)
{
	const struct tree_entry *entry =
		w->options->known ? tree_find(w->options->known, buf_str(&w->path)) : NULL;

	if (!entry || (entry->kind != TREE_FILE && entry->kind != TREE_EXECUTABLE) ||
	    !blob_batch_known(w->batch, st, &entry->digest))
		return NULL;
	return entry;
}

static int put_content(struct walk *w, int fd, const struct stat *st, struct digest *ret,
		       uint64_t *ret_size_bytes, struct err *err)
{
	const struct tree_entry *entry = untouched(w, st);
	struct buf label = BUF_INIT;
	int rc;

	if (entry) {
		*ret = entry->digest;
		*ret_size_bytes = entry->size_bytes;
		return 0;
	}
	if (w->options->label)
		buf_printf(&label, "%s: ", w->options->label);
	buf_str_append(&label, buf_str(&w->path));
	rc = blob_batch_file(w->batch, fd, buf_str(&label), ret, ret_size_bytes, err);
	buf_finish(&label);
	return rc;
}

static int walk_file(struct walk *w, int fd, const struct stat *st, struct err *err)
{
	struct digest digest;
	uint64_t size_bytes;
	uint64_t max_bytes = w->options->max_bytes;
	int rc;

	if (max_bytes && (uint64_t)st->st_size > max_bytes - w->tree->size_bytes)
		return refuse(w, ERR_TOO_LARGE, "makes the whole larger than allowed", err);
	rc = put_content(w, fd, st, &digest, &size_bytes, err);
	if (rc < 0)
		return rc;
	return tree_add_file(w->tree, buf_str(&w->path), st->st_mode & S_IXUSR, &digest, size_bytes,
			     err);
}

static int walk_link(struct walk *w, int folder, const char *name, struct err *err)
{
	char target[TARGET_SIZE];
	ssize_t len = readlinkat(folder, name, target, sizeof(target));

	if (len < 0)
		return refuse_errno(w, err);
	if (len == sizeof(target))
		return refuse(w, ERR_TOO_LARGE, "is too long a link", err);
	target[len] = '\0';
	return tree_add_link(w->tree, buf_str(&w->path), target, err);
}

/* Whether opening it might block or do something. */
static bool is_special(unsigned char type)
{
	return type == DT_FIFO || type == DT_SOCK || type == DT_CHR || type == DT_BLK;
}

static int walk_opened(struct walk *w, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse_errno(w, err);
	if (S_ISREG(st.st_mode))
		return walk_file(w, fd, &st, err);
	if (!S_ISDIR(st.st_mode))
		return refuse(w, ERR_INVALID, "is a device or a FIFO", err);
	return walk_folder(w, fd, err);
}

static int walk_entry(struct walk *w, int folder, const struct dirent *entry, struct err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd, rc;

	if (entry->d_type == DT_LNK)
		return walk_link(w, folder, entry->d_name, err);
	if (is_special(entry->d_type))
		return refuse(w, ERR_INVALID, "is a device, a socket or a FIFO", err);
	fd = openat(folder, entry->d_name, flags);
	if (fd < 0 && errno == ELOOP)
		return walk_link(w, folder, entry->d_name, err);
	if (fd < 0)
		return refuse_errno(w, err);
	rc = walk_opened(w, fd, err);
	fs_close(&fd);
	return rc;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Returns how many names there were. */
static int walk_names(struct walk *w, DIR *folder, struct err *err)
{
	size_t len = w->path.len;
	struct dirent *entry;
	int seen = 0;

	while ((errno = 0, entry = readdir(folder))) {
		int rc;

		if (is_dots(entry->d_name))
			continue;
		if (len > 0)
			buf_char(&w->path, '/');
		buf_str_append(&w->path, entry->d_name);
		rc = walk_entry(w, dirfd(folder), entry, err);
		if (rc < 0)
			return rc;
		w->path.len = len;
		w->path.data[len] = '\0';
		seen = 1;
	}
	return errno ? refuse_errno(w, err) : seen;
}

static int walk_folder(struct walk *w, int fd, struct err *err)
{
	DIR *folder;
	int rc;

	if (w->depth == TREE_DEPTH_MAX)
		return refuse(w, ERR_TOO_LARGE, "is more than 64 folders deep", err);
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder) {
		rc = refuse_errno(w, err);
		fs_close(&fd);
		return rc;
	}
	rewinddir(folder);
	w->depth++;
	rc = walk_names(w, folder, err);
	w->depth--;
	closedir(folder);
	if (rc == 0 && w->depth > 0)
		rc = tree_add_folder(w->tree, buf_str(&w->path), err);
	return rc < 0 ? rc : 0;
}

int tree_put_folder(struct blob_batch *b, int dirfd, const struct tree_put_options *options,
		    struct tree *ret, struct err *err)
{
	struct tree tree = { .label = options->label };
	struct walk w = { .batch = b, .options = options, .tree = &tree };
	int rc = walk_folder(&w, dirfd, err);

	if (rc == 0)
		rc = tree_seal(&tree, err);
	if (rc == 0)
		*ret = tree;
	else
		tree_finish(&tree);
	buf_finish(&w.path);
	return rc;
}
