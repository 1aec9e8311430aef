/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - descriptors that are waited for, and who is told */
#include "workers/agent/loop.h"

#include <errno.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"

int loop_init(struct loop *l, struct err *err)
{
	l->count = 0;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	return l->fd < 0 ? err_errno(err, errno, "epoll") : 0;
}

void loop_finish(struct loop *l)
{
	fs_close(&l->fd);
}

static void control(struct loop *l, int op, int fd, struct source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	BUG_ON(epoll_ctl(l->fd, op, fd, &e) < 0);
}

void loop_watch(struct loop *l, int fd, struct source *s)
{
	control(l, EPOLL_CTL_ADD, fd, s, EPOLLIN);
}

void loop_want_write(struct loop *l, int fd, struct source *s, bool is_wanted)
{
	control(l, EPOLL_CTL_MOD, fd, s, is_wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void loop_forget(struct loop *l, int fd, const struct source *s)
{
	control(l, EPOLL_CTL_DEL, fd, NULL, 0);
	for (int i = 0; i < l->count; i++) {
		if (l->events[i].data.ptr == s)
			l->events[i].data.ptr = NULL;
	}
}

void loop_wait(struct loop *l, int wait_ms)
{
	l->count = epoll_wait(l->fd, l->events, LOOP_EVENTS, wait_ms);
	BUG_ON(l->count < 0 && errno != EINTR);
}

void loop_tell(struct loop *l)
{
	for (int i = 0; i < l->count; i++) {
		const struct source *s = l->events[i].data.ptr;

		if (s)
			s->ready(s->arg);
	}
	l->count = 0;
}
