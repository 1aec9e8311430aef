/* SPDX-License-Identifier: Apache-2.0 */
/* fs.h - files: whole reads, durable writes, folders made and removed
 *
 * Durable means: temporary file, fsync, rename, fsync of the folder. An error
 * of fsync, fdatasync or syncfs aborts the process: Linux marks the pages clean
 * afterwards, so a second try would report a success that is none.
 * Descriptors are close-on-exec from birth.
 */
#ifndef INGOT_BASE_FS_H
#define INGOT_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;

/* Appends the whole file to out. ERR_TOO_LARGE above limit, ERR_NOT_FOUND. */
int fs_read_file(int dirfd, const char *path, size_t limit_bytes, struct buf *out,
		 struct err *err);
int fs_read_fd(int fd, size_t limit_bytes, struct buf *out, struct err *err);

/* Retries EINTR and short writes. */
int fs_write_all(int fd, const void *data, size_t len, struct err *err);
/* Creates or overwrites in place; mode, less the umask, is for a new file. */
int fs_write_file(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err);
/* Creates or replaces at once: a reader, or a crash, finds the old file or the new. */
int fs_write_durable(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		     struct err *err);

/* Makes a folder and its parents; one that is there already is fine. */
int fs_mkdirs(int dirfd, const char *path, mode_t mode, struct err *err);
/* Removes what path names and all below it, never following a link, at any
 * depth, across odd permissions; a missing one is fine. Nobody else may be
 * writing below it. */
int fs_remove_tree(int dirfd, const char *path, struct err *err);

bool fs_exists(int dirfd, const char *path); /* a link counts, wherever it points */
int fs_open_dir(int dirfd, const char *path, struct err *err); /* a descriptor */
/* Opens a path that others may have a hand in: no symbolic link on the way is
 * followed, nothing outside dirfd is reached, and a FIFO does not block. Returns
 * a descriptor, ERR_NOT_FOUND, or ERR_INVALID for a link or a way out. */
int fs_open_beneath(int dirfd, const char *path, int flags, struct err *err);
void fs_sync_fd(int fd);           /* fsync, or abort */
void fs_sync_dir(int dirfd);       /* fsync of a folder, or abort */
void fs_sync_volume(int fd);       /* syncfs of the file system that fd is on, or abort */
void fs_close(int *fd);            /* closes if >= 0, sets -1, keeps errno */
uint64_t fs_free_bytes(int dirfd); /* for an ordinary user; 0 if unknown */

#endif
