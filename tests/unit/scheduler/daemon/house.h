/* SPDX-License-Identifier: Apache-2.0 */
/* house.h - a real scheduler in a home of its own, and peers that speak frames to it
 *
 * The scheduler is a forked child of the test. It has to end by itself, with 0 and with
 * nothing left in memory, wherever a test ends it by house_stop(). It starts the test's
 * own program as `ingot worker`, which main() has to ask house_is_worker() for and end:
 * steps are done by the test's own workers alone (label "fake").
 */
#ifndef INGOT_TESTS_UNIT_SCHEDULER_DAEMON_HOUSE_H
#define INGOT_TESTS_UNIT_SCHEDULER_DAEMON_HOUSE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "scheduler/daemon/daemon.h"
#include "tests/lib/test.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

enum { PATIENCE_MS = 20000 };

struct house {
	char root[64];
	char *home;
	char *repo;
	pid_t pid; /* 0: no scheduler runs */
	struct daemon_options options;
	rlim_t files_max; /* descriptors that the scheduler may have; 0: as many as the test */
};

bool house_is_worker(int argc, char **argv);
int house_setup(void **state);    /* a home, nobody in it */
int house_teardown(void **state); /* ends the scheduler if one runs */
void house_start(struct house *h);
/* SIGTERM; fails the test unless the scheduler leaves in good order. */
void house_stop(struct house *h);
/* Waits until it has left by itself, in good order. */
void house_wait(struct house *h);
/* SIGKILL. */
void house_kill(struct house *h);
bool house_is_alive(const struct house *h);
/* Commits this as ingot.yaml of the repository, made where it is missing. */
void house_commit(struct house *h, const char *definition);
/* Runs a shell script (sh -eu) in the root. */
void house_shell(const struct house *h, const char *script, ...)
	__attribute__((format(printf, 2, 3)));
/* What the scheduler has logged so far; the caller frees. */
char *house_log(const struct house *h);
long house_cpu_ms(const struct house *h);    /* that it has used */
long house_memory_kb(const struct house *h); /* that it has resident */

/* ── peers ────────────────────────────────────────────────────────────── */

struct peer {
	int fd;
	struct buf in;
	size_t spent;
};

struct peer *peer_connect(const struct house *h);
void peer_close(struct peer *p); /* NULL is fine */
void peer_send(struct peer *p, enum frame_type type, const void *payload, size_t len);
void peer_write(struct peer *p, const void *bytes, size_t len); /* not even a frame */
/* The next frame, lent until the next call. 1; 0: the connection is over; -1: nothing
 * came within timeout_ms. */
int peer_next(struct peer *p, struct frame *ret, int timeout_ms);

/* Sends a request; args is JSON text. */
void peer_ask(struct peer *p, int id, const char *op, const char *args);
/* The reply to it, with `result` or `error`; events and data on the way are dropped.
 * The caller owns it. NULL: the connection is over. */
json_t *peer_reply(struct peer *p, int id);
/* Both; on a connection of its own where p is NULL. Never NULL. */
json_t *peer_call(const struct house *h, struct peer *p, const char *op, const char *args);
/* Fails the test unless the call succeeds; the result, owned by the caller. */
json_t *peer_result(const struct house *h, struct peer *p, const char *op, const char *args);
/* Fails the test unless it fails with this code; `text` (or NULL) is in the message. */
void peer_refused(const struct house *h, struct peer *p, const char *op, const char *args,
		  const char *code, const char *text);
/* Submits the repository's pipeline; the run's number. */
uint64_t house_submit(const struct house *h, const char *more_args);
/* Waits for the run's end; its state, in a static buffer. */
const char *house_follow(const struct house *h, uint64_t run);
const char *json_text(const json_t *object, const char *key); /* "" where there is none */

/* ── a worker ─────────────────────────────────────────────────────────── */

struct fake {
	struct peer *peer;
	struct wire_session session;
	struct arena arena;
	const char *name;
	struct wire_grant early[8]; /* that came while it waited for something else */
	size_t early_count;
};

/* Connects and registers, with the label "fake"; the scheduler has accepted it. */
struct fake *fake_create(const struct house *h, const char *name, uint32_t slots);
void fake_destroy(struct fake *w); /* NULL is fine */
void fake_disconnect(struct fake *w);
/* The same session again, with these leases. */
void fake_return(const struct house *h, struct fake *w, struct wire_lease *leases, uint32_t count);
/* Sends a registration and reads nothing. */
void fake_register(struct fake *w, const struct wire_register *m);
struct wire_register fake_registration(const struct fake *w, uint32_t slots);

/* The next frame of that type; others on the way are dropped, but for grants. */
struct frame fake_wait(struct fake *w, enum frame_type type);
struct wire_grant fake_grant(struct fake *w);
/* Asserts that no frame of that type comes within ms. */
void fake_hears_no(struct fake *w, enum frame_type type, int ms);
void fake_say_lease(struct fake *w, enum frame_type type, const struct wire_lease *l);
struct wire_complete fake_success(const struct wire_lease *l);
void fake_complete(struct fake *w, const struct wire_complete *m);
/* Waits for the answer to that lease. */
enum wire_verdict fake_verdict(struct fake *w, const struct wire_lease *l);
/* Fails the test unless the scheduler ends the connection. */
void fake_is_cut_off(struct fake *w);

#endif
