/* SPDX-License-Identifier: Apache-2.0 */
/* query_cache.h - what a step would find: earlier results by key, earlier keys
 *
 * For the scheduler, not for people: structs in an arena instead of JSON.
 */
#ifndef INGOT_STORE_RECORDS_QUERY_CACHE_H
#define INGOT_STORE_RECORDS_QUERY_CACHE_H

#include "store/records/load.h"

/* The latest step that succeeded under the key, with outputs and metrics.
 * Whether the blobs are still there is the caller's to check. ERR_NOT_FOUND
 * (without a text: a miss is no mistake). */
int query_cache(struct db *db, const struct digest *key, struct arena *arena,
		struct loaded_result *ret, struct err *err);

/* The resolution a step ran from; a cached step's is that of the step it is
 * cached from. */
struct step_key {
	uint64_t step_id; /* whose resolution it is */
	struct digest digest;
	const char *text;
	struct digest sources; /* zero: none */
	const char *params;
};

/* ERR_NOT_FOUND (without a text) if the step has no resolution. */
int query_step_key(struct db *db, uint64_t step_id, struct arena *arena, struct step_key *ret,
		   struct err *err);
/* The newest step of that name in an earlier run of the pipeline (before 0: in
 * any) that succeeded or failed with a key: what "why did it run" compares with.
 * index is where the step stands in its own plan, a hint that makes it fast.
 * ERR_NOT_FOUND (without a text). */
int query_previous_key(struct db *db, const char *pipeline, uint64_t before, const char *step,
		       uint32_t index, struct arena *arena, uint64_t *ret_step,
		       struct step_key *ret, struct err *err);

/* A finished attempt's body digest, to answer a completion that is repeated after
 * a restart. ERR_NOT_FOUND (without a text) if it is not there or not finished. */
int query_attempt_body(struct db *db, uint64_t step_id, uint64_t fence, struct digest *ret,
		       struct err *err);

/* A document's text, NUL-terminated in the arena. ERR_NOT_FOUND. */
int query_document(struct db *db, const struct digest *digest, struct arena *arena,
		   const char **ret, size_t *ret_len, struct err *err);
/* Fills digest and size of those that are known, sets known[i]; returns their number. */
int query_git_blobs(struct db *db, struct git_blob_row *blobs, bool *known, size_t count,
		    struct err *err);
/* The tree that a source list was made into. ERR_NOT_FOUND (without a text). */
int query_source_tree(struct db *db, const struct digest *list, struct digest *ret,
		      struct err *err);

#endif
