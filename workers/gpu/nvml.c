/* SPDX-License-Identifier: Apache-2.0 */
/* nvml.c - asking NVIDIA's management library, found at run time */
#include "workers/gpu/nvml.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "workers/gpu/gpu.h"

/* The two results that mean "no NVIDIA GPU here" rather than "broken". */
enum { NVML_SUCCESS = 0, NVML_DRIVER_NOT_LOADED = 9, NVML_NO_DEVICE = 6 };

struct nvml_memory {
	unsigned long long total, free, used;
};

struct nvml {
	int (*init)(void);
	int (*count)(unsigned *ret);
	int (*handle)(unsigned index, void **ret);
	int (*name)(void *device, char *ret, unsigned size);
	int (*uuid)(void *device, char *ret, unsigned size);
	int (*memory)(void *device, struct nvml_memory *ret);
	const char *(*error_text)(int result);
};

/* Symbol names, in the order of struct nvml, all of whose members are pointers. */
static const char *const symbols[] = {
	"nvmlInit_v2",
	"nvmlDeviceGetCount_v2",
	"nvmlDeviceGetHandleByIndex_v2",
	"nvmlDeviceGetName",
	"nvmlDeviceGetUUID",
	"nvmlDeviceGetMemoryInfo",
	"nvmlErrorString",
};

static int load(void *library, struct nvml *ret, struct err *err)
{
	void *found[countof(symbols)];

	_Static_assert(sizeof(found) == sizeof(*ret), "one symbol for each member");
	for (size_t i = 0; i < countof(symbols); i++) {
		found[i] = dlsym(library, symbols[i]);
		if (!found[i])
			return err_set(err, ERR_SYSTEM, "NVML lacks %s", symbols[i]);
	}
	memcpy(ret, found, sizeof(found));
	return 0;
}

static int failed(const struct nvml *n, const char *call, int result, struct err *err)
{
	return err_set(err, ERR_SYSTEM, "NVML: %s: %s", call, n->error_text(result));
}

static int describe(const struct nvml *n, unsigned index, struct gpu *ret, struct err *err)
{
	struct nvml_memory memory = { 0 };
	void *device;
	int r;

	ret->index = index;
	if ((r = n->handle(index, &device)) != NVML_SUCCESS)
		return failed(n, "a device's handle", r, err);
	if ((r = n->uuid(device, ret->uuid, sizeof(ret->uuid))) != NVML_SUCCESS)
		return failed(n, "a device's UUID", r, err);
	if ((r = n->name(device, ret->name, sizeof(ret->name))) != NVML_SUCCESS)
		return failed(n, "a device's name", r, err);
	if ((r = n->memory(device, &memory)) != NVML_SUCCESS)
		return failed(n, "a device's memory", r, err);
	ret->memory_bytes = memory.total;
	return 0;
}

int nvml_list(const char *library, struct gpu_list *ret, struct err *err)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	struct gpu_list list = { 0 };
	struct nvml n = { 0 };
	unsigned count;
	int r;

	if (!handle)
		goto done; /* no NVIDIA software: no GPUs */
	if ((r = load(handle, &n, err)) < 0)
		return r;
	r = n.init();
	if (r == NVML_DRIVER_NOT_LOADED || r == NVML_NO_DEVICE)
		goto done;
	if (r != NVML_SUCCESS)
		return failed(&n, "start", r, err);
	if ((r = n.count(&count)) != NVML_SUCCESS)
		return failed(&n, "number of devices", r, err);
	for (; list.count < count && list.count < GPU_MAX; list.count++) {
		r = describe(&n, (unsigned)list.count, &list.gpus[list.count], err);
		if (r < 0)
			return r;
	}
done:
	*ret = list;
	return 0;
}
