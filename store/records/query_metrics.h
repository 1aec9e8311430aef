/* SPDX-License-Identifier: Apache-2.0 */
/* query_metrics.h - final metrics of runs, points of series */
#ifndef INGOT_STORE_RECORDS_QUERY_METRICS_H
#define INGOT_STORE_RECORDS_QUERY_METRICS_H

#include "store/records/query_runs.h"

/* [{run, steps: [{step, metrics: {name: value}}]}], runs in the order asked for,
 * steps without metrics left out. ERR_NOT_FOUND names the run. */
int query_metrics(struct db *db, const uint64_t *runs, size_t count, struct buf *out,
		  struct err *err);
/* {name: [[step, value]…]} of the step's latest attempt that logged any (of the step
 * it is cached from); series NULL: all. */
int query_points(struct db *db, uint64_t step_id, const char *series, struct buf *out,
		 struct err *err);

#endif
