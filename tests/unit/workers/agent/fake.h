/* SPDX-License-Identifier: Apache-2.0 */
/* fake.h - a scheduler for tests: listens in a home of its own, starts a real worker,
 * grants, hears and answers as the test says
 *
 *	1. fake_start(): the worker has registered and is accepted
 *	2. fake_grant(), fake_await(), fake_answer() ...
 *	3. fake_stop(): drains; fails the test unless the worker leaves cleanly, with
 *	   nothing left in its work folder
 *
 * Heartbeats are answered on the way, unless is_deaf. Any wait fails after 10 s.
 */
#ifndef INGOT_TESTS_AGENT_FAKE_H
#define INGOT_TESTS_AGENT_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

struct fake_options {
	uint32_t slots;   /* 0: 1 */
	int64_t ttl_ms;   /* 0: 30 s */
	bool is_local;
	bool is_isolated; /* as far as the machine allows */
};

struct fake {
	char home[64];
	struct fake_options options;
	int listening;
	int fd; /* -1: no connection */
	pid_t worker;
	struct buf in;
	struct arena arena; /* of what was decoded */
	uint64_t epoch;
	bool is_deaf;
	uint32_t heartbeats;
	struct wire_register last_register;
};

void fake_start(struct fake *f, const struct fake_options *options);
void fake_stop(struct fake *f);
/* Another worker in the place of a dead one. */
void fake_start_worker(struct fake *f);
/* Waits for the worker's end: its exit status, or 128 + the signal. */
int fake_wait_worker(struct fake *f);
/* Frees all, removes the home. */
void fake_finish(struct fake *f);

/* Closes the connection, as a scheduler that dies; listening goes on or not. */
void fake_hang_up(struct fake *f, bool keeps_listening);
/* Waits for a connection and its registration. */
void fake_meet(struct fake *f);
void fake_accept(struct fake *f);

/* A grant of step 1/n that runs `sh -eu -c script`; to be changed, then sent. Its words
 * are valid until the next one of the same n (modulo 8). */
struct wire_grant fake_grant(uint32_t n, const char *script);
void fake_send_grant(struct fake *f, const struct wire_grant *g);
void fake_send_lease(struct fake *f, enum frame_type type, const struct wire_lease *lease);
void fake_answer(struct fake *f, const struct wire_lease *lease, enum wire_verdict verdict);
void fake_send(struct fake *f, enum frame_type type, const struct buf *payload);

/* The next frame that is no heartbeat; false if none comes within the time. */
bool fake_next(struct fake *f, int64_t within_ms, struct frame *ret);
/* Waits for a frame of that type; those of other types are dropped. */
struct frame fake_await(struct fake *f, enum frame_type type);
struct wire_lease fake_await_lease(struct fake *f, enum frame_type type);
/* Waits for a COMPLETE; it is not answered. */
struct wire_complete fake_await_complete(struct fake *f);
/* Sends the grant, answers its COMPLETE with `recorded`, and returns it. */
struct wire_complete fake_run(struct fake *f, const struct wire_grant *g);

/* The text of a file below the home; "" if there is none. */
const char *fake_read(struct fake *f, const char *path);
bool fake_has(struct fake *f, const char *path);
/* Makes a file in the working directory of what runs in the first slot. */
void fake_touch_work(struct fake *f, const char *name);
/* Waits until there is such a file. */
void fake_await_file(struct fake *f, const char *path);
void fake_sleep_ms(int64_t ms);

#endif
