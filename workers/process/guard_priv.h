/* SPDX-License-Identifier: Apache-2.0 */
/* guard_priv.h - the spawner's one object, seen by guard.c and guard_step.c alone */
#ifndef INGOT_WORKERS_PROCESS_GUARD_PRIV_H
#define INGOT_WORKERS_PROCESS_GUARD_PRIV_H

#include "workers/process/guard_message.h"
#include "workers/process/guard_state.h"
#include "workers/process/isolate.h"
#include "workers/process/lease_timer.h"
#include "workers/process/limits.h"
#include "workers/process/reaper.h"

struct err;

struct guard {
	const struct isolate *isolate;
	int socket;
	int children; /* signalfd of SIGCHLD */
	struct lease_timer lease;
	struct limits limits;
	void *stack; /* of the child until it execs */

	enum guard_state state;
	pid_t pid;
	int status; /* of pid, once it was reaped */
	struct reaper_usage usage;
	struct spawner_event event; /* what will be reported */
	int64_t announce_at_us;     /* clock_mono_us(); 0: not to come */
	int64_t timeout_at_us;
	int64_t kill_at_us;

	/* the request that started the step */
	struct guard_request request;
	char *strings; /* SPAWNER_STRINGS_LIMIT */
	size_t strings_len;
	char **words; /* argv, NULL, envp, NULL */
	size_t words_cap;
	int log_fd;
};

/* Moves the state machine; may carry out actions. */
void guard_apply(struct guard *g, enum guard_event event);

/* Carries out an action of the state machine; DO_QUIT does not return. */
void guard_act(struct guard *g, enum guard_action action);

/* An error's text as an event's. */
void guard_set_text(struct spawner_event *e, const struct err *err);

/* Tells the worker what g->event holds. */
void guard_report(struct guard *g, enum spawner_event_type type);

#endif
