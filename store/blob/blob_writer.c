/* SPDX-License-Identifier: Apache-2.0 */
/* blob_writer.c - a blob that comes in pieces, and the batches of one */
#include "store/blob/blob_batch.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/blob/blob_priv.h"

struct blob_writer {
	struct blob_batch *batch;
	struct blob_staging staging; /* fd -1: handed to the batch */
	struct hash *hash;
	uint64_t size_bytes;
};

int blob_writer_create(struct blob_batch *b, struct blob_writer **ret, struct err *err)
{
	struct blob_staging staging;
	struct blob_writer *w;
	int rc = blob_staging_create(blob_batch_store(b), &staging, err);

	if (rc < 0)
		return rc;
	w = mem_alloc(sizeof(*w));
	w->batch = b;
	w->staging = staging;
	w->hash = hash_create();
	*ret = w;
	return 0;
}

int blob_writer_write(struct blob_writer *w, const void *data, size_t len, struct err *err)
{
	int rc = blob_staging_write(blob_batch_store(w->batch), &w->staging, data, len, err);

	if (rc < 0)
		return rc;
	hash_update(w->hash, data, len);
	w->size_bytes += len;
	return 0;
}

int blob_writer_finish(struct blob_writer *w, const struct digest *expected, struct digest *ret,
		       uint64_t *ret_size_bytes, struct err *err)
{
	struct digest digest;
	int rc;

	hash_final(w->hash, &digest);
	if (expected && !digest_eq(&digest, expected)) {
		char wanted[DIGEST_TEXT_SIZE], got[DIGEST_TEXT_SIZE];

		digest_text(expected, wanted);
		digest_text(&digest, got);
		return err_set(err, ERR_INVALID, "the content should be %s, but is %s", wanted,
			       got);
	}
	rc = blob_batch_stage(w->batch, &w->staging, &digest, false, w->size_bytes, err);
	if (rc < 0)
		return rc;
	*ret = digest;
	*ret_size_bytes = w->size_bytes;
	return 0;
}

void blob_writer_destroy(struct blob_writer *w)
{
	if (!w)
		return;
	blob_staging_drop(blob_batch_store(w->batch), &w->staging);
	hash_destroy(w->hash);
	free(w);
}

int blob_put_bytes(struct blob_store *s, const void *data, size_t len, struct digest *ret,
		   struct err *err)
{
	struct blob_batch *b = blob_batch_create(s);
	struct digest digest;
	int rc = blob_batch_bytes(b, data, len, &digest, err);

	if (rc == 0)
		rc = blob_batch_commit(b, err);
	if (rc == 0)
		*ret = digest;
	blob_batch_destroy(b);
	return rc;
}

int blob_put_path(struct blob_store *s, int dirfd, const char *path, struct digest *ret,
		  uint64_t *ret_size_bytes, struct err *err)
{
	struct blob_batch *b;
	struct digest digest;
	uint64_t size_bytes;
	int fd = fs_open_beneath(dirfd, path, O_RDONLY, err);
	int rc;

	if (fd < 0)
		return fd;
	b = blob_batch_create(s);
	rc = blob_batch_file(b, fd, path, &digest, &size_bytes, err);
	if (rc == 0)
		rc = blob_batch_commit(b, err);
	if (rc == 0) {
		*ret = digest;
		*ret_size_bytes = size_bytes;
	}
	blob_batch_destroy(b);
	fs_close(&fd);
	return rc;
}
