/* SPDX-License-Identifier: Apache-2.0 */
/* test_states.c - the words and what follows from them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/err.h"
#include "store/records/states.h"

static void every_state_has_a_name_that_reads_back(void **state)
{
	(void)state;
	for (int i = 0; i < STEP_STATE_COUNT; i++) {
		enum step_state back = STEP_STATE_COUNT;
		assert_int_equal(step_state_parse(step_state_name((enum step_state)i), &back), 0);
		assert_int_equal(back, i);
	}
	for (int i = 0; i < RUN_STATE_COUNT; i++) {
		enum run_state back = RUN_STATE_COUNT;
		assert_int_equal(run_state_parse(run_state_name((enum run_state)i), &back), 0);
		assert_int_equal(back, i);
	}
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_true(strlen(outcome_name((enum outcome)i)) > 0);
	enum step_state untouched = STEP_STATE_READY;
	assert_int_equal(step_state_parse("done", &untouched), ERR_NOT_FOUND);
	assert_int_equal(untouched, STEP_STATE_READY);
}

static void only_succeeded_and_cached_let_children_go_on(void **state)
{
	(void)state;
	for (int i = 0; i < STEP_STATE_COUNT; i++) {
		enum step_state s = (enum step_state)i;
		assert_int_equal(step_state_is_success(s),
				 s == STEP_STATE_SUCCEEDED || s == STEP_STATE_CACHED);
		if (step_state_is_success(s))
			assert_true(step_state_is_terminal(s));
	}
	assert_false(step_state_is_terminal(STEP_STATE_BLOCKED));
	assert_true(step_state_is_terminal(STEP_STATE_LOST));
	assert_false(run_state_is_terminal(RUN_STATE_QUEUED));
	assert_true(run_state_is_terminal(RUN_STATE_CANCELLED));
}

static void a_step_id_holds_run_and_index(void **state)
{
	(void)state;
	uint64_t id = step_id(42, 0xffffff);
	assert_int_equal(id, 42u * 16777216ull + 16777215u);
	assert_int_equal(step_id_run(id), 42);
	assert_int_equal(step_id_index(id), 16777215);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_has_a_name_that_reads_back),
		cmocka_unit_test(only_succeeded_and_cached_let_children_go_on),
		cmocka_unit_test(a_step_id_holds_run_and_index),
	};
	return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
