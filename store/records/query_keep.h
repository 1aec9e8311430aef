/* SPDX-License-Identifier: Apache-2.0 */
/* query_keep.h - which contents records refer to: for gc and fsck
 *
 * The blob store has no table: what is not reached from here (folders are
 * expanded by the caller) may be collected once nobody wanted it for a while.
 */
#ifndef INGOT_STORE_RECORDS_QUERY_KEEP_H
#define INGOT_STORE_RECORDS_QUERY_KEEP_H

#include "store/records/query_runs.h"

/* Runs that ended and are not among the newest `keep` of their pipeline, nor
 * collected already: gc gives them to batch_run_collect(). Calls each() until it
 * returns other than 0; returns that, or 0. */
int query_collectable_runs(struct db *db, uint32_t keep, int (*each)(void *arg, uint64_t run),
			   void *arg, struct err *err);
/* A collector reads a lot, and nobody waits for it. */
enum { KEEP_LIMIT_MS = 600000 };

/* Every content that is kept: outputs and sources of runs that are not
 * collected, inputs of live runs, versions of artifacts and models. A digest may
 * come more than once. */
int query_kept(struct db *db, int (*each)(void *arg, const struct digest *digest, bool is_tree),
	       void *arg, struct err *err);

/* quick_check, foreign keys, and the rules that the tables cannot state: a terminal
 * state has its result, an output's step too, fences fit. Reads everything; no time
 * limit. Each problem goes to each(): kind is a word, what names the row. Returns
 * their number. */
int query_fsck(struct db *db,
	       void (*each)(void *arg, const char *kind, const char *what, const char *message),
	       void *arg, struct err *err);

#endif
