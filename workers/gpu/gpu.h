/* SPDX-License-Identifier: Apache-2.0 */
/* gpu.h - which GPUs this machine has, or is told to pretend it has
 *
 * NVML is asked in a forked child: a sick driver hangs or crashes there, and no
 * library of it stays in the worker. A machine without NVML has no GPUs; that is
 * no error.
 */
#ifndef INGOT_WORKERS_GPU_GPU_H
#define INGOT_WORKERS_GPU_GPU_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define GPU_NVML_LIBRARY "libnvidia-ml.so.1"

enum { GPU_MAX = 64, GPU_UUID_SIZE = 96, GPU_NAME_SIZE = 96, GPU_PROBE_TIMEOUT_MS = 5000 };

struct gpu {
	uint32_t index; /* as the driver numbers them now */
	char uuid[GPU_UUID_SIZE]; /* survives renumbering; what steps get */
	char name[GPU_NAME_SIZE];
	uint64_t memory_bytes;
};

/* Plain data; nothing to free. */
struct gpu_list {
	size_t count;
	struct gpu gpus[GPU_MAX];
};

/* The GPUs of this worker. `setting` is that of --gpus, else of $INGOT_GPUS, else
 * NULL: then NVML is asked. "N" gives N pretended ones of 16 GiB, "NxSIZE" such of
 * that size ("2x24GiB"). ERR_USAGE for a setting that is neither; a probe that
 * fails as gpu_probe() does. */
int gpu_inventory(const char *setting, struct gpu_list *ret, struct err *err);

/* Asks the NVML library of that name. No library, or no driver behind it: an empty
 * list. ERR_TIMEOUT if there is no answer within timeout_ms, ERR_SYSTEM if NVML
 * fails or crashes; the text says which call. Forks: call it early, as the
 * spawners are made. */
int gpu_probe(const char *library, int timeout_ms, struct gpu_list *ret, struct err *err);

/* Appends the value of CUDA_VISIBLE_DEVICES for gpus[which[0..count)]: their UUIDs,
 * or nothing, which hides all. */
void gpu_visible_devices(const struct gpu_list *list, const size_t *which, size_t count,
			 struct buf *out);

#endif
