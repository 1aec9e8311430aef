/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h - how long each turn of a loop took, and percentiles of that */
#ifndef INGOT_BENCH_SAMPLES_H
#define INGOT_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
	int64_t *us;
	size_t count, cap;
};

#define SAMPLES_INIT { 0 }

void samples_finish(struct samples *s);
void samples_add(struct samples *s, int64_t us);
void samples_move(struct samples *s, struct samples *from); /* from is empty afterwards */
/* The smallest sample that `percent` of them do not exceed; 0 where there is none.
 * Sorts s. */
int64_t samples_percentile(struct samples *s, double percent);

#endif
