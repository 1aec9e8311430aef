/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - stays with a run until it has ended, showing how it goes
 *
 * A living tree on a terminal; lines in pipes and CI; nothing with --quiet. With
 * --json all of it goes to standard error. A scheduler that goes away meanwhile
 * is started again: the run goes on.
 */
#ifndef INGOT_CLI_FOLLOW_H
#define INGOT_CLI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct talk;
struct err;

enum follow_interrupt {
	FOLLOW_LEAVES,  /* an interruption leaves the run alone */
	FOLLOW_CANCELS, /* the first one cancels it, the second at once */
};

/* Returns the run's exit code (summary.h), 130 after an interruption. *c may be
 * another client afterwards. timeout_ms: ERR_TIMEOUT after it; -1: without end. */
int follow_run(const struct call *call, struct talk **c, int64_t run,
	       enum follow_interrupt interrupt, int64_t timeout_ms, struct err *err);

#endif
