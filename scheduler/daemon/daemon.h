/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - the scheduler of a home, as a process
 *
 * It takes the home's lock, opens database and blob store, brings back the runs
 * that had not ended, listens, and leaves when its last client has gone and its last
 * run is done, after a grace; or on SIGTERM at once: runs go on at the next start.
 */
#ifndef INGOT_SCHEDULER_DAEMON_DAEMON_H
#define INGOT_SCHEDULER_DAEMON_DAEMON_H

#include <stdint.h>

struct err;

enum { DAEMON_LINGER_MS = 2000 };

struct daemon_options {
	const char *home;     /* made where it is missing */
	int ready_fd;         /* gets one byte when it listens, then is closed; -1: none */
	uint32_t workers;     /* local worker processes at most; 0: one per core */
	const char *gpus;     /* as gpu_inventory() takes it; NULL: look for real ones */
	int64_t lease_ttl_ms; /* 0: the usual */
	int64_t linger_ms;    /* how long it stays without clients and runs; -1: for ever */
};

/* Runs until it leaves. ERR_BUSY where another scheduler has the home's lock. */
int daemon_main(const struct daemon_options *options, struct err *err);

#endif
