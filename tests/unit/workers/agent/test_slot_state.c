/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a slot, replayed with literal lists of events. */
#include "workers/agent/slot_state.h"

#include "base/mem.h"
#include "tests/lib/test.h"

#define E(name) SLOT_EVENT_##name

/* The state after the events (up to END), and the last action. */
enum { END = -1 };

static struct slot_move replay(const int *events)
{
	struct slot_move m = { SLOT_NOP, SLOT_IDLE };

	for (; *events != END; events++) {
		m = slot_move(m.next, (enum slot_event)*events);
		if (m.action == SLOT_BUG)
			fail_msg("%s cannot happen", slot_event_name((enum slot_event)*events));
	}
	return m;
}

static void lives_of_attempts_end_as_they_should(void **state)
{
	static const struct {
		const char *name;
		int events[12];
		enum slot_state state;
		enum slot_action action;
	} lives[] = {
		{ "a plain one", { E(GRANT), E(READY), E(WORKED), E(COLLECTED), E(CLEANED), END },
		  SLOT_IDLE, SLOT_NOP },
		{ "one that fails", { E(GRANT), E(READY), E(FAILED), END },
		  SLOT_CLEANING, SLOT_DO_FINISH },
		{ "one without a workspace", { E(GRANT), E(FAILED), END },
		  SLOT_CLEANING, SLOT_DO_FINISH },
		{ "a strict one", { E(GRANT), E(ASK), E(GO), END }, SLOT_RUNNING, SLOT_DO_LAUNCH },
		{ "a strict one, fenced", { E(GRANT), E(ASK), E(FENCED), END },
		  SLOT_CLEANING, SLOT_DO_FINISH },
		{ "cancelled while it runs", { E(GRANT), E(READY), E(CANCEL), END },
		  SLOT_RUNNING, SLOT_DO_STOP },
		{ "fenced while it runs", { E(GRANT), E(READY), E(CANCEL), E(FENCED), END },
		  SLOT_RUNNING, SLOT_DO_KILL },
		{ "cancelled too late",
		  { E(GRANT), E(READY), E(WORKED), E(CANCEL), E(COLLECTED), END },
		  SLOT_CLEANING, SLOT_DO_FINISH },
		{ "a deployment",
		  { E(GRANT), E(ASK), E(GO), E(UNVERIFIED), E(UNVERIFIED), E(WORKED), E(COLLECTED),
		    E(CLEANED), END },
		  SLOT_IDLE, SLOT_NOP },
		{ "one that is not verified",
		  { E(GRANT), E(READY), E(UNVERIFIED), E(REVERT), E(CANCEL), E(FAILED), END },
		  SLOT_CLEANING, SLOT_DO_FINISH },
		{ "one whose command fails", { E(GRANT), E(READY), E(REVERT), END },
		  SLOT_ROLLING_BACK, SLOT_DO_ROLL_BACK },
		{ "one fenced while verified", { E(GRANT), E(READY), E(UNVERIFIED), E(FENCED), END },
		  SLOT_VERIFYING, SLOT_DO_ABANDON },
	};

	(void)state;
	for (size_t i = 0; i < countof(lives); i++) {
		struct slot_move m = replay(lives[i].events);

		if (m.next != lives[i].state || m.action != lives[i].action)
			fail_msg("%s ends %s with action %d", lives[i].name, slot_state_name(m.next),
				 m.action);
	}
}

static void only_the_possible_is_in_the_table(void **state)
{
	int possible = 0;

	(void)state;
	for (int s = 0; s < SLOT_STATE_COUNT; s++)
		for (int e = 0; e < SLOT_EVENT_COUNT; e++)
			possible += slot_move(s, e).action != SLOT_BUG;
	assert_int_equal(possible, 29);
	assert_int_equal(slot_move(SLOT_IDLE, SLOT_EVENT_CANCEL).action, SLOT_BUG);
	assert_int_equal(slot_move(SLOT_CLEANING, SLOT_EVENT_GRANT).action, SLOT_BUG);
	assert_int_equal(slot_move(SLOT_RUNNING, SLOT_EVENT_GO).action, SLOT_BUG);
}

static void all_have_names(void **state)
{
	(void)state;
	for (int s = 0; s < SLOT_STATE_COUNT; s++)
		assert_non_null(slot_state_name(s));
	for (int e = 0; e < SLOT_EVENT_COUNT; e++)
		assert_non_null(slot_event_name(e));
	assert_string_equal(slot_state_name(SLOT_WAITING_START), "waiting_start");
	assert_string_equal(slot_event_name(SLOT_EVENT_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_of_attempts_end_as_they_should),
		cmocka_unit_test(only_the_possible_is_in_the_table),
		cmocka_unit_test(all_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
