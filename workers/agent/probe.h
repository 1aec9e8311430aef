/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - fingerprint commands: run outside any step, in an empty folder
 *
 * One after another, by a spawner of their own that is made for the first and kept.
 * Both outputs are taken, as programs tell their version on either.
 */
#ifndef INGOT_WORKERS_AGENT_PROBE_H
#define INGOT_WORKERS_AGENT_PROBE_H

#include <stdint.h>

#include "workers/agent/loop.h"

struct agent;
struct err;
struct frame;
struct probe;
struct spawner;

enum { PROBE_OUTPUT_MAX = 4096, PROBES_WAITING_MAX = 256 };

struct prober {
	struct agent *agent;
	struct probe *first, **end; /* the first one runs */
	uint32_t count;
	struct spawner *spawner; /* NULL: not needed yet */
	struct source from_spawner;
	int output; /* of the one that runs; -1 */
};

void prober_init(struct prober *p, struct agent *agent);
void prober_finish(struct prober *p);
/* A SCHEDULER_PROBE_RUN: WORKER_PROBE_DONE will follow. ERR_PROTOCOL. */
int prober_take(struct prober *p, const struct frame *f, struct err *err);

#endif
