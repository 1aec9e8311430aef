/* SPDX-License-Identifier: Apache-2.0 */
/* blob_priv.h - what the files of this room share */
#ifndef INGOT_STORE_BLOB_PRIV_H
#define INGOT_STORE_BLOB_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/hash.h"

struct err;

enum {
	BLOB_CHUNK = 1 << 20,         /* what is read, hashed and written at a time */
	BLOB_NAME_SIZE = 3 + 64 + 2 + 1, /* "ab/" hex ".x" NUL */
	BLOB_SESSION_SIZE = 17,
	BLOB_MODE = 0444,
	BLOB_MODE_EXECUTABLE = 0555
};

struct blob_store {
	char *path; /* for messages */
	int root_fd;
	pthread_mutex_t lock; /* over the making of session_fd */
	int session_fd;       /* staging/<session>/, flocked while we live; -1 until needed */
	char session[BLOB_SESSION_SIZE];
	_Atomic uint64_t next_staged; /* the number of the next staged file */
};

/* A file in staging/ that is being filled. */
struct blob_staging {
	int fd;
	uint64_t number; /* its name, in decimal */
};

/* "ab/<hex>", with ".x" behind it for the executable inode. */
void blob_name(const struct digest *d, bool executable, char out[BLOB_NAME_SIZE]);

int blob_staging_create(struct blob_store *s, struct blob_staging *ret, struct err *err);
int blob_staging_write(struct blob_store *s, struct blob_staging *st, const void *data, size_t len,
		       struct err *err);
/* Gives the filled file the mode and time of a blob and closes it (fd -1). */
int blob_staging_seal(struct blob_store *s, struct blob_staging *st, bool executable,
		      struct err *err);
void blob_staging_drop(struct blob_store *s, struct blob_staging *st); /* unless sealed */
void blob_staging_remove(struct blob_store *s, uint64_t number);
int blob_staging_reopen(struct blob_store *s, uint64_t number, struct err *err); /* a descriptor */
/* Moves a staged file to a name in the store that must be free. 0, or -1 with errno. */
int blob_staging_name(struct blob_store *s, uint64_t number, const char *name);
/* The reverse, for what is to be removed. */
int blob_staging_take(struct blob_store *s, const char *name, uint64_t *ret_number,
		      struct stat *ret_stat, struct err *err);

/* Whether an inode still is as a commit left it. */
bool blob_is_untouched(const struct stat *st, bool executable, uint64_t size_bytes);
/* Hashes one inode of a blob. If it is whole its mode and time are set right and
 * 0 is returned; if not it is moved to damaged/ (an executable copy, which can be
 * made again, is removed): ERR_DAMAGED. */
int blob_recheck(struct blob_store *s, const struct digest *d, bool executable, struct err *err);
/* Makes the executable inode, or finds that somebody has. */
int blob_make_executable(struct blob_store *s, const struct digest *d, struct err *err);
/* Notes that somebody wants this blob: see blob_remove(). 0, or -1 with errno. */
int blob_confirm(struct blob_store *s, const char *name);

/* Copies all that `in` still has to `out` (NULL: nowhere) and hashes what went
 * through; by two threads if size_bytes, what is expected, is large. label names
 * the source in messages. */
int blob_copy(struct blob_store *s, int in, const char *label, struct blob_staging *out,
	      uint64_t size_bytes, struct digest *ret, uint64_t *ret_size_bytes, struct err *err);

struct blob_batch;
struct blob_store *blob_batch_store(const struct blob_batch *b);
/* Seals a filled staging file and takes it into the batch. */
int blob_batch_stage(struct blob_batch *b, struct blob_staging *staging, const struct digest *d,
		     bool executable, uint64_t size_bytes, struct err *err);

#endif
