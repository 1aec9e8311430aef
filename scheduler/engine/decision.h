/* SPDX-License-Identifier: Apache-2.0 */
/* decision.h - what the engine decided, and what is to be recorded of it */
#ifndef INGOT_SCHEDULER_ENGINE_DECISION_H
#define INGOT_SCHEDULER_ENGINE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "store/records/states.h"

/* XX(name, text), and which fields of struct decision it has beside run */
#define DECISION_TABLE(XX)                                                                         \
	XX(RESOLVE, "resolve")             /* step: judge it, answer by engine_resolved */         \
	XX(GRANT, "grant")                 /* step fence session pool gpus strict after_commit */  \
	XX(CANCEL, "cancel")               /* step fence session reason: the worker is to stop */  \
	XX(ATTEMPT_ENDED, "attempt ended") /* step fence: without a result; record `expired` */    \
	XX(STEP_CHANGED, "step changed")   /* step: read engine_step_view and record it */         \
	XX(RUN_CHANGED, "run changed")     /* run: read engine_run_view and record it */           \
	XX(WANT_WORKERS, "want workers")   /* pool workers: how many there should be by now */

enum decision_kind {
#define XX(name, text) DECISION_##name,
	DECISION_TABLE(XX)
#undef XX
	DECISION_COUNT
};

const char *decision_name(enum decision_kind k);

struct decision {
	enum decision_kind kind;
	enum reason reason;
	uint64_t run;
	uint64_t step;
	uint64_t fence;
	uint64_t session;
	uint64_t gpus;     /* bit n: device n of the pool */
	uint32_t pool;
	uint32_t workers;
	bool strict;       /* on_lost: manual: the worker waits for the answer to START */
	bool after_commit; /* of GRANT and, so that it stays behind it, CANCEL: send only when the
			      lease is recorded (strict steps, and steps with GPUs, must not be
			      forgotten by a restart); else send at once */
};

struct step_view {
	uint64_t step;
	enum step_state state;
	enum reason reason;
	uint64_t fence;            /* of the newest attempt; 0: none yet */
	uint32_t attempts;         /* granted so far, given back ones not counted */
	uint32_t failures;         /* ended and tried again; to be recorded for engine_restore */
	uint32_t lost;             /* lost with their worker and tried again; the same */
	uint32_t tries_left;
	bool cancel;               /* leased or running, and told to stop; a restart knows again */
	bool is_live;              /* an attempt is granted or running; then: */
	enum attempt_state attempt_state;
	uint64_t session;
	const char *worker;        /* lent; NULL while its session has not come back */
	uint32_t pool;
	uint64_t gpus;
};

struct run_view {
	uint64_t run;
	enum run_state state;
	enum reason reason; /* of a failed run its first failed step's; of a cancelled one why */
	uint64_t culprit;   /* the step that failed it; 0: none */
	bool cancel, cancel_finally;
	uint32_t step_count;
	uint32_t counts[STEP_STATE_COUNT];
};

#endif
