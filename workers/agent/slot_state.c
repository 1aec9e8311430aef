/* SPDX-License-Identifier: Apache-2.0 */
/* slot_state.c - what a slot does with an attempt, as a table
 *
 * A cancel that comes before the command runs, or a fence while a thread is busy
 * with the attempt's files, is a nop here: the attempt remembers it (attempt.stop),
 * and the next event is chosen by whoever raises it accordingly.
 */
#include "workers/agent/slot_state.h"

static const char *const state_names[SLOT_STATE_COUNT] = {
#define XX(name, text) [SLOT_##name] = text,
	SLOT_STATE_TABLE(XX)
#undef XX
};

static const char *const event_names[SLOT_EVENT_COUNT] = {
#define XX(name, text) [SLOT_EVENT_##name] = text,
	SLOT_EVENT_TABLE(XX)
#undef XX
};

#define ON(event, action, next) [SLOT_EVENT_##event] = { SLOT_##action, SLOT_##next }

static const struct slot_move moves[SLOT_STATE_COUNT][SLOT_EVENT_COUNT] = {
	[SLOT_IDLE] = {
		ON(GRANT, DO_PREPARE, PREPARING),
	},
	[SLOT_PREPARING] = {
		ON(READY, DO_LAUNCH, RUNNING),
		ON(ASK, DO_ASK, WAITING_START),
		ON(FAILED, DO_FINISH, CLEANING),
		ON(CANCEL, NOP, PREPARING),
		ON(FENCED, NOP, PREPARING),
	},
	[SLOT_WAITING_START] = {
		ON(GO, DO_LAUNCH, RUNNING),
		ON(FAILED, DO_FINISH, CLEANING),
		ON(CANCEL, DO_FINISH, CLEANING),
		ON(FENCED, DO_FINISH, CLEANING),
	},
	[SLOT_RUNNING] = {
		ON(WORKED, DO_COLLECT, COLLECTING),
		ON(UNVERIFIED, DO_VERIFY, VERIFYING),
		ON(FAILED, DO_FINISH, CLEANING),
		ON(REVERT, DO_ROLL_BACK, ROLLING_BACK),
		ON(CANCEL, DO_STOP, RUNNING),
		ON(FENCED, DO_KILL, RUNNING),
	},
	[SLOT_VERIFYING] = {
		ON(WORKED, DO_COLLECT, COLLECTING),
		ON(UNVERIFIED, NOP, VERIFYING),
		ON(FAILED, DO_FINISH, CLEANING),
		ON(REVERT, DO_ROLL_BACK, ROLLING_BACK),
		ON(CANCEL, DO_ABANDON, VERIFYING),
		ON(FENCED, DO_ABANDON, VERIFYING),
	},
	[SLOT_ROLLING_BACK] = {
		ON(FAILED, DO_FINISH, CLEANING),
		ON(CANCEL, NOP, ROLLING_BACK), /* half undone is worse than undone */
		ON(FENCED, DO_KILL, ROLLING_BACK),
	},
	[SLOT_COLLECTING] = {
		ON(COLLECTED, DO_FINISH, CLEANING),
		ON(CANCEL, NOP, COLLECTING), /* too late: the work is done */
		ON(FENCED, NOP, COLLECTING),
	},
	[SLOT_CLEANING] = {
		ON(CLEANED, NOP, IDLE),
	},
};

struct slot_move slot_move(enum slot_state state, enum slot_event event)
{
	return moves[state][event];
}

const char *slot_state_name(enum slot_state state)
{
	return (unsigned)state < SLOT_STATE_COUNT ? state_names[state] : "unknown";
}

const char *slot_event_name(enum slot_event event)
{
	return (unsigned)event < SLOT_EVENT_COUNT ? event_names[event] : "unknown";
}
