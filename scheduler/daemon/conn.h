/* SPDX-License-Identifier: Apache-2.0 */
/* conn.h - a connection of the scheduler's socket: frames in, frames out
 *
 * Output gathers in conn_out() and leaves with one write at the end of the loop's
 * turn. A peer that does not read is cut off at CONN_OUT_LIMIT. What a connection
 * is (worker or client) its first frame decides; its owner hangs itself into
 * `owner` and is told of the end by the role's `closed`.
 */
#ifndef INGOT_SCHEDULER_DAEMON_CONN_H
#define INGOT_SCHEDULER_DAEMON_CONN_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct conn;
struct daemon;
struct err;
struct frame;

enum { CONN_OUT_LIMIT = 128 << 20 }; /* two of the longest frames */

struct conn_role {
	const char *name;
	/* A negative return ends the connection; its text is logged. */
	int (*frame)(struct conn *c, const struct frame *f, struct err *err);
	/* The connection is over; owner's last chance to let go of it. */
	void (*closed)(struct conn *c);
};

/* Takes fd, which is set non-blocking. */
struct conn *conn_create(struct daemon *d, int fd);
/* Ends it at the end of this turn of the loop, after what is to be said was tried. */
void conn_close(struct conn *c);
struct daemon *conn_daemon(const struct conn *c);
void conn_set_role(struct conn *c, const struct conn_role *role, void *owner);
void *conn_owner(const struct conn *c);
struct buf *conn_out(struct conn *c); /* appended to; leaves at the end of the turn */
size_t conn_backlog(const struct conn *c); /* bytes that have not left yet */
/* Writes out what every connection has to say, frees the closed ones. */
void conn_flush_all(struct daemon *d);
void conn_close_all(struct daemon *d);

#endif
