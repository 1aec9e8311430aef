/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - the resources of a machine, and who holds them
 *
 * Workers on one machine share its pool. A pool may be declared before any of
 * its workers exists: it says what could be had, so that a step that fits
 * nowhere is known at once. GPUs are devices: held whole, by index.
 */
#ifndef INGOT_SCHEDULER_QUEUE_POOL_H
#define INGOT_SCHEDULER_QUEUE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_GPUS_MAX = 64 }; /* a mask of devices is one word */

/* What a step holds for itself while it runs. Zero: none of it. */
struct demand {
	int64_t cpu_milli;
	int64_t memory_bytes;
	int64_t disk_bytes;
	int64_t gpu_memory_bytes;  /* at least so much on each of its devices */
	uint32_t gpus;
	const char *const *labels; /* [label_count] */
	size_t label_count;
};

struct pool_spec {
	const char *name;
	int64_t cpu_milli, memory_bytes, disk_bytes;
	const int64_t *gpu_memory_bytes; /* [gpus], by device index */
	uint32_t gpus;                   /* at most POOL_GPUS_MAX */
	const char *const *labels;       /* every worker of the pool has them */
	size_t label_count;
	uint32_t max_workers;            /* how many may be wanted; 0: they come by themselves */
};

#endif
