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

#include "scheduler/queue/label.h"

struct buf;

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

struct pool {
	char *name;
	int64_t cpu_milli, memory_bytes, disk_bytes; /* all there is */
	/* What is held; over all there is only after a restart with a smaller machine. */
	int64_t cpu_milli_held, memory_bytes_held, disk_bytes_held;
	int64_t gpu_memory_bytes[POOL_GPUS_MAX];
	uint32_t gpus;
	uint64_t gpus_held; /* bit n: device n */
	struct label_set labels;
	uint32_t max_workers;
	bool removed; /* holds what it holds, gives nothing more */
};

/* Sets what there is from the spec; what is held stays. */
void pool_set(struct pool *p, const struct pool_spec *spec, struct label_table *labels);
void pool_finish(struct pool *p);

/* Labels are not these functions' business: they are a worker's. */
bool pool_could_fit(const struct pool *p, const struct demand *d); /* were it all free */
bool pool_fits(const struct pool *p, const struct demand *d);      /* now */
/* Takes what fits; returns the devices, bit n for device n. */
uint64_t pool_take(struct pool *p, const struct demand *d);
/* Takes it whether it fits or not, with the devices that it had: after a restart. */
void pool_take_back(struct pool *p, const struct demand *d, uint64_t gpus);
void pool_give(struct pool *p, const struct demand *d, uint64_t gpus);

/* Appends what stands between the demand and the pool, one clause a resource:
 * "2 of 4 GPUs free, 3 needed". Returns how many are short; 0: it fits. */
int pool_shortage(const struct pool *p, const struct demand *d, struct buf *out);

#endif
