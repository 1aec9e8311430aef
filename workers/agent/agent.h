/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - a worker's life: registers with a home's scheduler, carries out the
 * attempts it is granted, tells how they ended
 *
 * One process, one thread for all that must not wait, and for each slot a spawner
 * (workers/process) and, once an attempt has files to place or collect, a thread
 * for these. STATES.md tells what a slot goes through.
 */
#ifndef INGOT_WORKERS_AGENT_AGENT_H
#define INGOT_WORKERS_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct wire_device;

enum { AGENT_SLOTS_MAX = 1024 };

/* All of it is lent until agent_main() returns. */
struct agent_options {
	const char *home; /* the scheduler's; there already */
	const char *name; /* of this worker: unique in the home, one part of a path */
	const char *pool; /* workers of one pool share its resources */
	uint32_t slots;   /* attempts at once, 1 to AGENT_SLOTS_MAX */
	uint32_t cpu_milli; /* of the pool, as all below */
	uint64_t memory_bytes;
	uint64_t disk_bytes;
	const struct wire_device *devices;
	uint32_t device_count;
	const char *const *labels;
	uint32_t label_count;
	bool is_local;    /* leaves without a scheduler: after 2 s, or when its last lease is over */
	unsigned isolate; /* as much of this as the machine gives: PROFILE_ALL normally */
};

/* Works until it is told to drain, gets SIGTERM or SIGINT (which end what runs), or,
 * if local, is left alone. 0; ERR_UNREACHABLE where a local worker never found its
 * scheduler; ERR_SYSTEM without a spawner; ERR_BUSY, ERR_INVALID for the options.
 * Blocks SIGTERM and SIGINT in the calling process, which must have one thread. */
int agent_main(const struct agent_options *options, struct err *err);

#endif
