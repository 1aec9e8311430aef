/* SPDX-License-Identifier: Apache-2.0 */
/* complete.h - the one way a step's result gets into the records */
#ifndef INGOT_SCHEDULER_DAEMON_COMPLETE_H
#define INGOT_SCHEDULER_DAEMON_COMPLETE_H

#include <stdint.h>

struct daemon;
struct digest;
struct wire_complete;
struct worker_link;

/* A completion whose nonce was right. body is the digest of what it says. Judges
 * gates, asks the engine, records, and answers the worker once that is durable. */
void complete_step(struct daemon *d, struct worker_link *link, uint64_t session,
		   const struct wire_complete *m, const struct digest *body);

#endif
