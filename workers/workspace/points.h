/* SPDX-License-Identifier: Apache-2.0 */
/* points.h - live metrics: JSON lines, as they come
 *
 * A line is an object: {"step": 12, "loss": 0.31}. Each number but "step" is a
 * point of the series of its name, nested ones as in metrics.h. Without "step"
 * it is the one after the last line's. A line that is not such an object is
 * counted and passed over: a running step does not fail because of its plot.
 */
#ifndef INGOT_WORKERS_POINTS_H
#define INGOT_WORKERS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { POINTS_LINE_MAX = 64 << 10, POINTS_REASON_SIZE = 160 };

struct points {
	/* Called for each point while points_feed() runs; series is lent. */
	void (*each)(void *arg, const char *series, int64_t step, double value);
	void *arg;
	uint64_t lines;  /* complete ones, so far */
	uint64_t broken; /* of them */
	char reason[POINTS_REASON_SIZE]; /* why the first broken one is: "line 7: ..." */

	struct buf rest;   /* a line whose end has not come */
	bool is_overlong;  /* it is over POINTS_LINE_MAX: skipped up to its end */
	int64_t next_step;
};

void points_init(struct points *p,
		 void (*each)(void *arg, const char *series, int64_t step, double value),
		 void *arg);
void points_finish(struct points *p);
/* Takes the next bytes, cut anywhere. */
void points_feed(struct points *p, const char *data, size_t len);
/* No more will come: a last line without an end counts. */
void points_end(struct points *p);

#endif
