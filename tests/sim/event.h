/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what can happen in a simulated home; messages are events, too */
#ifndef INGOT_TESTS_SIM_EVENT_H
#define INGOT_TESTS_SIM_EVENT_H

#include "scheduler/engine/engine.h"

#define EVENT_TABLE(XX)                                                                            \
	/* to the daemon */                                                                        \
	XX(SUBMIT) XX(CANCEL_RUN) XX(RESOLVED) XX(COMMITTED) XX(TICK) XX(TURN) XX(GONE)            \
	XX(REGISTER) XX(HEARTBEAT) XX(START) XX(COMPLETE) XX(RELEASE)                              \
	/* to a worker */                                                                          \
	XX(REGISTERED) XX(BEAT_ANSWER) XX(GRANT) XX(CANCEL) XX(START_ANSWER) XX(COMPLETE_ANSWER)   \
	XX(JOB_DONE) XX(WORKER_TIMER)                                                              \
	/* faults */                                                                               \
	XX(FAULT) XX(CRASH) XX(DAEMON_UP) XX(WORKER_UP) XX(WORKER_GOES_ON) XX(LINK_UP) XX(HEAL)

enum event_kind {
#define XX(name) EVENT_##name,
	EVENT_TABLE(XX)
#undef XX
	EVENT_COUNT
};

struct beat {
	uint64_t step, fence;
	enum lease_verdict verdict;
};

struct event {
	enum event_kind kind;
	uint32_t worker;   /* whose, or to whom */
	uint64_t session;  /* of the worker's life it comes from or is for */
	uint64_t epoch;    /* of the scheduler's life, likewise */
	uint64_t step, fence;
	uint64_t body;
	uint64_t gpus;
	int64_t sent_at;   /* of the message, or of the heartbeat that it answers */
	int number;        /* verdict, outcome, resolution */
	bool strict;
	struct beat *beats;
	size_t beat_count;
};

const char *event_name(enum event_kind k);

#endif
