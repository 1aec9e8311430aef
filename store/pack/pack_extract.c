/* SPDX-License-Identifier: Apache-2.0 */
/* pack_extract.c - an archive from anybody becomes a tree
 *
 * Three kinds of entries are taken: files, folders, symbolic links; hard links
 * are files once more. Everything else is refused, and with it the whole archive:
 * half of a data set is not what anybody wants.
 *
 * A bomb is stopped by what comes out, not by what its headers promise.
 */
#include "store/pack/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "store/pack/pack_priv.h"

enum { FILTERS_MAX = 2 }; /* the file itself, and one compression */

const struct pack_limits pack_limits_default = {
	.max_bytes = 10ull << 30,
	.max_entries = 200000,
	.max_ratio = 200,
	.free_bytes = 64 << 20,
};

struct extraction {
	struct archive *archive;
	struct blob_batch *batch;
	const struct pack_limits *limits;
	uint64_t archive_bytes;
	uint64_t content_bytes; /* so far */
	uint64_t entries;       /* so far */
	struct tree tree;
	struct map files; /* path to 1 + its index in the tree, for hard links */
	char *chunk;
};

static int refuse(const struct extraction *x, int code, const char *path, const char *why,
		  struct err *err)
{
	return tree_refuse(&x->tree, code, path, why, err);
}

static int damaged(const struct extraction *x, struct err *err)
{
	const char *reason = archive_error_string(x->archive);
	char *why = mem_printf("cannot be read as tar, tar.gz, tar.zst or zip%s%s",
			       reason ? ": " : "", reason ? reason : "");

	refuse(x, ERR_INVALID, "the archive", why, err);
	free(why);
	return ERR_INVALID;
}

/* "./a/b/" is "a/b", and "./" is "". */
static char *plain_path(const char *path)
{
	size_t len;

	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_strndup(path, str_eq(path, ".") ? 0 : len);
}

static int check_growth(struct extraction *x, uint64_t more, const char *path, struct err *err)
{
	x->content_bytes += more;
	if (x->content_bytes > x->limits->max_bytes)
		return refuse(x, ERR_TOO_LARGE, path, "makes the contents larger than allowed",
			      err);
	if (x->content_bytes > x->limits->free_bytes &&
	    x->content_bytes / x->limits->max_ratio > x->archive_bytes)
		return refuse(x, ERR_TOO_LARGE, path, "unpacks to far more than the archive holds",
			      err);
	return 0;
}

/* Fills the chunk unless the content ends before. Returns the bytes read. */
static int read_chunk(struct extraction *x, const char *path, struct err *err)
{
	size_t len = 0;
	int rc = 0;

	while (rc == 0 && len < PACK_CHUNK) {
		ssize_t got = archive_read_data(x->archive, x->chunk + len, PACK_CHUNK - len);

		if (got < 0)
			return damaged(x, err);
		if (got == 0)
			break;
		rc = check_growth(x, (uint64_t)got, path, err);
		len += (size_t)got;
	}
	return rc < 0 ? rc : (int)len;
}

/* What follows a full first chunk. */
static int write_large(struct extraction *x, struct blob_writer *writer, const char *path,
		       struct err *err)
{
	int len = PACK_CHUNK;

	while (len > 0) {
		int rc = blob_writer_write(writer, x->chunk, (size_t)len, err);

		if (rc < 0)
			return rc;
		len = read_chunk(x, path, err);
	}
	return len;
}

static int take_large(struct extraction *x, const char *path, struct digest *ret,
		      uint64_t *ret_size_bytes, struct err *err)
{
	struct blob_writer *writer;
	int rc = blob_writer_create(x->batch, &writer, err);

	if (rc < 0)
		return rc;
	rc = write_large(x, writer, path, err);
	if (rc == 0)
		rc = blob_writer_finish(writer, NULL, ret, ret_size_bytes, err);
	blob_writer_destroy(writer);
	return rc;
}

/* A content of less than a chunk is not written if the store has it. */
static int take_content(struct extraction *x, const char *path, struct digest *ret,
			uint64_t *ret_size_bytes, struct err *err)
{
	int len = read_chunk(x, path, err);

	if (len < 0)
		return len;
	if (len == PACK_CHUNK)
		return take_large(x, path, ret, ret_size_bytes, err);
	*ret_size_bytes = (uint64_t)len;
	return blob_batch_bytes(x->batch, x->chunk, (size_t)len, ret, err);
}

static int add_file(struct extraction *x, const char *path, bool executable,
		    const struct digest *d, uint64_t size_bytes, struct err *err)
{
	int rc = tree_add_file(&x->tree, path, executable, d, size_bytes, err);

	if (rc == 0)
		map_set(&x->files, path, (void *)(uintptr_t)x->tree.count);
	return rc;
}

static int take_file(struct extraction *x, struct archive_entry *entry, const char *path,
		     struct err *err)
{
	struct digest digest;
	uint64_t size_bytes;
	int rc = take_content(x, path, &digest, &size_bytes, err);

	if (rc < 0)
		return rc;
	if (archive_entry_size_is_set(entry) && (uint64_t)archive_entry_size(entry) != size_bytes)
		return refuse(x, ERR_INVALID, path, "is not of the size that the archive says",
			      err);
	return add_file(x, path, archive_entry_perm(entry) & S_IXUSR, &digest, size_bytes, err);
}

/* A hard link is the content of a file that came before, under another name. */
static int take_hard_link(struct extraction *x, struct archive_entry *entry, const char *path,
			  struct err *err)
{
	char *target = plain_path(archive_entry_hardlink(entry));
	size_t index = (size_t)(uintptr_t)map_get(&x->files, target);
	struct tree_entry file;

	free(target);
	if (index == 0)
		return refuse(x, ERR_INVALID, path,
			      "is a hard link to what is no earlier file of the archive", err);
	if (archive_entry_size(entry) > 0)
		return refuse(x, ERR_INVALID, path, "is a hard link with a content of its own",
			      err);
	file = x->tree.entries[index - 1];
	return add_file(x, path, file.kind == TREE_EXECUTABLE, &file.digest, file.size_bytes, err);
}

static int take_link(struct extraction *x, struct archive_entry *entry, const char *path,
		     struct err *err)
{
	const char *target = archive_entry_symlink(entry);

	if (!target)
		return refuse(x, ERR_INVALID, path, "is a link without a target", err);
	return tree_add_link(&x->tree, path, target, err);
}

static int take_entry(struct extraction *x, struct archive_entry *entry, const char *path,
		      struct err *err)
{
	if (archive_entry_is_encrypted(entry))
		return refuse(x, ERR_INVALID, path, "is encrypted", err);
	if (archive_entry_hardlink(entry))
		return take_hard_link(x, entry, path, err);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return take_file(x, entry, path, err);
	case AE_IFLNK:
		return take_link(x, entry, path, err);
	case AE_IFDIR:
		return *path ? tree_add_folder(&x->tree, path, err) : 0;
	default:
		return refuse(x, ERR_INVALID, path, "is a device, a socket or a FIFO", err);
	}
}

static int take_next(struct extraction *x, struct archive_entry *entry, struct err *err)
{
	const char *name = archive_entry_pathname(entry);
	char *path;
	int rc;

	if (!name)
		return damaged(x, err);
	if (++x->entries > x->limits->max_entries)
		return refuse(x, ERR_TOO_LARGE, name, "is one entry too many", err);
	path = plain_path(name);
	rc = take_entry(x, entry, path, err);
	free(path);
	return rc;
}

static int take_all(struct extraction *x, struct err *err)
{
	struct archive_entry *entry;
	int rc = 0;

	while (rc == 0) {
		int next = archive_read_next_header(x->archive, &entry);

		if (next == ARCHIVE_EOF)
			return tree_seal(&x->tree, err);
		if (next < ARCHIVE_WARN || next == ARCHIVE_RETRY)
			return damaged(x, err);
		if (archive_filter_count(x->archive) > FILTERS_MAX)
			return refuse(x, ERR_INVALID, "the archive", "is compressed more than once",
				      err);
		rc = take_next(x, entry, err);
	}
	return rc;
}

static struct archive *open_archive(int fd)
{
	struct archive *a = archive_read_new();

	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_open_fd(a, fd, PACK_CHUNK); /* a failure shows at the first header */
	return a;
}

static int extract(struct extraction *x, int fd, struct err *err)
{
	struct pack_locale locale;
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, errno, "%s", x->tree.label);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a regular file", x->tree.label);
	x->archive_bytes = (uint64_t)st.st_size;
	pack_locale_enter(&locale);
	x->archive = open_archive(fd);
	rc = take_all(x, err);
	archive_read_free(x->archive);
	pack_locale_leave(&locale);
	return rc;
}

int pack_extract(struct blob_batch *b, int fd, const char *label,
		 const struct pack_limits *limits, struct tree *ret, struct err *err)
{
	struct extraction x = { .batch = b, .limits = limits, .tree = { .label = label } };
	int rc;

	x.chunk = mem_alloc(PACK_CHUNK);
	rc = extract(&x, fd, err);
	if (rc == 0)
		*ret = x.tree;
	else
		tree_finish(&x.tree);
	map_finish(&x.files);
	free(x.chunk);
	return rc;
}
