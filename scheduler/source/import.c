/* SPDX-License-Identifier: Apache-2.0 */
/* import.c - blobs of a mirror into the blob store, as one durable batch */
#include "scheduler/source/helper.h"

#include <string.h>

#include <git2.h>

#include "base/err.h"
#include "scheduler/source/git_border.h"
#include "scheduler/source/message.h"
#include "scheduler/source/mirror.h"
#include "store/blob/blob_batch.h"

enum { FILE_MAX_BYTES = 1 << 30 };

static const uint64_t total_max_bytes = UINT64_C(10) << 30;

static int import_one(git_odb *odb, struct blob_batch *batch, const char *hex,
		      struct source_blob *ret, struct err *err)
{
	git_odb_object *object = NULL;
	git_oid oid;
	int rc;

	if (strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(&oid, hex) < 0)
		return err_set(err, ERR_INVALID, "an object id has %d hex digits", GIT_OID_HEXSZ);
	if (!git_odb_exists(odb, &oid))
		return err_set(err, ERR_NOT_FOUND, "the mirror has no object %s", hex);
	rc = git_read_blob(odb, hex, &oid, FILE_MAX_BYTES, &object, err);
	if (rc < 0)
		return rc;
	ret->size_bytes = git_odb_object_size(object);
	rc = blob_batch_bytes(batch, git_odb_object_data(object), ret->size_bytes, &ret->digest,
			      err);
	git_odb_object_free(object);
	return rc;
}

static int import_all(git_odb *odb, struct blob_batch *batch, const struct message_import *import,
		      struct source_blob *ret, struct err *err)
{
	uint64_t total_bytes = 0;

	for (size_t i = 0; i < import->count; i++) {
		int rc = import_one(odb, batch, import->oids[i], &ret[i], err);

		if (rc < 0)
			return rc;
		total_bytes += ret[i].size_bytes;
		if (total_bytes > total_max_bytes)
			return err_set(err, ERR_TOO_LARGE, "the files have more than 10 GiB");
	}
	return blob_batch_commit(batch, err);
}

int import_blobs(const char *home, struct blob_store *blobs, const struct message_import *import,
		 struct source_blob *ret, struct err *err)
{
	struct mirror mirror = MIRROR_INIT;
	struct blob_batch *batch;
	git_odb *odb = NULL;
	int rc = mirror_open(home, import->repository, false, &mirror, err);

	if (rc < 0)
		return rc;
	batch = blob_batch_create(blobs);
	rc = git_repository_odb(&odb, mirror.repo);
	rc = rc < 0 ? git_failure(err, rc, "%s", mirror.path)
		    : import_all(odb, batch, import, ret, err);
	blob_batch_destroy(batch);
	git_odb_free(odb);
	mirror_close(&mirror);
	return rc;
}
