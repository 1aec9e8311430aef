/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h - what becomes of a step whose parents are done
 *
 *	1. its `if` is judged                          -> skipped
 *	2. its inputs are gathered, folders composed   (a thread, where there are any)
 *	3. a worker is asked for its fingerprint       (if it has one)
 *	4. its key is made and looked up in the cache  -> cached, its gates judged
 *	5. its sources come into the store             (a thread, unless they are there)
 *	6. it is to be run
 */
#ifndef INGOT_SCHEDULER_DAEMON_RESOLVE_H
#define INGOT_SCHEDULER_DAEMON_RESOLVE_H

#include <stdint.h>

struct live_run;

/* The answer to DECISION_RESOLVE, now or later, by engine_resolved(). */
void resolve_step(struct live_run *run, uint32_t index);

#endif
