/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - the connection to the scheduler: found, lost, found again */
#include "workers/agent/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "workers/wire/endpoint.h"

enum {
	PAUSE_MIN_MS = 10,
	PAUSE_MAX_MS = 1000,
	READ_SIZE = 64 << 10,
	KEEP_SIZE = 256 << 10, /* of a buffer that is empty; larger ones are freed */
};

static void on_ready(void *arg);

void link_init(struct link *l, const char *home, struct loop *loop, const struct link_handler *h,
	       int64_t now_ms)
{
	*l = (struct link){
		.home = home,
		.loop = loop,
		.handler = h,
		.fd = -1,
		.source = { on_ready, l },
		.next_ms = now_ms,
		.pause_ms = PAUSE_MIN_MS,
		.down_ms = now_ms,
	};
}

void link_finish(struct link *l)
{
	if (l->fd >= 0)
		loop_forget(l->loop, l->fd, &l->source);
	fs_close(&l->fd);
	buf_finish(&l->in);
	buf_finish(&l->out);
}

static void wait_and_retry(struct link *l, int64_t now_ms)
{
	l->next_ms = now_ms + l->pause_ms;
	l->pause_ms = l->pause_ms * 2 < PAUSE_MAX_MS ? l->pause_ms * 2 : PAUSE_MAX_MS;
}

static void lose(struct link *l)
{
	int64_t now_ms = clock_boot_ms();
	bool was_up = l->is_up;

	loop_forget(l->loop, l->fd, &l->source);
	fs_close(&l->fd);
	buf_finish(&l->in);
	buf_finish(&l->out);
	l->is_up = false;
	l->is_blocked = false;
	wait_and_retry(l, now_ms);
	if (was_up) {
		l->down_ms = now_ms;
		l->handler->down(l->handler->arg);
	}
}

void link_tick(struct link *l, int64_t now_ms)
{
	if (l->fd >= 0 || now_ms < l->next_ms)
		return;
	l->fd = endpoint_connect(l->home, NULL);
	if (l->fd < 0) {
		l->fd = -1;
		wait_and_retry(l, now_ms);
		return;
	}
	loop_watch(l->loop, l->fd, &l->source);
	l->handler->greet(l->handler->arg);
}

int64_t link_next_ms(const struct link *l)
{
	return l->fd >= 0 ? INT64_MAX : l->next_ms;
}

void link_up(struct link *l)
{
	l->is_up = true;
	l->pause_ms = PAUSE_MIN_MS;
}

struct buf *link_out(struct link *l)
{
	return &l->out;
}

static void empty(struct buf *b)
{
	if (b->cap > KEEP_SIZE)
		buf_finish(b);
	else
		buf_clear(b);
}

/* All whole frames of what was read. The handler may lose nothing: only we close. */
static int take_frames(struct link *l, struct err *err)
{
	size_t at = 0;
	struct frame f;
	int size;

	while ((size = frame_next(l->in.data + at, l->in.len - at, &f, err)) > 0) {
		int rc = l->handler->frame(l->handler->arg, &f, err);

		if (rc < 0)
			return rc;
		at += (size_t)size;
	}
	if (at == l->in.len)
		empty(&l->in);
	else
		buf_consume(&l->in, at);
	return size;
}

static void on_ready(void *arg)
{
	struct err err = ERR_INIT;
	struct link *l = arg;
	ssize_t got;

	buf_reserve(&l->in, READ_SIZE);
	got = recv(l->fd, l->in.data + l->in.len, READ_SIZE, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return; /* told of room for writing: link_flush() comes */
	if (got <= 0) {
		lose(l);
		return;
	}
	l->in.len += (size_t)got;
	if (take_frames(l, &err) < 0) {
		log_error("the scheduler: %s", err.text);
		lose(l);
	}
}

void link_flush(struct link *l)
{
	ssize_t put = 0;

	if (l->fd < 0) {
		buf_clear(&l->out);
		return;
	}
	while (l->out.len > 0 &&
	       (put = send(l->fd, l->out.data, l->out.len, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		buf_consume(&l->out, (size_t)put);
	if (put < 0 && errno != EAGAIN && errno != EINTR) {
		lose(l);
		return;
	}
	if (l->out.len == 0)
		empty(&l->out);
	if (l->is_blocked != (l->out.len > 0)) {
		l->is_blocked = l->out.len > 0;
		loop_want_write(l->loop, l->fd, &l->source, l->is_blocked);
	}
}
