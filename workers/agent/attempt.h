/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - one granted attempt: what was granted, what became of it, its report
 *
 * It is in exactly one place: the agent's queue, a slot, or the agent's reports,
 * which are the attempts whose end has not been recorded yet.
 */
#ifndef INGOT_WORKERS_AGENT_ATTEMPT_H
#define INGOT_WORKERS_AGENT_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "workers/wire/message.h"

struct err;
struct frame;
struct spawner_event;

/* Somebody wants it to end; what was wanted last and hardest counts. */
enum attempt_stop { ATTEMPT_GO_ON, ATTEMPT_CANCELLED, ATTEMPT_FENCED };

struct attempt {
	struct attempt *next; /* in its list */
	struct arena arena;   /* of all it refers to; a slot's thread may use it, see hand.h */
	struct wire_grant grant;
	enum attempt_stop stop;
	bool is_failed;     /* result says how */
	bool is_start_told; /* a START was sent, so one is sent after a reconnect */
	int64_t launched_us; /* clock_mono_us() at the start of the command */
	struct wire_complete result; /* filled as it becomes known */
	struct buf report;  /* frames that are sent until answered; empty before its end */
};

struct attempt_list {
	struct attempt *first, **end;
	uint32_t count;
};

/* NULL, with ERR_PROTOCOL or ERR_INVALID, for a grant that cannot be understood or
 * names a file outside the home. */
struct attempt *attempt_create(const struct frame *grant, struct err *err);
void attempt_destroy(struct attempt *a); /* NULL is fine */
bool attempt_is(const struct attempt *a, const struct wire_lease *lease);

/* The first failure of an attempt is its result; later ones change nothing. */
void attempt_fail(struct attempt *a, enum outcome outcome, enum reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void attempt_cancelled(struct attempt *a); /* fails it so */
/* Adds to the message of one that failed. */
void attempt_add(struct attempt *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes over how the command ended: codes, times, use; and whether it failed. */
void attempt_command_ended(struct attempt *a, const struct spawner_event *e, const char *profile);
/* What it put into the store is not there: it failed, and is to be reported anew.
 * false: it put nothing there. */
bool attempt_vanished(struct attempt *a);
/* Fills report: COMPLETE behind what is in it already. */
void attempt_report(struct attempt *a);

void attempt_list_init(struct attempt_list *l);
void attempt_list_add(struct attempt_list *l, struct attempt *a);
struct attempt *attempt_list_take(struct attempt_list *l); /* the first; NULL: none */
struct attempt *attempt_list_find(const struct attempt_list *l, const struct wire_lease *lease);
void attempt_list_remove(struct attempt_list *l, struct attempt *a);
void attempt_list_destroy_all(struct attempt_list *l);

#endif
