/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - what is durable, and the batches that become it */
#ifndef INGOT_TESTS_SIM_RECORD_H
#define INGOT_TESTS_SIM_RECORD_H

#include "scheduler/engine/engine.h"
#include "tests/sim/event.h"

struct sim;

enum { RECORD_STEPS_MAX = 32 }; /* of a run */

struct attempt_record {
	struct attempt_record *next; /* of the same step */
	uint64_t fence, body, session;
	enum attempt_state state;
};

struct step_record {
	struct engine_step_record row;
	struct attempt_record *attempts;
	uint32_t results; /* that ended the step */
};

struct run_record {
	bool known;
	struct engine_run_record row;
	struct step_record steps[RECORD_STEPS_MAX];
};

#define WRITE_TABLE(XX) XX(RUN_NEW) XX(RUN) XX(STEP) XX(RESULT) XX(ATTEMPT_ENDED)

enum write_kind {
#define XX(name) WRITE_##name,
	WRITE_TABLE(XX)
#undef XX
	WRITE_COUNT
};

struct write {
	enum write_kind kind;
	uint64_t step; /* or the run's number << STEP_INDEX_BITS */
	uint64_t fence, body;
	struct engine_run_record run;
	struct step_view view;
};

struct batch {
	struct write *writes;
	size_t write_count, write_cap;
	struct event *after; /* messages to be sent once it is committed */
	size_t after_count, after_cap;
};

void record_apply(struct sim *s, const struct batch *b);
void batch_write(struct batch *b, const struct write *w);
void batch_after(struct batch *b, const struct event *ev);
void batch_clear(struct batch *b);
void batch_finish(struct batch *b);
struct step_record *record_step(struct sim *s, uint64_t step);
const struct attempt_record *record_attempt(struct sim *s, uint64_t step, uint64_t fence);

#endif
