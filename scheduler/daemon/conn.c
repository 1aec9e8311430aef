/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c - a connection of the scheduler's socket: frames in, frames out
 *
 * Reading stops after READ_TURNS buffers, so that one busy peer does not keep the
 * others waiting: the descriptor stays readable and the loop comes back.
 */
#include "scheduler/daemon/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/daemon/client.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/worker_link.h"
#include "workers/wire/frame.h"

enum { READ_SIZE = 64 * 1024, READ_TURNS = 8, KEPT_SIZE = 1 << 20 };

struct conn {
	struct daemon *daemon;
	struct conn *next;
	int fd;
	uv_poll_t poll;
	int watched; /* events that poll waits for */
	struct buf in;
	struct buf out;
	size_t sent; /* bytes at the front of out that have left */
	const struct conn_role *role; /* NULL until the first frame */
	void *owner;
	bool is_closing;
};

struct daemon *conn_daemon(const struct conn *c)
{
	return c->daemon;
}

void conn_set_role(struct conn *c, const struct conn_role *role, void *owner)
{
	c->role = role;
	c->owner = owner;
}

void *conn_owner(const struct conn *c)
{
	return c->owner;
}

struct buf *conn_out(struct conn *c)
{
	return &c->out;
}

size_t conn_backlog(const struct conn *c)
{
	return c->out.len - c->sent;
}

void conn_close(struct conn *c)
{
	c->is_closing = true;
}

/* The first frame says what a peer is. */
static int choose_role(struct conn *c, const struct frame *f, struct err *err)
{
	if (f->type == FRAME_WORKER_REGISTER)
		return worker_link_open(c, err);
	if (f->type == FRAME_CLIENT_REQUEST)
		return client_open(c, err);
	return err_set(err, ERR_PROTOCOL, "a connection cannot begin with %s", frame_name(f->type));
}

/* One long message must not hold its memory for the rest of the connection. */
static void let_go(struct buf *b)
{
	if (b->cap > KEPT_SIZE)
		buf_finish(b);
}

static int handle_frames(struct conn *c, struct err *err)
{
	size_t used = 0;
	int rc = 0;

	while (!c->is_closing) {
		struct frame f;

		rc = frame_next(buf_str(&c->in) + used, c->in.len - used, &f, err);
		if (rc <= 0)
			break;
		used += (size_t)rc;
		if (!c->role && choose_role(c, &f, err) < 0)
			return ERR_PROTOCOL;
		rc = c->role->frame(c, &f, err);
		if (rc < 0)
			break;
	}
	buf_consume(&c->in, used);
	if (c->in.len == 0)
		let_go(&c->in);
	return rc < 0 ? rc : 0;
}

/* Returns the number of bytes read; 0 at the end; -1 if there is nothing now. */
static ssize_t read_some(struct conn *c)
{
	ssize_t n;

	buf_reserve(&c->in, READ_SIZE);
	do
		n = read(c->fd, c->in.data + c->in.len, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		c->in.len += (size_t)n;
		c->in.data[c->in.len] = '\0';
	}
	if (n < 0 && errno != EAGAIN)
		return 0;
	return n;
}

static void on_readable(struct conn *c)
{
	struct err err = ERR_INIT;

	for (int turn = 0; turn < READ_TURNS && !c->is_closing; turn++) {
		ssize_t n = read_some(c);

		if (n < 0)
			return;
		if (n == 0) {
			conn_close(c);
			return;
		}
		if (handle_frames(c, &err) < 0) {
			log_warn("%s: %s", c->role ? c->role->name : "connection", err.text);
			conn_close(c);
		}
		if (n < READ_SIZE)
			return;
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct conn *c = poll->data;

	if (status < 0) {
		conn_close(c);
		return;
	}
	if (events & (UV_READABLE | UV_DISCONNECT))
		on_readable(c);
}

static void watch(struct conn *c, int events)
{
	if (c->watched == events)
		return;
	c->watched = events;
	uv_poll_start(&c->poll, events, on_poll);
}

struct conn *conn_create(struct daemon *d, int fd)
{
	struct conn *c = mem_alloc(sizeof(*c));

	c->daemon = d;
	c->fd = fd;
	c->next = d->conns;
	d->conns = c;
	d->conn_count++;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	BUG_ON(uv_poll_init(&d->loop, &c->poll, fd) < 0);
	c->poll.data = c;
	watch(c, UV_READABLE);
	return c;
}

/* What has left is dropped; of a long backlog only now and then, as that moves the rest. */
static void drop_sent(struct conn *c)
{
	if (conn_backlog(c) > c->sent)
		return;
	buf_consume(&c->out, c->sent);
	c->sent = 0;
	if (c->out.len == 0)
		let_go(&c->out);
}

static void flush(struct conn *c)
{
	while (conn_backlog(c)) {
		ssize_t n = write(c->fd, c->out.data + c->sent, conn_backlog(c));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			c->sent = c->out.len;
			conn_close(c);
			return;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	drop_sent(c);
	if (conn_backlog(c) > CONN_OUT_LIMIT) {
		log_warn("%s: does not read what it is sent; cut off",
			 c->role ? c->role->name : "connection");
		conn_close(c);
	}
	watch(c, conn_backlog(c) ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

static void on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	fs_close(&c->fd);
	buf_finish(&c->in);
	buf_finish(&c->out);
	free(c);
}

static void end(struct conn *c)
{
	if (c->role)
		c->role->closed(c);
	c->daemon->conn_count--;
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_closed);
}

void conn_flush_all(struct daemon *d)
{
	struct conn **at = &d->conns;

	while (*at) {
		struct conn *c = *at;

		if (conn_backlog(c))
			flush(c);
		if (!c->is_closing) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		end(c);
	}
}

void conn_close_all(struct daemon *d)
{
	for (struct conn *c = d->conns; c; c = c->next)
		conn_close(c);
	conn_flush_all(d);
}
