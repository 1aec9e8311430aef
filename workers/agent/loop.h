/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - descriptors that are waited for, and who is told
 *
 * No timers: the agent knows when it has to look at the clock again. Level-
 * triggered: who does not read all is told again.
 */
#ifndef INGOT_WORKERS_AGENT_LOOP_H
#define INGOT_WORKERS_AGENT_LOOP_H

#include <stdbool.h>
#include <sys/epoll.h>

struct err;

enum { LOOP_EVENTS = 32 };

/* Lives as long as its descriptor is watched. */
struct source {
	void (*ready)(void *arg);
	void *arg;
};

struct loop {
	int fd;
	struct epoll_event events[LOOP_EVENTS]; /* of this turn */
	int count;
};

int loop_init(struct loop *l, struct err *err);
void loop_finish(struct loop *l);
/* Tells s whenever fd can be read, or the other end closed it. */
void loop_watch(struct loop *l, int fd, struct source *s);
/* Tells s of room for writing, too, or no more. */
void loop_want_write(struct loop *l, int fd, struct source *s, bool is_wanted);
/* Must come before fd is closed; s is told nothing any more. */
void loop_forget(struct loop *l, int fd, const struct source *s);
void loop_wait(struct loop *l, int wait_ms); /* -1: for ever */
void loop_tell(struct loop *l);              /* what was waited for has come */

#endif
