/* SPDX-License-Identifier: Apache-2.0 */
/* guard_message.h - what the worker and its spawner say to each other
 *
 * Datagrams on a SOCK_SEQPACKET pair between two processes of one program, so
 * they are plain structs. A START is followed by its strings (argv, then envp,
 * then cwd, each with its NUL) and carries the log descriptor.
 */
#ifndef INGOT_WORKERS_PROCESS_GUARD_MESSAGE_H
#define INGOT_WORKERS_PROCESS_GUARD_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "workers/process/cgroup.h"
#include "workers/process/spawner.h"

enum guard_request_type {
	GUARD_REQUEST_START,
	GUARD_REQUEST_CANCEL,
	GUARD_REQUEST_CANCEL_NOW,
	GUARD_REQUEST_LEASE,
};

struct guard_request {
	enum guard_request_type type;
	int64_t lease_soft_ms; /* START and LEASE */
	int64_t lease_hard_ms;
	/* the rest for START */
	int64_t timeout_ms;
	int64_t grace_ms;
	uint64_t limits[CONTROLLER_COUNT]; /* 0: none */
	uint32_t open_files;
	uint32_t argc;
	uint32_t envc;
};

enum guard_report_type { GUARD_REPORT_READY, GUARD_REPORT_UNFIT, GUARD_REPORT_EVENT };

struct guard_report {
	enum guard_report_type type;
	unsigned profile;           /* READY */
	uint64_t oom_kills;         /* EVENT: in the group so far, as known */
	struct spawner_event event; /* EVENT; UNFIT: its text */
};

/* Sends a request, with strings and a descriptor (-1: none), without waiting: a
 * spawner that does not read is one that waits for a process it cannot kill.
 * 0, or -errno. */
int guard_request_send(int socket, const struct guard_request *r, const char *strings, size_t len,
		       int fd);

/* Receives one: its strings into strings[0..limit), their length into *ret_len,
 * the descriptor (or -1) into *ret_fd. 1; 0 when the other end is closed;
 * -errno, -EPROTO for a datagram that is none of ours. */
int guard_request_receive(int socket, struct guard_request *r, char *strings, size_t limit,
			  size_t *ret_len, int *ret_fd);

#endif
