/* SPDX-License-Identifier: Apache-2.0 */
/* blob.h - the content-addressed store: reading, handing out, checking, removing
 *
 * A blob is a file that is named by the SHA-256 of its content and never
 * changes. The files themselves are the store: there is no index, and several
 * processes of a machine use one store at once. FORMAT.md tells the layout byte
 * by byte; blob_batch.h puts things in; tree.h keeps folders.
 *
 * What holds at every instant, whoever is killed:
 *  1. A name in the store belongs to a whole file that hashes to it and was
 *     durable before it was named.
 *  2. A blob's inode has a fixed mode and modification time. Blobs are handed
 *     out as hard links, so a step with enough rights can write into one; then
 *     the time differs, the blob is hashed again before anybody gets it, and a
 *     damaged one is moved to damaged/ instead.
 *
 * A store may be used by several threads at once. A digest that is not there is
 * ERR_NOT_FOUND everywhere.
 */
#ifndef INGOT_STORE_BLOB_H
#define INGOT_STORE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct blob_store;
struct buf;
struct digest;
struct err;

/* 2001-01-01T00:00:00Z: the modification time of every blob, and so of every
 * source and input that a step sees. */
enum { BLOB_MTIME = 978307200 };
#define BLOB_SIZE_UNKNOWN UINT64_MAX

/* Opens the store in the folder at path, making what is missing. */
int blob_store_open(const char *path, struct blob_store **ret, struct err *err);
void blob_store_close(struct blob_store *s); /* NULL is fine */
/* Removes from staging/ what killed processes left there; the files of living
 * ones stay. Returns how many processes' leavings were removed. */
int blob_store_sweep(struct blob_store *s, struct err *err);
uint64_t blob_store_free_bytes(const struct blob_store *s); /* of its file system; 0: unknown */

/* Whether the digest has a name in the store; its content is not looked at. */
bool blob_exists(const struct blob_store *s, const struct digest *d);
/* Opens for reading; the caller closes. ERR_DAMAGED after moving a damaged blob away. */
int blob_open(struct blob_store *s, const struct digest *d, int *ret_fd, uint64_t *ret_size_bytes,
	      struct err *err);
/* Appends the whole content. ERR_TOO_LARGE above the limit; as blob_open. */
int blob_read(struct blob_store *s, const struct digest *d, size_t limit_bytes, struct buf *out,
	      struct err *err);

/* Puts the blob into a folder under a name of one part, read-only: as a hard
 * link; where that is not possible (another file system, too many links) as a
 * copy. The content is not hashed unless the inode was touched or is not of
 * size_bytes (BLOB_SIZE_UNKNOWN: any). ERR_EXISTS if the name is taken,
 * ERR_DAMAGED as blob_open. */
int blob_link(struct blob_store *s, const struct digest *d, bool executable, uint64_t size_bytes,
	      int dirfd, const char *name, struct err *err);
/* Puts a copy that is its owner's to change, of this mode. ERR_EXISTS, ERR_DAMAGED. */
int blob_copy_out(struct blob_store *s, const struct digest *d, mode_t mode, int dirfd,
		  const char *name, struct err *err);

/* Hashes the blob whatever its times say, and its executable copy too. Returns 0;
 * 1 if that copy alone was damaged (it is removed, and made again when needed); or
 * ERR_DAMAGED after moving the blob to damaged/. */
int blob_verify(struct blob_store *s, const struct digest *d, struct err *err);
/* Calls each() for every blob, in no order, until it returns other than 0; returns
 * that, or 0. Blobs may come and go meanwhile. */
int blob_list(struct blob_store *s,
	      int (*each)(void *arg, const struct digest *d, uint64_t size_bytes), void *arg,
	      struct err *err);
/* Removes a blob that nobody has put or confirmed for unwanted_s seconds, so that
 * a collector cannot take away what an upload has just found to be there. Files
 * in workspaces that are links to it stay. Returns 1 if it is gone, 0 if it was
 * wanted lately and stays. */
int blob_remove(struct blob_store *s, const struct digest *d, int64_t unwanted_s, struct err *err);

#endif
