/* SPDX-License-Identifier: Apache-2.0 */
/* isolate.h - making the process that becomes a spawner, and shutting its doors
 *
 * All that a step inherits is arranged here once, so that starting one costs
 * nothing for it: namespaces, no_new_privs, an empty capability bounding set,
 * default signals, no core files, standard input from /dev/null.
 */
#ifndef INGOT_WORKERS_PROCESS_ISOLATE_H
#define INGOT_WORKERS_PROCESS_ISOLATE_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

/* From the most to the least; each needs less of the machine. */
enum isolate_kind {
	ISOLATE_PIDNS,  /* privileged: a PID namespace */
	ISOLATE_USERNS, /* a PID namespace inside a user namespace of our own uid */
	ISOLATE_SUBREAPER,
	ISOLATE_KIND_COUNT,
};

struct isolate {
	enum isolate_kind kind;
	uid_t uid; /* ours, as it is outside */
	gid_t gid;
	bool oom_protected; /* the spawner's own oom_score_adj was lowered */
};

enum { ISOLATE_SOCKET = 3 }; /* where isolate_descriptors() leaves the socket */

/* Whether `allow`, a profile mask, permits that kind. */
bool isolate_is_allowed(enum isolate_kind kind, unsigned allow);

/* Like fork(), into that kind's namespaces: 0 in the child. -1 with errno. */
pid_t isolate_fork(struct isolate *i, enum isolate_kind kind);

/* In the child, first: 0 and 1 become /dev/null, 2 stays, 3 is the socket, and
 * all others are closed. 0 or -errno. */
int isolate_descriptors(int socket);

/* Then: signals, namespaces, death with the worker. *ret_profile: what it is now. */
int isolate_enter(struct isolate *i, unsigned allow, unsigned *ret_profile, struct err *err);

/* Last, after which the process can do little but start steps: lowers its own
 * oom score if asked and possible, drops capabilities, sets no_new_privs. */
int isolate_seal(struct isolate *i, bool protect_from_oom, struct err *err);

#endif
