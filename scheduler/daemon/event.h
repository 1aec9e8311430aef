/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what happened, for the record: runs, workers, what was lost or refused
 *
 * Events are what states do not tell: when a run was submitted and how it ended, which
 * worker came and went, which attempt was lost, which late completion was refused.
 * Steps that start and end have rows of their own and make no events.
 */
#ifndef INGOT_SCHEDULER_DAEMON_EVENT_H
#define INGOT_SCHEDULER_DAEMON_EVENT_H

#include <stdint.h>

struct daemon;

/* kind is past tense, "run.submitted"; detail_key and detail (a text) may be NULL. */
void event_record(struct daemon *d, const char *kind, uint64_t run, uint64_t step,
		  const char *detail_key, const char *detail);

#endif
