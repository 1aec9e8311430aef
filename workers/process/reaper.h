/* SPDX-License-Identifier: Apache-2.0 */
/* reaper.h - ending and reaping all processes of a step */
#ifndef INGOT_WORKERS_PROCESS_REAPER_H
#define INGOT_WORKERS_PROCESS_REAPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct limits;

/* What the reaped processes used together. */
struct reaper_usage {
	int64_t user_us;
	int64_t system_us;
	uint64_t peak_bytes; /* the largest resident set of one of them */
};

/* Reaps one child without waiting. Returns its pid and *ret_status, 0 if those
 * that are there all live, -1 if there is none. */
pid_t reaper_next(struct reaper_usage *usage, int *ret_status);

/* Kills every process that the spawner can see or inherits, and reaps them until
 * there is none. In a PID namespace that is one call. A subreaper walks its
 * children, and their children as these come to it; with a pids controller
 * nothing forks meanwhile. Waits for processes that cannot be killed. */
void reaper_end_all(bool is_pid1, struct limits *limits, struct reaper_usage *usage);

#endif
