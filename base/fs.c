/* SPDX-License-Identifier: Apache-2.0 */
/* fs.c - files: whole reads, durable writes, folders made
 *
 * The order of a durable write, and what a crash leaves behind at each point:
 *
 *	create .tmp-<random>      nothing, or the temporary file
 *	write, fsync it           the temporary file
 *	rename it over the name   the old file or the new one, whole
 *	fsync the folder          the new one
 *
 * Whole trees are removed in fs_tree.c.
 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"

enum { READ_CHUNK = 16 << 10, TEMP_NAME_SIZE = 32 };

/* Reads to the end of fd, or until there is more than the limit. */
static int read_all(int fd, const char *name, size_t limit_bytes, struct buf *out, struct err *err)
{
	size_t start = out->len;

	while (out->len - start <= limit_bytes) {
		ssize_t got;

		buf_reserve(out, READ_CHUNK);
		got = read(fd, out->data + out->len, READ_CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "reading %s", name);
		if (got == 0)
			return 0;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
	}
	return err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes", name, limit_bytes);
}

static int read_or_undo(int fd, const char *name, size_t limit_bytes, struct buf *out,
			struct err *err)
{
	size_t start = out->len;
	int rc = read_all(fd, name, limit_bytes, out, err);

	if (rc < 0 && out->data) {
		out->len = start;
		out->data[start] = '\0';
	}
	return rc;
}

int fs_read_fd(int fd, size_t limit_bytes, struct buf *out, struct err *err)
{
	return read_or_undo(fd, "an open file", limit_bytes, out, err);
}

int fs_read_file(int dirfd, const char *path, size_t limit_bytes, struct buf *out, struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	rc = read_or_undo(fd, path, limit_bytes, out, err);
	fs_close(&fd);
	return rc;
}

/* 0, or -1 with errno. */
static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

int fs_write_all(int fd, const void *data, size_t len, struct err *err)
{
	if (write_all(fd, data, len) < 0)
		return err_errno(err, errno, "writing");
	return 0;
}

int fs_write_file(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	int rc = 0;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	if (write_all(fd, data, len) < 0)
		rc = err_errno(err, errno, "writing %s", path);
	fs_close(&fd);
	return rc;
}

/* Opens the folder that path's last part is in. */
static int open_parent(int dirfd, const char *path, struct err *err)
{
	char *parent = mem_strndup(path, (size_t)(path_base(path) - path));
	int fd = fs_open_dir(dirfd, *parent ? parent : ".", err);

	free(parent);
	return fd;
}

/* Creates temp in the folder and fills it; durable, but not yet named. */
static int write_temp(int folder, const char *temp, const void *data, size_t len, mode_t mode)
{
	int fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	int rc;

	if (fd < 0)
		return -1;
	rc = write_all(fd, data, len);
	if (rc == 0)
		fs_sync_fd(fd);
	fs_close(&fd);
	return rc;
}

int fs_write_durable(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		     struct err *err)
{
	char temp[TEMP_NAME_SIZE];
	uint64_t random;
	int folder = open_parent(dirfd, path, err);
	int rc = 0;

	if (folder < 0)
		return folder;
	hash_random(&random, sizeof(random));
	snprintf(temp, sizeof(temp), ".tmp-%016" PRIx64, random);
	if (write_temp(folder, temp, data, len, mode) < 0 ||
	    renameat(folder, temp, folder, path_base(path)) < 0) {
		rc = err_errno(err, errno, "writing %s", path);
		unlinkat(folder, temp, 0);
	} else {
		fs_sync_dir(folder);
	}
	fs_close(&folder);
	return rc;
}

/* 0 if the folder is there now, or something of its name is; or -1 with errno. */
static int make_folder(int dirfd, const char *path, mode_t mode)
{
	return mkdirat(dirfd, path, mode) == 0 || errno == EEXIST ? 0 : -1;
}

static int check_folder(int dirfd, const char *path)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

int fs_mkdirs(int dirfd, const char *path, mode_t mode, struct err *err)
{
	char *prefix = mem_strdup(path);
	int rc = 0;

	for (size_t i = 1; rc == 0 && path[i - 1]; i++) {
		if (path[i] && path[i] != '/')
			continue;
		prefix[i] = '\0';
		rc = make_folder(dirfd, prefix, mode);
		prefix[i] = path[i];
	}
	free(prefix);
	if (rc < 0 || check_folder(dirfd, path) < 0)
		return err_errno(err, errno, "%s", path);
	return 0;
}

bool fs_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int fs_open_dir(int dirfd, const char *path, struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(err, errno, "%s", path) : fd;
}

int fs_open_beneath(int dirfd, const char *path, int flags, struct err *err)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_INVALID, "%s is a symbolic link or lies behind one", path);
	if (fd < 0 && errno == EXDEV)
		return err_set(err, ERR_INVALID, "%s leads outside its folder", path);
	return fd < 0 ? err_errno(err, errno, "%s", path) : fd;
}

static void abort_unless(bool synced, const char *what)
{
	if (synced)
		return;
	log_error("sync of a %s: %s; what was written may be lost", what, strerror(errno));
	abort();
}

void fs_sync_fd(int fd)
{
	abort_unless(fsync(fd) == 0, "file");
}

void fs_sync_dir(int dirfd)
{
	abort_unless(fsync(dirfd) == 0, "folder");
}

void fs_sync_volume(int fd)
{
	abort_unless(syncfs(fd) == 0, "file system");
}

void fs_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

uint64_t fs_free_bytes(int dirfd)
{
	struct statvfs vfs;

	return fstatvfs(dirfd, &vfs) == 0 ? (uint64_t)vfs.f_bavail * vfs.f_frsize : 0;
}
