/* SPDX-License-Identifier: Apache-2.0 */
/* reason.h - why two cache keys differ, in sentences
 *
 *	src/train.py changed
 *	param epochs 100 -> 200
 *	input train changed
 *
 * One mechanism for `plan`, `why` and `diff`: all compare the texts of key.h.
 */
#ifndef INGOT_SCHEDULER_PLAN_REASON_H
#define INGOT_SCHEDULER_PLAN_REASON_H

#include <stddef.h>

#include "base/hash.h"

struct arena;
struct err;

/* Gives the text of a source list (source_list.h) by its digest, in the arena, or
 * NULL if it is not kept any more. */
typedef const char *reason_sources(void *arg, const struct digest *list, struct arena *arena,
				   size_t *ret_len);

struct reasons {
	const char **texts; /* in the arena */
	size_t count;
};

/* Compares two keys' texts. sources may be NULL: then "sources changed" is all that
 * is said of files. count 0: the keys are the same. */
void reason_diff(const char *before, const char *after, reason_sources *sources, void *arg,
		 struct arena *arena, struct reasons *ret);

#endif
