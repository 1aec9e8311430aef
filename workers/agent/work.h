/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - a worker's own folder, HOME/work/NAME.PID, and those of the dead
 *
 * A worker holds a lock on its folder while it lives; the kernel drops it at its
 * death, whichever way that comes. So a folder that can be locked is one that
 * nobody lives in, also where processes have numbers of their own.
 */
#ifndef INGOT_WORKERS_AGENT_WORK_H
#define INGOT_WORKERS_AGENT_WORK_H

struct err;

struct work {
	char *path; /* absolute */
	char *name; /* below HOME/work */
	int parent_fd;
	int fd; /* of the folder, with the lock; -1: there is none */
};

/* Makes a folder for this process, then removes those of dead workers. */
int work_init(struct work *w, int home_fd, const char *home, const char *worker, struct err *err);
/* Removes it. Fine for one that work_init() failed on. */
void work_finish(struct work *w);

#endif
