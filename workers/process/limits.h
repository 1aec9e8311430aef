/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - the limits in force in a slot's group, and what a step used of them
 *
 * Belongs to the spawner. Files are opened once; a limit is written only when it
 * differs from the one in force, and for a step without a memory limit nothing is
 * written or read at all.
 */
#ifndef INGOT_WORKERS_PROCESS_LIMITS_H
#define INGOT_WORKERS_PROCESS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "workers/process/cgroup.h"

struct err;

struct limits {
	enum cgroup_version version;
	int limit_fds[CONTROLLER_COUNT]; /* -1: no such controller */
	uint64_t in_force[CONTROLLER_COUNT];
	int usage_fd;
	int peak_fd;
	int oom_fd;
	uint64_t base_bytes; /* held when the step began: page cache of earlier ones */
	uint64_t oom_kills;  /* counted up to when the step began */
};

/* Opens the files of a group that the caller has joined. */
void limits_init(struct limits *l, const struct cgroup *g);
bool limits_has(const struct limits *l, enum controller c);

/* Puts a step's limits in force (0: none; a controller that is missing is passed
 * over) and remembers where its use begins. ERR_IO names the limit refused. */
int limits_begin(struct limits *l, const uint64_t wanted[CONTROLLER_COUNT], struct err *err);

/* The most that the group held above what it held at the start; 0 without a
 * memory limit, where nobody measured. */
uint64_t limits_peak_bytes(const struct limits *l);
/* Whether the kernel killed a process of the group since limits_begin(). */
bool limits_oom_killed(struct limits *l);
/* Until the next limits_begin() nothing in the group can fork. */
void limits_forbid_fork(struct limits *l);

/* How many processes of a group the kernel has killed for want of memory, for the
 * worker, which has no limits open. */
uint64_t limits_count_oom_kills(const struct cgroup *g);

#endif
