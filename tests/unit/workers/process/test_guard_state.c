/* SPDX-License-Identifier: Apache-2.0 */
/* Histories are lists of events, replayed from idle; what counts is the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "workers/process/guard_state.h"

enum { EVENTS_MAX = 8 };

#define END GUARD_EVENT_COUNT /* of a history */

static const struct history {
	const char *name;
	enum guard_event events[EVENTS_MAX];
	enum guard_state state;
	enum guard_action action; /* of the last event */
	enum spawner_cause cause;
} histories[] = {
	{ "a command ends by itself",
	  { GUARD_START, GUARD_CHILD_EXIT, END },
	  GUARD_IDLE, GUARD_DO_FINISH, SPAWNER_CAUSE_NONE },
	{ "a command cannot be run",
	  { GUARD_START, GUARD_START_FAILED, END },
	  GUARD_IDLE, GUARD_DO_FINISH, SPAWNER_CAUSE_NOT_STARTED },
	{ "a cancel is polite first",
	  { GUARD_START, GUARD_CANCEL, END },
	  GUARD_TERMINATING, GUARD_DO_TERMINATE, SPAWNER_CAUSE_CANCELLED },
	{ "a second cancel changes nothing",
	  { GUARD_START, GUARD_CANCEL, GUARD_CANCEL, END },
	  GUARD_TERMINATING, GUARD_NOP, SPAWNER_CAUSE_CANCELLED },
	{ "a cancel that has no time is not polite",
	  { GUARD_START, GUARD_CANCEL_NOW, END },
	  GUARD_KILLING, GUARD_DO_KILL, SPAWNER_CAUSE_CANCELLED },
	{ "nor waits for the grace of an earlier one",
	  { GUARD_START, GUARD_CANCEL, GUARD_CANCEL_NOW, END },
	  GUARD_KILLING, GUARD_DO_KILL, SPAWNER_CAUSE_CANCELLED },
	{ "TERM that is ignored becomes KILL",
	  { GUARD_START, GUARD_TIMEOUT, GUARD_GRACE_OVER, END },
	  GUARD_KILLING, GUARD_DO_KILL, SPAWNER_CAUSE_TIMED_OUT },
	{ "the first reason stays",
	  { GUARD_START, GUARD_CANCEL, GUARD_TIMEOUT, GUARD_LEASE_SOFT, GUARD_LEASE_HARD, END },
	  GUARD_KILLING, GUARD_DO_KILL, SPAWNER_CAUSE_CANCELLED },
	{ "a lease that ends is polite, then not",
	  { GUARD_START, GUARD_LEASE_SOFT, GUARD_LEASE_HARD, GUARD_CHILD_EXIT, END },
	  GUARD_IDLE, GUARD_DO_FINISH, SPAWNER_CAUSE_FENCED },
	{ "a lease long over kills at once",
	  { GUARD_START, GUARD_LEASE_HARD, END },
	  GUARD_KILLING, GUARD_DO_KILL, SPAWNER_CAUSE_FENCED },
	{ "a cancel that crosses the exit is nothing",
	  { GUARD_START, GUARD_CHILD_EXIT, GUARD_CANCEL, END },
	  GUARD_IDLE, GUARD_NOP, SPAWNER_CAUSE_NONE },
	{ "a worker that goes takes the spawner along",
	  { GUARD_START, GUARD_TIMEOUT, GUARD_AGENT_GONE, END },
	  GUARD_IDLE, GUARD_DO_QUIT, SPAWNER_CAUSE_TIMED_OUT },
};

static void replay(const struct history *h)
{
	enum guard_state state = GUARD_IDLE;
	enum guard_action action = GUARD_NOP;
	enum spawner_cause cause = SPAWNER_CAUSE_NONE;

	for (size_t i = 0; h->events[i] != END; i++) {
		struct guard_move m = guard_move(state, h->events[i]);
		if (m.cause != SPAWNER_CAUSE_NONE && cause == SPAWNER_CAUSE_NONE)
			cause = m.cause;
		state = m.next;
		action = m.action;
	}
	if (state != h->state || action != h->action || cause != h->cause)
		fail_msg("%s: state %s, action %d, cause %s", h->name, guard_state_name(state),
			 action, spawner_cause_name(cause));
}

static void histories_end_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(histories); i++)
		replay(&histories[i]);
}

/* What the loop can hand in at any time must never be a bug. */
static void no_request_is_a_bug_while_a_step_lives(void **state)
{
	static const enum guard_event at_any_time[] = {
		GUARD_CANCEL,     GUARD_CANCEL_NOW, GUARD_LEASE_SOFT,
		GUARD_LEASE_HARD, GUARD_CHILD_EXIT, GUARD_AGENT_GONE,
	};

	(void)state;
	for (int s = GUARD_RUNNING; s < GUARD_STATE_COUNT; s++) {
		for (size_t i = 0; i < countof(at_any_time); i++)
			assert_int_not_equal(guard_move(s, at_any_time[i]).action, GUARD_BUG);
	}
}

static void impossible_moves_are_bugs(void **state)
{
	(void)state;
	assert_int_equal(guard_move(GUARD_RUNNING, GUARD_START).action, GUARD_BUG);
	assert_int_equal(guard_move(GUARD_IDLE, GUARD_CHILD_EXIT).action, GUARD_BUG);
	assert_int_equal(guard_move(GUARD_IDLE, GUARD_GRACE_OVER).action, GUARD_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories_end_as_told),
		cmocka_unit_test(no_request_is_a_bug_while_a_step_lives),
		cmocka_unit_test(impossible_moves_are_bugs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
