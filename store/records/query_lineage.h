/* SPDX-License-Identifier: Apache-2.0 */
/* query_lineage.h - where an artifact comes from, and what was made from it
 *
 * A graph as JSON: nodes [{id, kind, label, …}], edges [{from, to, label}], edges
 * in the direction of the data. Kinds: artifact (address, digest, type, size,
 * versions), step (run, step, state, started_at), commit (commit, repository),
 * file (path, oid), param (name, value), external (address, digest).
 *
 * Files come from documents of kind "sources": lines "MODE OID PATH\n"; a long
 * list is one node with a count.
 */
#ifndef INGOT_STORE_RECORDS_QUERY_LINEAGE_H
#define INGOT_STORE_RECORDS_QUERY_LINEAGE_H

#include "store/records/query_artifacts.h"

/* Steps that one graph shows; beyond them it says "truncated": true. */
enum { LINEAGE_STEPS_MAX = 1000 };

/* address as for query_artifact(). Backwards the graph goes to commits, files,
 * parameters and external inputs; forward to all that was made from the
 * content, in every run that did. */
int query_lineage(struct db *db, const char *address, bool forward, struct buf *out,
		  struct err *err);

#endif
