/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - the spawner process from its birth to its end */
#ifndef INGOT_WORKERS_PROCESS_GUARD_H
#define INGOT_WORKERS_PROCESS_GUARD_H

struct cgroup;
struct isolate;

/* Never returns. Reports READY (or UNFIT, and ends), then serves requests until
 * the worker's end of the socket closes. */
_Noreturn void guard_main(struct isolate *isolate, int socket, unsigned allow,
			  const struct cgroup *group);

#endif
