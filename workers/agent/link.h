/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - the connection to the scheduler: found, lost, found again
 *
 * A connection is up once the scheduler has accepted the worker. What is said
 * while it is not up is lost: whoever has something unanswered says it again
 * when link_handler.up is called.
 */
#ifndef INGOT_WORKERS_AGENT_LINK_H
#define INGOT_WORKERS_AGENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "workers/agent/loop.h"
#include "workers/wire/frame.h"

struct err;

/* All are called from link_read() and link_tick() only. */
struct link_handler {
	void (*greet)(void *arg); /* connected: say the first frame */
	/* A frame came. Below 0: the peer breaks the protocol, the connection is closed. */
	int (*frame)(void *arg, const struct frame *f, struct err *err);
	void (*down)(void *arg);  /* what was up is lost */
	void *arg;
};

struct link {
	const char *home; /* lent, as loop and handler */
	struct loop *loop;
	const struct link_handler *handler;
	int fd; /* -1: not connected */
	struct source source;
	bool is_up;
	bool is_blocked;   /* room for writing is waited for */
	struct buf in, out;
	int64_t next_ms;   /* when to connect again, on clock_boot_ms() */
	int64_t pause_ms;  /* before the next time */
	int64_t down_ms;   /* since when it is not up */
};

void link_init(struct link *l, const char *home, struct loop *loop, const struct link_handler *h,
	       int64_t now_ms);
void link_finish(struct link *l);
/* Connects when it is time. */
void link_tick(struct link *l, int64_t now_ms);
int64_t link_next_ms(const struct link *l); /* INT64_MAX while connected */
/* The scheduler accepted. */
void link_up(struct link *l);
/* Where to append frames; they are sent by link_flush(), or never. */
struct buf *link_out(struct link *l);
void link_flush(struct link *l); /* once a turn */

#endif
