/* SPDX-License-Identifier: Apache-2.0 */
/* guard_state.h - the states of the step inside a spawner; STATES.md draws them */
#ifndef INGOT_WORKERS_PROCESS_GUARD_STATE_H
#define INGOT_WORKERS_PROCESS_GUARD_STATE_H

#include "workers/process/spawner.h"

enum guard_state {
	GUARD_IDLE,        /* no process but the spawner */
	GUARD_RUNNING,     /* the command runs */
	GUARD_TERMINATING, /* its group got TERM, the grace runs */
	GUARD_KILLING,     /* all of it got KILL; the exit is awaited */
	GUARD_STATE_COUNT,
};

enum guard_event {
	GUARD_START,
	GUARD_START_FAILED,
	GUARD_CANCEL,
	GUARD_CANCEL_NOW, /* without a grace */
	GUARD_TIMEOUT,
	GUARD_GRACE_OVER,
	GUARD_LEASE_SOFT,
	GUARD_LEASE_HARD,
	GUARD_CHILD_EXIT,
	GUARD_AGENT_GONE,
	GUARD_EVENT_COUNT,
};

enum guard_action {
	GUARD_BUG, /* cannot happen; zero, so that a hole in the table is one */
	GUARD_NOP,
	GUARD_DO_LAUNCH,
	GUARD_DO_TERMINATE,
	GUARD_DO_KILL,
	GUARD_DO_FINISH, /* end what is left, report */
	GUARD_DO_QUIT,   /* end what is left, and the spawner */
	GUARD_ACTION_COUNT,
};

struct guard_move {
	enum guard_action action;
	enum guard_state next;
	enum spawner_cause cause; /* becomes the step's cause unless it has one */
};

/* Pure. */
struct guard_move guard_move(enum guard_state state, enum guard_event event);

const char *guard_state_name(enum guard_state state);
const char *guard_event_name(enum guard_event event);

#endif
