/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_priv.h - what the files of the daemon share
 *
 * Everything here belongs to the loop's thread, but for what struct reader, struct
 * helper and struct unpacks guard with their own locks.
 */
#ifndef INGOT_SCHEDULER_DAEMON_DAEMON_PRIV_H
#define INGOT_SCHEDULER_DAEMON_DAEMON_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/hash.h"
#include "base/map.h"
#include "scheduler/daemon/daemon.h"

struct blob_store;
struct conn;
struct db;
struct engine;
struct expr_engine;
struct local;
struct probes;
struct reader;
struct imports;
struct helper;
struct unpacks;
struct worker_link;
struct writer;

enum { SERVER_KEY_SIZE = 32 };

struct daemon {
	struct daemon_options options;
	char *home; /* absolute */
	int home_fd;
	int lock_fd;
	int listen_fd;

	uv_loop_t loop;
	uv_prepare_t turn;   /* the end of a turn: decisions, batch, output */
	uv_poll_t listener;
	uv_async_t committed;
	uv_timer_t tick;     /* the engine's next deadline */
	uv_timer_t linger;
	uv_timer_t commit;   /* what nobody waits for gathers so long */
	uv_timer_t deaf;     /* after a connection that could not be taken */
	uv_timer_t rest;     /* lets the parked helper go */
	uv_signal_t on_term, on_int, on_child;
	bool is_stopping;
	bool is_urgent;      /* somebody waits for what is in the open batch */
	bool is_due;         /* it has gathered for COMMIT_DELAY_MS */

	struct blob_store *blobs;
	struct db *db;         /* the loop's own reader, for what takes microseconds */
	struct reader *reader; /* for jobs */
	struct writer *writer;
	struct engine *engine;
	struct expr_engine *expr;

	uint64_t epoch;
	uint8_t key[SERVER_KEY_SIZE];
	uint64_t next_run;
	int64_t last_created; /* when the newest run was submitted, wall clock */
	uint64_t next_worker;

	struct idmap runs;      /* run -> struct live_run */
	struct conn *conns;
	uint32_t conn_count;
	struct worker_link *links;
	uint32_t clients;       /* connections of clients */
	uint32_t jobs;          /* in threads */
	struct map worker_ids;  /* name -> id, as (void *)(uintptr_t) */
	struct local *local;    /* the worker processes of this machine */
	struct probes *probes;  /* fingerprints */
	struct imports *imports; /* source lists on their way into the store */
	struct helper *helper;
	struct unpacks *unpacks; /* archives as folders */
};

/* Milliseconds by the clock that leases are counted in. */
int64_t daemon_now(void);
/* The next commit of the open batch calls fn(arg), and somebody waits for it: it is
 * handed over at the end of this turn. */
void daemon_when_durable(struct daemon *d, void (*fn)(void *arg), void *arg);
/* Starts the timer that ends an idle daemon, or stops it. */
void daemon_judge_idle(struct daemon *d);
/* Ends the loop; runs go on at the next start. */
void daemon_stop(struct daemon *d);

#endif
