/* SPDX-License-Identifier: Apache-2.0 */
/* query_workers.h - the workers on record, and the figures of `doctor` */
#ifndef INGOT_STORE_RECORDS_QUERY_WORKERS_H
#define INGOT_STORE_RECORDS_QUERY_WORKERS_H

#include "store/records/query_runs.h"

/* [{name, state ("connected" or "gone"), pool, pid, slots, resources, labels,
 * profile, seen_at, running: ["42/train"…]}] */
int query_workers(struct db *db, struct buf *out, struct err *err);

struct record_counts {
	int64_t runs, live_runs, steps, attempts, results, outputs, cache_entries;
	int64_t database_bytes;
};

int query_counts(struct db *db, struct record_counts *ret, struct err *err);

#endif
