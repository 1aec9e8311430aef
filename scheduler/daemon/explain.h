/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - why a step runs instead of coming from the cache */
#ifndef INGOT_SCHEDULER_DAEMON_EXPLAIN_H
#define INGOT_SCHEDULER_DAEMON_EXPLAIN_H

#include <stdint.h>

#include "scheduler/plan/reason.h"

struct db;

/* Where the texts of source lists are looked up: in the records, and before that
 * among those of a run that is not recorded yet. */
struct explain_sources {
	struct db *db;
	const struct digest *digests; /* [count]; may be NULL where count is 0 */
	const char *const *texts;     /* beside digests; NULL: none */
	size_t count;
};

/* What a step's key is compared with: the newest one of that name in an earlier
 * run of the pipeline (before 0: in any). One reason at least: "it never ran before",
 * what changed, or that its earlier result is not there any more. */
void explain_key(const struct explain_sources *sources, const char *pipeline, uint64_t before, const char *step,
		 uint32_t index, const char *key_text, struct arena *arena, struct reasons *ret);

/* What differs between two keys' texts, with source lists looked up. */
void explain_difference(const struct explain_sources *sources, const char *before, const char *after,
			struct arena *arena, struct reasons *ret);

#endif
