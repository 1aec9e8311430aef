/* SPDX-License-Identifier: Apache-2.0 */
/* step.c - the tables: which event moves a step, or a run, from where to where
 *
 * A cell that is empty cannot happen. NOP is what may come late or twice and
 * then means nothing. STATES.md draws the same.
 */
#include "base/mem.h"
#include "scheduler/run/run.h"

enum { IMPOSSIBLE, NOP, FIRST_STATE };

#define TO(state) (STEP_STATE_##state + FIRST_STATE)
#define RUN_TO(state) (RUN_STATE_##state + FIRST_STATE)

/* In a terminal state nothing more happens to a step. */
#define ENDED_NOP                                                                                  \
	[STEP_STATE_SUCCEEDED] = NOP, [STEP_STATE_CACHED] = NOP, [STEP_STATE_FAILED] = NOP,        \
	[STEP_STATE_SKIPPED] = NOP, [STEP_STATE_CANCELLED] = NOP, [STEP_STATE_TIMED_OUT] = NOP,    \
	[STEP_STATE_LOST] = NOP
/* A resolution may be answered twice, or when the step was cancelled meanwhile. */
#define RESOLVED_NOP                                                                               \
	[STEP_STATE_READY] = NOP, [STEP_STATE_LEASED] = NOP, [STEP_STATE_RUNNING] = NOP,           \
	[STEP_STATE_BLOCKED] = NOP, ENDED_NOP

static const uint8_t step_table[STEP_EVENT_COUNT][STEP_STATE_COUNT] = {
	[STEP_EVENT_RESOLVED_RUN] = { [STEP_STATE_WAITING] = TO(READY), RESOLVED_NOP },
	[STEP_EVENT_RESOLVED_CACHED] = { [STEP_STATE_WAITING] = TO(CACHED), RESOLVED_NOP },
	[STEP_EVENT_RESOLVED_SKIPPED] = { [STEP_STATE_WAITING] = TO(SKIPPED), RESOLVED_NOP },
	[STEP_EVENT_RESOLVED_FAILED] = { [STEP_STATE_WAITING] = TO(FAILED), RESOLVED_NOP },
	[STEP_EVENT_UNPLACEABLE] = { [STEP_STATE_READY] = TO(FAILED) },
	[STEP_EVENT_GRANTED] = { [STEP_STATE_READY] = TO(LEASED) },
	[STEP_EVENT_STARTED] = { [STEP_STATE_LEASED] = TO(RUNNING), [STEP_STATE_RUNNING] = NOP },
	[STEP_EVENT_RETURNED] = { [STEP_STATE_LEASED] = TO(READY) },
	[STEP_EVENT_SUCCEEDED] = { [STEP_STATE_RUNNING] = TO(SUCCEEDED) },
	[STEP_EVENT_FAILED] = { [STEP_STATE_RUNNING] = TO(FAILED) },
	[STEP_EVENT_TIMED_OUT] = { [STEP_STATE_RUNNING] = TO(TIMED_OUT) },
	[STEP_EVENT_SELF_SKIPPED] = { [STEP_STATE_RUNNING] = TO(SKIPPED) },
	[STEP_EVENT_RETRIED] = { [STEP_STATE_RUNNING] = TO(READY) },
	[STEP_EVENT_LOST] = { [STEP_STATE_RUNNING] = TO(LOST) },
	[STEP_EVENT_STOPPED] = {
		[STEP_STATE_LEASED] = TO(CANCELLED),
		[STEP_STATE_RUNNING] = TO(CANCELLED),
	},
	[STEP_EVENT_UPSTREAM] = { [STEP_STATE_WAITING] = TO(SKIPPED), ENDED_NOP },
	[STEP_EVENT_CANCELLED] = {
		[STEP_STATE_WAITING] = TO(CANCELLED),
		[STEP_STATE_READY] = TO(CANCELLED),
		[STEP_STATE_BLOCKED] = TO(CANCELLED),
		ENDED_NOP,
	},
};

static const uint8_t run_table[RUN_EVENT_COUNT][RUN_STATE_COUNT] = {
	[RUN_EVENT_STARTED] = { [RUN_STATE_QUEUED] = RUN_TO(RUNNING) },
	[RUN_EVENT_SUCCEEDED] = { [RUN_STATE_RUNNING] = RUN_TO(SUCCEEDED) },
	[RUN_EVENT_FAILED] = { [RUN_STATE_RUNNING] = RUN_TO(FAILED) },
	[RUN_EVENT_CANCELLED] = {
		[RUN_STATE_QUEUED] = RUN_TO(CANCELLED),
		[RUN_STATE_RUNNING] = RUN_TO(CANCELLED),
	},
};

static const char *const step_event_names[STEP_EVENT_COUNT] = {
#define XX(name, text) [STEP_EVENT_##name] = text,
	STEP_EVENT_TABLE(XX)
#undef XX
};

static const char *const run_event_names[RUN_EVENT_COUNT] = {
#define XX(name, text) [RUN_EVENT_##name] = text,
	RUN_EVENT_TABLE(XX)
#undef XX
};

const char *step_event_name(enum step_event e)
{
	return (size_t)e < countof(step_event_names) ? step_event_names[e] : "unknown";
}

const char *run_event_name(enum run_event e)
{
	return (size_t)e < countof(run_event_names) ? run_event_names[e] : "unknown";
}

/* What a cell of either table says, as the header promises it. */
static int cell_next(uint8_t cell)
{
	if (cell == IMPOSSIBLE)
		return STEP_NEXT_IMPOSSIBLE;
	return cell == NOP ? STEP_NEXT_NOP : cell - FIRST_STATE;
}

int step_next(enum step_event event, enum step_state from)
{
	return cell_next(step_table[event][from]);
}

int run_next(enum run_event event, enum run_state from)
{
	return cell_next(run_table[event][from]);
}
