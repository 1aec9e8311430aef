/* SPDX-License-Identifier: Apache-2.0 */
/* blob.c - reading blobs and handing them out
 *
 * The rule of this file: nobody gets an inode whose time, mode or size differs
 * from what a commit left, unless it was hashed again first.
 */
#include "store/blob/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "store/blob/blob_batch.h"
#include "store/blob/blob_priv.h"

enum {
	HEALING_TRIES = 2, /* found touched and hashed; found right */
	LINKING_TRIES = 4  /* the same, and an executable copy to be made */
};

bool blob_is_untouched(const struct stat *st, bool executable, uint64_t size_bytes)
{
	mode_t mode = S_IFREG | (executable ? BLOB_MODE_EXECUTABLE : BLOB_MODE);

	return st->st_mode == mode &&
	       st->st_mtim.tv_sec == BLOB_MTIME && st->st_mtim.tv_nsec == 0 &&
	       (size_bytes == BLOB_SIZE_UNKNOWN || (uint64_t)st->st_size == size_bytes);
}

bool blob_exists(const struct blob_store *s, const struct digest *d)
{
	char name[BLOB_NAME_SIZE];

	blob_name(d, false, name);
	return fs_exists(s->root_fd, name);
}

/* errnum tells why the blob's file cannot be had. */
static int no_blob(struct blob_store *s, const struct digest *d, int errnum, struct err *err)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(d, text);
	if (errnum != ENOENT)
		return err_errno(err, errnum, "%s in %s", text, s->path);
	return err_set(err, ERR_NOT_FOUND, "%s is not in the blob store %s", text, s->path);
}

int blob_open(struct blob_store *s, const struct digest *d, int *ret_fd, uint64_t *ret_size_bytes,
	      struct err *err)
{
	char name[BLOB_NAME_SIZE];
	struct stat st;
	int rc = 0;

	blob_name(d, false, name);
	for (int tries = 0; rc == 0 && tries < HEALING_TRIES; tries++) {
		int fd = openat(s->root_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &st) < 0)
			return no_blob(s, d, errno, err);
		if (blob_is_untouched(&st, false, BLOB_SIZE_UNKNOWN)) {
			*ret_fd = fd;
			*ret_size_bytes = (uint64_t)st.st_size;
			return 0;
		}
		fs_close(&fd);
		rc = blob_recheck(s, d, false, err);
	}
	return rc < 0 ? rc : no_blob(s, d, EBUSY, err);
}

int blob_read(struct blob_store *s, const struct digest *d, size_t limit_bytes, struct buf *out,
	      struct err *err)
{
	uint64_t size_bytes;
	int fd;
	int rc = blob_open(s, d, &fd, &size_bytes, err);

	if (rc < 0)
		return rc;
	rc = fs_read_fd(fd, limit_bytes, out, err);
	fs_close(&fd);
	return rc;
}

/* Everything is kept in the kernel; on file systems that can, the blocks are shared. */
static int copy_content(int from, int to)
{
	ssize_t sent;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	do
		sent = sendfile(to, from, NULL, BLOB_CHUNK);
	while (sent > 0 || (sent < 0 && errno == EINTR));
	return (int)sent;
}

/* times as of futimens(); NULL for the present. */
static int fill_copy(int from, int to, mode_t mode, const struct timespec *times)
{
	if (copy_content(from, to) < 0 || fchmod(to, mode) < 0)
		return -1;
	return times ? futimens(to, times) : 0;
}

static int copy_out(struct blob_store *s, const struct digest *d, mode_t mode,
		    const struct timespec *times, int dirfd, const char *name, struct err *err)
{
	uint64_t size_bytes;
	int from, to;
	int rc = blob_open(s, d, &from, &size_bytes, err);

	if (rc < 0)
		return rc;
	to = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 && errno == EEXIST) {
		rc = err_set(err, ERR_EXISTS, "%s is there already", name);
	} else if (to < 0) {
		rc = err_errno(err, errno, "cannot make %s", name);
	} else if (fill_copy(from, to, mode, times) < 0) {
		rc = err_errno(err, errno, "cannot write %s", name);
		unlinkat(dirfd, name, 0);
	}
	fs_close(&from);
	fs_close(&to);
	return rc;
}

int blob_copy_out(struct blob_store *s, const struct digest *d, mode_t mode, int dirfd,
		  const char *name, struct err *err)
{
	return copy_out(s, d, mode, NULL, dirfd, name, err);
}

/* In place of a link: with the same mode and time. */
static int copy_sealed(struct blob_store *s, const struct digest *d, bool executable, int dirfd,
		       const char *name, struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = BLOB_MTIME } };

	return copy_out(s, d, executable ? BLOB_MODE_EXECUTABLE : BLOB_MODE, times, dirfd, name,
			err);
}

int blob_make_executable(struct blob_store *s, const struct digest *d, struct err *err)
{
	struct blob_batch *b = blob_batch_create(s);
	struct blob_staging staging = { .fd = -1 };
	struct digest copied;
	uint64_t size_bytes;
	int fd = -1;
	int rc = blob_open(s, d, &fd, &size_bytes, err);

	if (rc == 0)
		rc = blob_staging_create(s, &staging, err);
	if (rc == 0)
		rc = blob_copy(s, fd, "a blob", &staging, size_bytes, &copied, &size_bytes, err);
	if (rc == 0 && !digest_eq(&copied, d))
		rc = blob_recheck(s, d, false, err);
	else if (rc == 0)
		rc = blob_batch_stage(b, &staging, d, true, size_bytes, err);
	if (rc == 0)
		rc = blob_batch_commit(b, err);
	blob_staging_drop(s, &staging);
	blob_batch_destroy(b);
	fs_close(&fd);
	return rc;
}

/* Links and looks at what was linked, so that nothing can come between. Returns
 * 1 if the name is there and good, 0 to try again after a repair. */
static int try_link(struct blob_store *s, const struct digest *d, bool executable,
		    uint64_t size_bytes, int dirfd, const char *name, struct err *err)
{
	char blob[BLOB_NAME_SIZE];
	struct stat st;
	int rc;

	blob_name(d, executable, blob);
	if (linkat(s->root_fd, blob, dirfd, name, 0) == 0) {
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    blob_is_untouched(&st, executable, size_bytes))
			return 1;
		unlinkat(dirfd, name, 0);
		rc = blob_recheck(s, d, executable, err);
		return executable && rc == ERR_DAMAGED ? 0 : rc;
	}
	switch (errno) {
	case EEXIST:
		return err_set(err, ERR_EXISTS, "%s is there already", name);
	case ENOENT:
		return executable ? blob_make_executable(s, d, err) : no_blob(s, d, ENOENT, err);
	case EXDEV:
	case EMLINK:
	case EPERM: /* no links at all there, or not to what another user owns */
		rc = copy_sealed(s, d, executable, dirfd, name, err);
		return rc < 0 ? rc : 1;
	default:
		return err_errno(err, errno, "cannot make %s", name);
	}
}

int blob_link(struct blob_store *s, const struct digest *d, bool executable, uint64_t size_bytes,
	      int dirfd, const char *name, struct err *err)
{
	int rc = 0;

	for (int tries = 0; rc == 0 && tries < LINKING_TRIES; tries++)
		rc = try_link(s, d, executable, size_bytes, dirfd, name, err);
	if (rc == 0)
		return err_set(err, ERR_DAMAGED, "the blob of %s is not of %llu bytes, as recorded",
			       name, (unsigned long long)size_bytes);
	return rc < 0 ? rc : 0;
}
