/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - what a machine lets us put around a step, as bits and as text
 *
 * A profile is a mask of 1u << part. The same bits say what a caller allows
 * and what was in fact applied; the step record keeps the text.
 */
#ifndef INGOT_WORKERS_PROCESS_PROFILE_H
#define INGOT_WORKERS_PROCESS_PROFILE_H

enum profile_part {
	PROFILE_USERNS,    /* the PID namespace needed a user namespace */
	PROFILE_PIDNS,     /* the spawner is PID 1: nothing survives it */
	PROFILE_PROC,      /* a mount namespace with a /proc of that PID namespace */
	PROFILE_SUBREAPER, /* no PID namespace: orphans come to the spawner */
	PROFILE_CGROUP_V1,
	PROFILE_CGROUP_V2,
	PROFILE_MEMORY, /* the group limits the memory of the whole tree */
	PROFILE_PIDS,   /* ... the number of its processes */
	PROFILE_CPU,    /* ... its CPU time */
	PROFILE_PART_COUNT,
};

#define PROFILE_BIT(part) (1u << PROFILE_##part)
#define PROFILE_CGROUP (PROFILE_BIT(CGROUP_V1) | PROFILE_BIT(CGROUP_V2))
#define PROFILE_ALL ((1u << PROFILE_PART_COUNT) - 1)

enum { PROFILE_TEXT_SIZE = 96 };

/* "pidns+proc+cgroup-v1+memory+pids+cpu", "subreaper"; "" for an empty mask. */
void profile_text(unsigned profile, char out[PROFILE_TEXT_SIZE]);

#endif
