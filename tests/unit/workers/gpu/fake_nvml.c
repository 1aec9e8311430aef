/* SPDX-License-Identifier: Apache-2.0 */
/* fake_nvml.c - a library with NVML's entry points, in the mood it is compiled for */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum mood { MOOD_TWO, MOOD_NONE, MOOD_NO_DRIVER, MOOD_HANGS, MOOD_CRASHES, MOOD_REFUSES };

struct memory {
	unsigned long long total, free, used;
};

int nvmlInit_v2(void);
int nvmlDeviceGetCount_v2(unsigned *ret);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **ret);
int nvmlDeviceGetName(void *device, char *ret, unsigned size);
int nvmlDeviceGetUUID(void *device, char *ret, unsigned size);
int nvmlDeviceGetMemoryInfo(void *device, struct memory *ret);
const char *nvmlErrorString(int result);

static unsigned devices[2] = { 0, 1 };

int nvmlInit_v2(void)
{
	switch ((enum mood)MOOD) {
	case MOOD_NO_DRIVER:
		return 9;
	case MOOD_HANGS:
		for (;;)
			pause();
	case MOOD_CRASHES:
		abort();
	case MOOD_TWO:
	case MOOD_NONE:
	case MOOD_REFUSES:
		break;
	}
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *ret)
{
	*ret = MOOD == MOOD_NONE ? 0 : 2;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **ret)
{
	*ret = &devices[index];
	return MOOD == MOOD_REFUSES && index == 1 ? 15 : 0;
}

int nvmlDeviceGetName(void *device, char *ret, unsigned size)
{
	snprintf(ret, size, "Fake %u", *(unsigned *)device);
	return 0;
}

int nvmlDeviceGetUUID(void *device, char *ret, unsigned size)
{
	snprintf(ret, size, "GPU-fake-%u", *(unsigned *)device);
	return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, struct memory *ret)
{
	*ret = (struct memory){ .total = (*(unsigned *)device + 1) * 1000ull };
	return 0;
}

const char *nvmlErrorString(int result)
{
	return result == 15 ? "GPU is lost" : "another error";
}
