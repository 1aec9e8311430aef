/* SPDX-License-Identifier: Apache-2.0 */
/* pack_write.c - a tree becomes an archive
 *
 * The same tree gives the same bytes, wherever and whenever: no owner, one time,
 * no padding that depends on what kind of file is written to. In a zip the time
 * is left out, as it would be a local one.
 */
#include "store/pack/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/blob/blob.h"
#include "store/blob/tree.h"
#include "store/pack/pack_priv.h"

struct sink {
	int fd;
	bool is_closed; /* nothing more is written, so that giving up is quick */
	int errnum;     /* of the write that failed */
};

static ssize_t write_out(struct archive *a, void *arg, const void *data, size_t len)
{
	struct sink *sink = arg;

	if (!sink->is_closed && fs_write_all(sink->fd, data, len, NULL) == 0)
		return (ssize_t)len;
	if (!sink->is_closed)
		sink->errnum = errno;
	sink->is_closed = true;
	archive_set_error(a, EIO, "closed");
	return -1;
}

static int translate(struct archive *a, const struct sink *sink, struct err *err)
{
	if (sink->errnum)
		return err_errno(err, sink->errnum, "the archive cannot be written");
	return err_set(err, ERR_IO, "the archive cannot be written: %s", archive_error_string(a));
}

static struct archive *create(enum pack_format format)
{
	struct archive *a = archive_write_new();

	if (format == PACK_ZIP)
		archive_write_set_format_zip(a);
	else
		archive_write_set_format_pax_restricted(a);
	if (format == PACK_TAR_ZST)
		archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	return a;
}

static void describe(const struct tree_entry *e, enum pack_format format,
		     struct archive_entry *out)
{
	static const struct {
		unsigned type;
		mode_t mode;
	} kinds[TREE_KIND_COUNT] = {
		[TREE_FILE] = { AE_IFREG, 0644 },
		[TREE_EXECUTABLE] = { AE_IFREG, 0755 },
		[TREE_LINK] = { AE_IFLNK, 0777 },
		[TREE_FOLDER] = { AE_IFDIR, 0755 },
	};

	archive_entry_clear(out);
	archive_entry_set_pathname(out, e->path);
	archive_entry_set_filetype(out, kinds[e->kind].type);
	archive_entry_set_perm(out, kinds[e->kind].mode);
	archive_entry_set_size(out, (int64_t)e->size_bytes);
	if (e->kind == TREE_LINK)
		archive_entry_set_symlink(out, e->target);
	if (format != PACK_ZIP)
		archive_entry_set_mtime(out, BLOB_MTIME, 0);
}

static int write_content(struct archive *a, const struct sink *sink, struct blob_store *s,
			 const struct tree_entry *e, char *chunk, struct err *err)
{
	uint64_t size_bytes;
	ssize_t got = 0;
	int fd;
	int rc = blob_open(s, &e->digest, &fd, &size_bytes, err);

	if (rc < 0)
		return rc;
	while (rc == 0 && (got = read(fd, chunk, PACK_CHUNK)) > 0)
		if (archive_write_data(a, chunk, (size_t)got) != got)
			rc = translate(a, sink, err);
	if (got < 0)
		rc = err_errno(err, errno, "%s", e->path);
	else if (rc == 0 && size_bytes != e->size_bytes)
		rc = err_set(err, ERR_DAMAGED, "the blob of %s is not of the recorded size",
			     e->path);
	fs_close(&fd);
	return rc;
}

static int write_entries(struct archive *a, const struct sink *sink, struct blob_store *s,
			 const struct tree *t, enum pack_format format, struct err *err)
{
	struct archive_entry *entry = archive_entry_new();
	char *chunk = mem_alloc(PACK_CHUNK);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		const struct tree_entry *e = &t->entries[i];

		describe(e, format, entry);
		if (archive_write_header(a, entry) < ARCHIVE_WARN)
			rc = translate(a, sink, err);
		else if (e->kind == TREE_FILE || e->kind == TREE_EXECUTABLE)
			rc = write_content(a, sink, s, e, chunk, err);
	}
	free(chunk);
	archive_entry_free(entry);
	return rc;
}

int pack_write(struct blob_store *s, const struct tree *t, enum pack_format format, int fd,
	       struct err *err)
{
	struct archive *a = create(format);
	struct sink sink = { .fd = fd };
	struct pack_locale locale;
	int rc;

	pack_locale_enter(&locale);
	if (archive_write_open2(a, &sink, NULL, write_out, NULL, NULL) != ARCHIVE_OK)
		rc = translate(a, &sink, err);
	else
		rc = write_entries(a, &sink, s, t, format, err);
	sink.is_closed = rc < 0;
	if (archive_write_close(a) != ARCHIVE_OK && rc == 0)
		rc = translate(a, &sink, err);
	archive_write_free(a);
	pack_locale_leave(&locale);
	return rc;
}
