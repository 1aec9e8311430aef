/* SPDX-License-Identifier: Apache-2.0 */
/* helper.h - ingot-helper's end: what it does when it is asked */
#ifndef INGOT_SCHEDULER_SOURCE_HELPER_H
#define INGOT_SCHEDULER_SOURCE_HELPER_H

#include <stddef.h>

#include "scheduler/source/source.h"

struct arena;
struct blob_store;
struct err;
struct message_import;
struct message_unpack;

/* Answers requests on a socket until the other end closes it. Returns the exit code. */
int helper_serve(int fd);

/* The requests. Contracts as those of source.h. */
int snapshot_make(const char *home, const struct source_spec *spec, struct arena *arena,
		  struct source_snapshot *ret, struct err *err);
int import_blobs(const char *home, struct blob_store *blobs, const struct message_import *import,
		 struct source_blob *ret, struct err *err);
int fetch_url(struct blob_store *blobs, const struct source_url *what, struct source_blob *ret,
	      struct err *err);
/* The digest of the result is left alone: it is a file, not a blob. */
int pack_to_file(struct blob_store *blobs, const struct source_pack_spec *what,
		 struct source_blob *ret, struct err *err);
int unpack_blob(struct blob_store *blobs, const struct message_unpack *what,
		struct source_blob *ret, struct err *err);

#endif
