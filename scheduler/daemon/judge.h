/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h - conditions of a live run: `if` before a step, gates after it */
#ifndef INGOT_SCHEDULER_DAEMON_JUDGE_H
#define INGOT_SCHEDULER_DAEMON_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/records/rows.h"

struct err;
struct live_run;

/* The step's `if`; true where it has none. ERR_* where it cannot be judged. */
int judge_condition(const struct live_run *run, uint32_t index, bool *ret, struct err *err);

/* The step's gates over these metrics. ERR_GATE for the first that is not met, with
 * the numbers in the text, also where a metric is missing. */
int judge_gates(const struct live_run *run, uint32_t index, const struct metric_row *metrics,
		uint32_t count, struct err *err);

#endif
