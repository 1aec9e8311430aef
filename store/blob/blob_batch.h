/* SPDX-License-Identifier: Apache-2.0 */
/* blob_batch.h - putting things into the blob store
 *
 *	1. blob_batch_create()
 *	2. blob_batch_bytes(), blob_batch_file(), a blob_writer, tree_put_folder(): any
 *	   number of times. Contents are hashed while they are copied to staging/;
 *	   nothing has a name yet.
 *	3. blob_batch_commit(): one durability point for all contents, then each gets
 *	   its name, then the names are made durable. Only now may a record refer to
 *	   the digests.
 *	4. blob_batch_destroy(), whatever happened: what was not committed is gone.
 *
 * A batch and its writers belong to one thread.
 */
#ifndef INGOT_STORE_BLOB_BATCH_H
#define INGOT_STORE_BLOB_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob_batch;
struct blob_store;
struct blob_writer;
struct digest;
struct err;
struct stat;

struct blob_batch *blob_batch_create(struct blob_store *s);
void blob_batch_destroy(struct blob_batch *b); /* NULL is fine */

int blob_batch_bytes(struct blob_batch *b, const void *data, size_t len, struct digest *ret,
		     struct err *err);
/* Puts the content of an open regular file, from its start. label names the file
 * in messages. ERR_INVALID if it is no regular file, ERR_BUSY if it changed
 * while it was read, ERR_NO_SPACE. */
int blob_batch_file(struct blob_batch *b, int fd, const char *label, struct digest *ret,
		    uint64_t *ret_size_bytes, struct err *err);
/* Whether the inode that st tells of is the untouched blob of this digest; if so
 * it counts as put, without being read. */
bool blob_batch_known(struct blob_batch *b, const struct stat *st, const struct digest *d);
/* May be called again after more was put. On failure some may have names already,
 * which harms nobody. */
int blob_batch_commit(struct blob_batch *b, struct err *err);

/* A blob that comes in pieces: an upload, a download, an archive's file. */
int blob_writer_create(struct blob_batch *b, struct blob_writer **ret, struct err *err);
int blob_writer_write(struct blob_writer *w, const void *data, size_t len, struct err *err);
/* Hands the content to the batch. With `expected` (or NULL) ERR_INVALID, and
 * nothing is put, if the content hashes to something else. */
int blob_writer_finish(struct blob_writer *w, const struct digest *expected, struct digest *ret,
		       uint64_t *ret_size_bytes, struct err *err);
void blob_writer_destroy(struct blob_writer *w); /* NULL is fine; unfinished content is dropped */

/* A batch of one, committed. */
int blob_put_bytes(struct blob_store *s, const void *data, size_t len, struct digest *ret,
		   struct err *err);
/* path is opened below dirfd; no symbolic link on the way is followed. */
int blob_put_path(struct blob_store *s, int dirfd, const char *path, struct digest *ret,
		  uint64_t *ret_size_bytes, struct err *err);

#endif
