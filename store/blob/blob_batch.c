/* SPDX-License-Identifier: Apache-2.0 */
/* blob_batch.c - many contents in, one durability point, then their names
 *
 * The order of a commit, and what a crash leaves behind at each point:
 *
 *	all contents staged        files in staging/ that a sweep removes
 *	contents made durable      the same
 *	each renamed to its name   some blobs, each whole and durable
 *	the names made durable     all blobs
 *
 * A content that is in the store already is not written again, but its name is
 * still made durable here: whoever named it may not have come to that point.
 */
#include "store/blob/blob_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/blob/blob_priv.h"

enum {
	FOLDERS = 256,
	/* Up to here single fsyncs; above, one syncfs, which also waits for what
	 * others wrote to the file system. */
	SINGLE_SYNCS_MAX = 8,
	NAMING_TRIES = 8 /* a folder to make, a damaged blob to move: each happens once */
};

struct staged {
	struct digest digest;
	uint64_t number;
	uint64_t size_bytes;
	bool executable;
};

struct blob_batch {
	struct blob_store *store;
	char *chunk; /* BLOB_CHUNK bytes for small files, allocated when first used */
	struct staged *staged;
	size_t count, cap;
	struct idmap by_digest; /* the start of a digest to 1 + the index in staged */
	bool folders[FOLDERS]; /* whose names are to be made durable */
	size_t folder_count;
	bool made_folder;
};

struct blob_batch *blob_batch_create(struct blob_store *s)
{
	struct blob_batch *b = mem_alloc(sizeof(*b));

	b->store = s;
	return b;
}

struct blob_store *blob_batch_store(const struct blob_batch *b)
{
	return b->store;
}

void blob_batch_destroy(struct blob_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		blob_staging_remove(b->store, b->staged[i].number);
	idmap_finish(&b->by_digest);
	free(b->staged);
	free(b->chunk);
	free(b);
}

static void note_folder(struct blob_batch *b, const struct digest *d)
{
	bool *noted = &b->folders[d->bytes[0]];

	b->folder_count += !*noted;
	*noted = true;
}

/* Whether the store has the content already, as it should be. It is confirmed
 * first and looked at after, so that a collector who has just moved it away is
 * noticed: see blob_check.c. */
static bool is_present(struct blob_batch *b, const struct digest *d, bool executable,
		       uint64_t size_bytes)
{
	char name[BLOB_NAME_SIZE];
	struct stat st;

	blob_name(d, executable, name);
	if (blob_confirm(b->store, name) < 0 ||
	    fstatat(b->store->root_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !blob_is_untouched(&st, executable, size_bytes))
		return false;
	note_folder(b, d);
	return true;
}

static uint64_t digest_start(const struct digest *d)
{
	uint64_t start;

	memcpy(&start, d->bytes, sizeof(start));
	return start ? start : 1; /* 0 is no key */
}

/* Whether the content came before in this batch. */
static bool is_staged(const struct blob_batch *b, const struct digest *d)
{
	size_t place = (size_t)(uintptr_t)idmap_get(&b->by_digest, digest_start(d));

	return place > 0 && digest_eq(&b->staged[place - 1].digest, d);
}

/* Whether a content need not be written. */
static bool is_had(struct blob_batch *b, const struct digest *d, uint64_t size_bytes)
{
	return is_staged(b, d) || is_present(b, d, false, size_bytes);
}

bool blob_batch_known(struct blob_batch *b, const struct stat *st, const struct digest *d)
{
	for (int executable = 0; executable <= 1; executable++) {
		char name[BLOB_NAME_SIZE];
		struct stat blob;

		blob_name(d, executable, name);
		if (fstatat(b->store->root_fd, name, &blob, AT_SYMLINK_NOFOLLOW) == 0 &&
		    blob.st_ino == st->st_ino && blob.st_dev == st->st_dev)
			return is_present(b, d, executable, (uint64_t)st->st_size);
	}
	return false;
}

int blob_batch_stage(struct blob_batch *b, struct blob_staging *staging, const struct digest *d,
		     bool executable, uint64_t size_bytes, struct err *err)
{
	int rc = blob_staging_seal(b->store, staging, executable, err);

	if (rc < 0)
		return rc;
	b->staged = mem_grow(b->staged, &b->cap, b->count + 1, sizeof(*b->staged));
	b->staged[b->count++] = (struct staged){
		.digest = *d,
		.number = staging->number,
		.size_bytes = size_bytes,
		.executable = executable,
	};
	idmap_set(&b->by_digest, digest_start(d), (void *)(uintptr_t)b->count);
	return 0;
}

int blob_batch_bytes(struct blob_batch *b, const void *data, size_t len, struct digest *ret,
		     struct err *err)
{
	struct blob_staging staging;
	struct digest digest;
	int rc = 0;

	hash_bytes(data, len, &digest);
	if (!is_had(b, &digest, len)) {
		rc = blob_staging_create(b->store, &staging, err);
		if (rc < 0)
			return rc;
		rc = blob_staging_write(b->store, &staging, data, len, err);
		if (rc == 0)
			rc = blob_batch_stage(b, &staging, &digest, false, len, err);
		blob_staging_drop(b->store, &staging);
	}
	if (rc == 0)
		*ret = digest;
	return rc;
}

/* A file of at most one chunk is hashed before anything is written, so that what
 * the store has already costs no write. */
static int put_small(struct blob_batch *b, int fd, const char *label, struct digest *ret,
		     uint64_t *ret_size_bytes, struct err *err)
{
	size_t len = 0;
	ssize_t got;

	if (!b->chunk)
		b->chunk = mem_alloc(BLOB_CHUNK);
	do {
		got = read(fd, b->chunk + len, BLOB_CHUNK - len);
		if (got < 0 && errno != EINTR)
			return err_errno(err, errno, "cannot read %s", label);
		len += got > 0 ? (size_t)got : 0;
	} while (got != 0 && len < BLOB_CHUNK);
	*ret_size_bytes = len;
	return blob_batch_bytes(b, b->chunk, len, ret, err);
}

static int put_large(struct blob_batch *b, int fd, const char *label, uint64_t size_bytes,
		     struct digest *ret, uint64_t *ret_size_bytes, struct err *err)
{
	struct blob_staging staging;
	int rc = blob_staging_create(b->store, &staging, err);

	if (rc < 0)
		return rc;
	rc = blob_copy(b->store, fd, label, &staging, size_bytes, ret, ret_size_bytes, err);
	if (rc == 0 && !is_had(b, ret, *ret_size_bytes))
		rc = blob_batch_stage(b, &staging, ret, false, *ret_size_bytes, err);
	blob_staging_drop(b->store, &staging);
	return rc;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

int blob_batch_file(struct blob_batch *b, int fd, const char *label, struct digest *ret,
		    uint64_t *ret_size_bytes, struct err *err)
{
	struct stat before, after;
	struct digest digest;
	uint64_t size_bytes;
	int rc;

	if (fstat(fd, &before) < 0)
		return err_errno(err, errno, "cannot read %s", label);
	if (!S_ISREG(before.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a regular file", label);
	rc = before.st_size < BLOB_CHUNK
		     ? put_small(b, fd, label, &digest, &size_bytes, err)
		     : put_large(b, fd, label, (uint64_t)before.st_size, &digest, &size_bytes, err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &after) < 0)
		return err_errno(err, errno, "cannot read %s", label);
	if (size_bytes != (uint64_t)before.st_size || after.st_size != before.st_size ||
	    !is_same_time(after.st_mtim, before.st_mtim))
		return err_set(err, ERR_BUSY, "%s changed while it was read", label);
	*ret = digest;
	*ret_size_bytes = size_bytes;
	return 0;
}

static int sync_contents(struct blob_batch *b, struct err *err)
{
	if (b->count > SINGLE_SYNCS_MAX) {
		fs_sync_volume(b->store->root_fd);
		return 0;
	}
	for (size_t i = 0; i < b->count; i++) {
		int fd = blob_staging_reopen(b->store, b->staged[i].number, err);

		if (fd < 0)
			return fd;
		fs_sync_fd(fd);
		fs_close(&fd);
	}
	return 0;
}

/* 0, or -1 with errno. */
static int make_folder(struct blob_batch *b, const char *name)
{
	char folder[3] = { name[0], name[1] };

	if (mkdirat(b->store->root_fd, folder, 0755) < 0 && errno != EEXIST)
		return -1;
	b->made_folder = true;
	return 0;
}

/* The name of a staged file is taken: by a whole blob, which stays, or by a
 * damaged one, which makes room. Returns 1 if the name is free now. */
static int settle_taken(struct blob_batch *b, const struct staged *staged, struct err *err)
{
	int rc;

	if (is_present(b, &staged->digest, staged->executable, staged->size_bytes))
		return 0;
	rc = blob_recheck(b->store, &staged->digest, staged->executable, err);
	return rc == ERR_DAMAGED || rc == ERR_NOT_FOUND ? 1 : rc;
}

static int name_one(struct blob_batch *b, const struct staged *staged, struct err *err)
{
	struct blob_store *s = b->store;
	char name[BLOB_NAME_SIZE];
	int rc = 1;

	blob_name(&staged->digest, staged->executable, name);
	note_folder(b, &staged->digest);
	for (int tries = 0; rc > 0 && tries < NAMING_TRIES; tries++) {
		if (blob_staging_name(s, staged->number, name) == 0)
			return 0;
		if (errno == EEXIST)
			rc = settle_taken(b, staged, err);
		else if (errno != ENOENT || make_folder(b, name) < 0)
			break;
	}
	if (rc == 0)
		blob_staging_remove(s, staged->number);
	else if (rc > 0)
		rc = err_errno(err, errno, "cannot write to the blob store %s", s->path);
	return rc;
}

static int sync_names(struct blob_batch *b, struct err *err)
{
	if (b->folder_count > SINGLE_SYNCS_MAX) {
		fs_sync_volume(b->store->root_fd);
		return 0;
	}
	for (unsigned i = 0; i < FOLDERS; i++) {
		char name[3];
		int fd;

		if (!b->folders[i])
			continue;
		snprintf(name, sizeof(name), "%02x", i);
		fd = fs_open_dir(b->store->root_fd, name, err);
		if (fd < 0)
			return fd;
		fs_sync_dir(fd);
		fs_close(&fd);
	}
	if (b->made_folder)
		fs_sync_dir(b->store->root_fd);
	return 0;
}

int blob_batch_commit(struct blob_batch *b, struct err *err)
{
	int rc = sync_contents(b, err);

	idmap_finish(&b->by_digest);
	while (rc == 0 && b->count > 0) {
		rc = name_one(b, &b->staged[b->count - 1], err);
		if (rc == 0)
			b->count--;
	}
	if (rc == 0)
		rc = sync_names(b, err);
	if (rc < 0)
		return rc;
	memset(b->folders, 0, sizeof(b->folders));
	b->folder_count = 0;
	b->made_folder = false;
	return 0;
}
