/* SPDX-License-Identifier: Apache-2.0 */
/* guard_state.c - what each event does to the step in each state
 *
 * The first reason to end a step is the one reported: a step that is cancelled
 * and then outlives its lease was cancelled.
 */
#include "workers/process/guard_state.h"

#include "base/log.h"

#define NOP(state) { GUARD_NOP, GUARD_##state, SPAWNER_CAUSE_NONE }
#define DO(act, state) { GUARD_DO_##act, GUARD_##state, SPAWNER_CAUSE_NONE }
#define FOR(act, state, why) { GUARD_DO_##act, GUARD_##state, SPAWNER_CAUSE_##why }

static const struct guard_move moves[GUARD_STATE_COUNT][GUARD_EVENT_COUNT] = {
	[GUARD_IDLE] = {
		[GUARD_START] = DO(LAUNCH, RUNNING),
		[GUARD_CANCEL] = NOP(IDLE), /* crossed the report of the exit */
		[GUARD_CANCEL_NOW] = NOP(IDLE),
		[GUARD_LEASE_SOFT] = NOP(IDLE),
		[GUARD_LEASE_HARD] = NOP(IDLE),
		[GUARD_AGENT_GONE] = DO(QUIT, IDLE),
	},
	[GUARD_RUNNING] = {
		[GUARD_START_FAILED] = FOR(FINISH, IDLE, NOT_STARTED),
		[GUARD_CANCEL] = FOR(TERMINATE, TERMINATING, CANCELLED),
		[GUARD_CANCEL_NOW] = FOR(KILL, KILLING, CANCELLED),
		[GUARD_TIMEOUT] = FOR(TERMINATE, TERMINATING, TIMED_OUT),
		[GUARD_LEASE_SOFT] = FOR(TERMINATE, TERMINATING, FENCED),
		[GUARD_LEASE_HARD] = FOR(KILL, KILLING, FENCED),
		[GUARD_CHILD_EXIT] = DO(FINISH, IDLE),
		[GUARD_AGENT_GONE] = DO(QUIT, IDLE),
	},
	[GUARD_TERMINATING] = {
		[GUARD_CANCEL] = NOP(TERMINATING),
		[GUARD_CANCEL_NOW] = DO(KILL, KILLING),
		[GUARD_TIMEOUT] = NOP(TERMINATING),
		[GUARD_GRACE_OVER] = DO(KILL, KILLING),
		[GUARD_LEASE_SOFT] = NOP(TERMINATING),
		[GUARD_LEASE_HARD] = FOR(KILL, KILLING, FENCED),
		[GUARD_CHILD_EXIT] = DO(FINISH, IDLE),
		[GUARD_AGENT_GONE] = DO(QUIT, IDLE),
	},
	[GUARD_KILLING] = {
		[GUARD_CANCEL] = NOP(KILLING),
		[GUARD_CANCEL_NOW] = NOP(KILLING),
		[GUARD_TIMEOUT] = NOP(KILLING),
		[GUARD_GRACE_OVER] = NOP(KILLING),
		[GUARD_LEASE_SOFT] = NOP(KILLING),
		[GUARD_LEASE_HARD] = NOP(KILLING),
		[GUARD_CHILD_EXIT] = DO(FINISH, IDLE),
		[GUARD_AGENT_GONE] = DO(QUIT, IDLE),
	},
};

struct guard_move guard_move(enum guard_state state, enum guard_event event)
{
	BUG_ON(state >= GUARD_STATE_COUNT || event >= GUARD_EVENT_COUNT);
	return moves[state][event];
}

const char *guard_state_name(enum guard_state state)
{
	static const char *const names[GUARD_STATE_COUNT] = {
		[GUARD_IDLE] = "idle",
		[GUARD_RUNNING] = "running",
		[GUARD_TERMINATING] = "terminating",
		[GUARD_KILLING] = "killing",
	};
	return names[state];
}

const char *guard_event_name(enum guard_event event)
{
	static const char *const names[GUARD_EVENT_COUNT] = {
		[GUARD_START] = "start",
		[GUARD_START_FAILED] = "start_failed",
		[GUARD_CANCEL] = "cancel",
		[GUARD_CANCEL_NOW] = "cancel_now",
		[GUARD_TIMEOUT] = "timeout",
		[GUARD_GRACE_OVER] = "grace_over",
		[GUARD_LEASE_SOFT] = "lease_soft",
		[GUARD_LEASE_HARD] = "lease_hard",
		[GUARD_CHILD_EXIT] = "child_exit",
		[GUARD_AGENT_GONE] = "agent_gone",
	};
	return names[event];
}
