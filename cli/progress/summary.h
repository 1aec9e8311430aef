/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - what stays on the terminal when a run has ended */
#ifndef INGOT_CLI_PROGRESS_SUMMARY_H
#define INGOT_CLI_PROGRESS_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>

struct buf;
struct run_view;

enum { SUMMARY_FAILURES = 5 }; /* shown whole; the others are counted */

/* Appends each failure (the whole reason, the last lines of its log, where to read
 * more), how the run ended, and what to type next. failures: of run.follow. */
void summary_render(const struct run_view *v, const json_t *failures, bool colored,
		    struct buf *out);
/* The exit code of a run that ended: 0, 1, 3 (a gate was not met), 124 (timed out),
 * by its own reason, or by those of the failures. */
int summary_exit_code(const struct run_view *v, const json_t *failures);

#endif
