/* SPDX-License-Identifier: Apache-2.0 */
/* nvml.h - the few entry points of NVIDIA's management library that we call
 *
 * NVML's header is not in Debian; its binary interface is stable, and these are
 * our own declarations of it.
 */
#ifndef INGOT_WORKERS_GPU_NVML_H
#define INGOT_WORKERS_GPU_NVML_H

#include <stddef.h>

struct err;
struct gpu_list;

/* Loads the library, fills the list, unloads nothing: for a child that ends. An
 * empty list without a library or driver. ERR_SYSTEM names the call that failed. */
int nvml_list(const char *library, struct gpu_list *ret, struct err *err);

#endif
