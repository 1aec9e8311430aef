/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - what state each step of a run is in, and what follows from an event
 *
 * PURE: no clock, no file, no resources, no workers. A run is a graph of step
 * instances with a counter of open parents each; an event moves one step by the
 * table of step.c, and everything that follows from it inside the run (children
 * released or skipped, matrix siblings cancelled, `finally` steps opened, the
 * run ended) is done at once and noted in order in run->notes, which the caller
 * drains. STATES.md has the diagram.
 *
 *	1. run_create, run_start          (or run_create, run_recall..., run_replay)
 *	2. run_apply / run_cancel
 *	3. read and clear run->notes      after each of them
 *	4. run_destroy
 */
#ifndef INGOT_SCHEDULER_RUN_RUN_H
#define INGOT_SCHEDULER_RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/records/states.h"

enum {
	RUN_LOST_RETRIES = 3, /* what a step whose worker was lost gets at least */
	RUN_BACKOFF_MAX_MS = 60 * 60 * 1000,
};

/* Which ends of an attempt are tried again. An attempt that asks for it (exit 75)
 * is, in any case, within max; a gate that was not met never is. */
enum run_retry_on {
	RUN_RETRY_FAILED = 1 << 0,
	RUN_RETRY_TIMED_OUT = 1 << 1,
	RUN_RETRY_LOST = 1 << 2, /* lost attempts get max where it is over RUN_LOST_RETRIES */
};

struct run_retry {
	uint32_t max;       /* attempts after the first that a failure may cost */
	int64_t backoff_ms; /* before the first retry; doubles each time */
	unsigned on;        /* of enum run_retry_on */
	const int *exit_codes; /* tried again even where RUN_RETRY_FAILED is not set */
	size_t exit_code_count;
};

/* One step of the definition; its instances share it, so it is the matrix, too. */
struct run_step_spec {
	struct run_retry retry;
	bool on_lost_manual; /* at most one start, so no retry; a lost worker leaves it `lost` */
	bool allow_failure;  /* its failure fails neither the run nor what merely `needs` it */
	bool is_finally;     /* runs when all other steps have ended, however they did */
	bool fail_fast;      /* one instance that fails cancels the others */
};

/* In run_spec.parents: the edge carries an output (`inputs`), not order alone (`needs`). */
enum { RUN_PARENT_DATA = 1u << 31 };
enum { RUN_PARENT_INDEX = (1u << STEP_INDEX_BITS) - 1 };

/* All arrays are lent for the time of the call alone. */
struct run_spec {
	uint64_t number;                   /* 1 .. 2^32-1; older runs have smaller ones */
	const struct run_step_spec *specs; /* [spec_count] */
	uint32_t spec_count;
	const uint32_t *spec_of;           /* [step_count]: of which of specs an instance is */
	uint32_t step_count;               /* step instances; of equals the first goes first */
	const uint32_t *parent_at;         /* [step_count + 1]: where each one's parents begin */
	const uint32_t *parents;           /* index, perhaps with RUN_PARENT_DATA; no doubles,
					      no cycle */
};

/* What can happen to a step. XX(name, text) */
#define STEP_EVENT_TABLE(XX)                                                                       \
	XX(RESOLVED_RUN, "resolved: has to run")                                                   \
	XX(RESOLVED_CACHED, "resolved: cached")                                                    \
	XX(RESOLVED_SKIPPED, "resolved: skipped")                                                  \
	XX(RESOLVED_FAILED, "resolved: cannot run")                                                \
	XX(UNPLACEABLE, "no worker fits")                                                          \
	XX(GRANTED, "granted to a worker")                                                         \
	XX(STARTED, "started")                                                                     \
	XX(RETURNED, "given back or expired before its start")                                     \
	XX(SUCCEEDED, "succeeded")                                                                 \
	XX(FAILED, "failed")                                                                       \
	XX(TIMED_OUT, "timed out")                                                                 \
	XX(SELF_SKIPPED, "skipped itself")                                                         \
	XX(RETRIED, "ended and is tried again")                                                    \
	XX(LOST, "its worker was lost")                                                            \
	XX(STOPPED, "its worker let go of it after it was cancelled")                              \
	XX(UPSTREAM, "a step that it needs did not succeed")                                       \
	XX(CANCELLED, "cancelled")

enum step_event {
#define XX(name, text) STEP_EVENT_##name,
	STEP_EVENT_TABLE(XX)
#undef XX
	STEP_EVENT_COUNT
};

const char *step_event_name(enum step_event e);

enum { STEP_NEXT_NOP = -1, STEP_NEXT_IMPOSSIBLE = -2 };
/* The table: the state that `event` leads to from `from`, or one of STEP_NEXT_*. */
int step_next(enum step_event event, enum step_state from);

/* The same for the run itself. XX(name, text) */
#define RUN_EVENT_TABLE(XX)                                                                        \
	XX(STARTED, "started")                                                                     \
	XX(SUCCEEDED, "all its steps ended well")                                                  \
	XX(FAILED, "a step failed")                                                                \
	XX(CANCELLED, "cancelled")

enum run_event {
#define XX(name, text) RUN_EVENT_##name,
	RUN_EVENT_TABLE(XX)
#undef XX
	RUN_EVENT_COUNT
};

const char *run_event_name(enum run_event e);
int run_next(enum run_event event, enum run_state from);

/* 32 bytes: there may be a million. */
struct run_step {
	uint64_t fence;    /* of its newest attempt; the caller's; never falls */
	uint64_t body;     /* tag of the completion that ended it; the caller's; 0: none */
	uint32_t nblock;   /* parents that have not ended, and one for a closed `finally` gate */
	uint32_t spec;     /* index into run->specs */
	uint16_t attempts; /* granted so far, given back ones not counted */
	uint8_t state;     /* enum step_state */
	uint8_t reason;    /* enum reason */
	uint8_t failures;  /* ended attempts that were tried again; saturates */
	uint8_t lost;      /* attempts lost with their worker and tried again; saturates */
	bool cancel;       /* a worker has it, and was told to stop */
	bool dirty;        /* the caller's mark */
};

enum run_note_kind {
	RUN_NOTE_RESOLVE, /* its parents are done: judge it, then RESOLVED_* */
	RUN_NOTE_CHANGED, /* it went from `from` to `to` */
	RUN_NOTE_STOP,    /* its worker has to stop it, and say so: STOPPED */
	RUN_NOTE_RUN,     /* the run's own state, or what was asked of it, changed */
	RUN_NOTE_ENDED,   /* the run ended; once */
	RUN_NOTE_COUNT
};

struct run_note {
	uint32_t index;
	uint8_t kind; /* enum run_note_kind */
	uint8_t from; /* enum step_state; so is to */
	uint8_t to;
};

struct run {
	struct arena arena;            /* owns the arrays that never change */
	uint64_t number;
	struct run_step_spec *specs;
	struct run_step *steps;        /* [step_count] */
	uint32_t spec_count, step_count;
	uint32_t *parent_at, *parents; /* as in the spec */
	uint32_t *child_at, *children; /* the same edges the other way, RUN_PARENT_DATA kept */
	enum run_state state;
	enum reason reason;            /* of the step that failed it, or why it was cancelled */
	enum reason cancel_reason;
	bool cancel, cancel_finally;   /* asked for */
	uint32_t culprit;              /* the first step that failed it, or step_count */
	uint32_t open_main;            /* steps not ended, those of `finally` not counted */
	uint32_t open;                 /* steps not ended */
	uint32_t counts[STEP_STATE_COUNT];
	uint32_t *ended;               /* steps whose end has not been passed on yet */
	size_t ended_count, ended_cap;
	struct run_note *notes;        /* what happened, in order; the caller drains */
	size_t note_count, note_cap;
};

/* Copies what it needs of spec. The run is `queued`, every step `waiting`. */
struct run *run_create(const struct run_spec *spec);
void run_destroy(struct run *run); /* NULL is fine */

/* queued -> running: notes RESOLVE for each step without parents. A run without
 * steps ends at once. */
void run_start(struct run *run);

/* One event for one step, and all that follows inside the run. reason is kept
 * where the step's state changes. Returns whether it did: an event that the
 * table calls a no-op changes nothing, an impossible one is logged and changes nothing. */
bool run_apply(struct run *run, uint32_t index, enum step_event event, enum reason reason);

/* Waiting and ready steps are `cancelled` at once. A worker may just be starting a
 * leased one, so that gets RUN_NOTE_STOP as a running one does, and ends by STOPPED.
 * Steps of `finally` still run, unless finally_too, or the run was queued. A second
 * call only adds to the first. */
void run_cancel(struct run *run, enum reason reason, bool finally_too);

/* Coming back: set each step's recorded fields in run->steps (state, reason,
 * fence, attempts, failures, lost) and the run's cancel, cancel_finally,
 * cancel_reason, then replay from the recorded state of the run: what followed
 * from the recorded ends is derived again, in the same way. */
void run_replay(struct run *run, enum run_state state);

/* retry.c: pure decisions about an attempt that ended. */
/* The event that an outcome is for this step: SUCCEEDED ... RETRIED, STOPPED. */
enum step_event run_outcome_event(const struct run *run, uint32_t index, enum outcome outcome,
				  enum reason reason, int exit_code);
/* The event that the expiry of a running attempt is: LOST, RETRIED, FAILED or STOPPED. */
enum step_event run_lost_event(const struct run *run, uint32_t index);
/* How long before the next attempt: backoff_ms doubled by each failure so far, at
 * most an hour, less up to a quarter that depends on step and failures alone. */
int64_t run_backoff_ms(const struct run *run, uint32_t index);
/* How many failures it may still cost. */
uint32_t run_tries_left(const struct run *run, uint32_t index);

/* Returns NULL, or the invariant of STATES.md that is broken. */
const char *run_check(const struct run *run);

static inline const struct run_step_spec *run_step_spec(const struct run *run, uint32_t index)
{
	return &run->specs[run->steps[index].spec];
}

#endif
