/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - the names of a profile's parts */
#include "workers/process/profile.h"

#include <string.h>

static const char *const names[PROFILE_PART_COUNT] = {
	[PROFILE_USERNS] = "userns",
	[PROFILE_PIDNS] = "pidns",
	[PROFILE_PROC] = "proc",
	[PROFILE_SUBREAPER] = "subreaper",
	[PROFILE_CGROUP_V1] = "cgroup-v1",
	[PROFILE_CGROUP_V2] = "cgroup-v2",
	[PROFILE_MEMORY] = "memory",
	[PROFILE_PIDS] = "pids",
	[PROFILE_CPU] = "cpu",
};

void profile_text(unsigned profile, char out[PROFILE_TEXT_SIZE])
{
	char *end = out;

	for (int part = 0; part < PROFILE_PART_COUNT; part++) {
		if (!(profile & (1u << part)))
			continue;
		if (end != out)
			*end++ = '+';
		end = stpcpy(end, names[part]); /* all names together fit: see the size */
	}
	*end = '\0';
}
