/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.h - the control group of one slot: its folders, and ending what is in it
 *
 * One group per spawner, used for all its steps. The spawner lives in it itself:
 * moving a process costs some 60 us, a tenth of a step, and children are born
 * where their parent is. The worker makes, kills and removes the group; the
 * spawner joins it and sets its limits (limits.h).
 *
 * The folder is ingot-<PID namespace>-<worker's pid>-<number>, below the worker's
 * own group (v1: one such folder in each hierarchy; v2: or beside it, where the
 * controllers are handed down there).
 */
#ifndef INGOT_WORKERS_PROCESS_CGROUP_H
#define INGOT_WORKERS_PROCESS_CGROUP_H

#include <stdbool.h>

enum controller { CONTROLLER_MEMORY, CONTROLLER_PIDS, CONTROLLER_CPU, CONTROLLER_COUNT };

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

struct cgroup {
	enum cgroup_version version;
	char *dirs[CONTROLLER_COUNT]; /* NULL: that controller is not to be had; owned */
	char *v2_dir;                 /* V2: the group, even without any controller; owned */
};

const char *controller_name(enum controller c); /* "memory" */

/* Makes a group where the machine allows one; version CGROUP_NONE otherwise. */
void cgroup_create(struct cgroup *g);
/* The PROFILE_ bits that it gives. */
unsigned cgroup_profile(const struct cgroup *g);
/* Moves the calling process into it. 0 or -errno. */
int cgroup_join(const struct cgroup *g);
/* Kills every process in it, again and again until it is empty, for 2 s at most. */
void cgroup_kill(const struct cgroup *g);
/* Removes the folders and frees what g owns. */
void cgroup_remove(struct cgroup *g);
/* Kills and removes the groups of workers of this PID namespace that are no more. */
void cgroup_sweep(void);

#endif
