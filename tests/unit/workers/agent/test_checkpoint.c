/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: what one attempt leaves there the next one finds, until one succeeds. */
#include <signal.h>
#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"

static struct fake fake;

static int start(void **state)
{
	fake_start(&fake, &(struct fake_options){ .is_isolated = true });
	*state = &fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	return 0;
}

static struct wire_grant attempt(uint32_t n, const char *script)
{
	struct wire_grant g = fake_grant(1, script);

	g.attempt = n;
	g.lease.fence += n;
	return g;
}

static void a_failed_attempt_leaves_it_a_successful_one_does_not(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = attempt(1, "echo half > $INGOT_CHECKPOINT/state; exit 1");

	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_FAILED);
	assert_string_equal(fake_read(f, "checkpoints/1-0/state"), "half\n");
	g = attempt(2,
		    "cat $INGOT_CHECKPOINT/state; echo more >> $INGOT_CHECKPOINT/state; exit 75");
	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_RETRY);
	assert_string_equal(fake_read(f, "checkpoints/1-0/state"), "half\nmore\n");
	g = attempt(3, "cat $INGOT_CHECKPOINT/state");
	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_SUCCEEDED);
	assert_string_equal(fake_read(f, "logs/1/1-1.log"), "half\nmore\n"); /* one name for all */
	assert_false(fake_has(f, "checkpoints/1-0"));
}

static void attempts_without_one_leave_none(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = attempt(1, "exit 1");

	fake_run(f, &g);
	g = attempt(2, "exit 1");
	g.lease.step_id++;
	g.checkpoint = "1-1";
	fake_run(f, &g);
	assert_false(fake_has(f, "checkpoints/1-0"));
}

/* It is moved to its place while the step runs and goes on writing. */
static void it_survives_a_killed_worker(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = attempt(1, "cd $INGOT_CHECKPOINT; echo 1 > a; sleep 0.4; echo 2 > b;"
					 "echo 3 > $INGOT_CHECKPOINT/c; : > d; sleep 30");

	fake_send_grant(f, &g);
	fake_await_file(f, "checkpoints/1-0/d");
	kill(f->worker, SIGKILL);
	fake_wait_worker(f);
	assert_string_equal(fake_read(f, "checkpoints/1-0/a"), "1\n");
	assert_string_equal(fake_read(f, "checkpoints/1-0/b"), "2\n");
	assert_string_equal(fake_read(f, "checkpoints/1-0/c"), "3\n");
	fake_hang_up(f, true);
	fake_start_worker(f);
	g = attempt(2, "ls $INGOT_CHECKPOINT");
	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_SUCCEEDED);
	assert_non_null(strstr(fake_read(f, "logs/1/1-1.log"), "a\nb\nc\n"));
	assert_false(fake_has(f, "checkpoints/1-0"));
}

static void one_moved_while_it_ran_is_removed_after_success(void **state)
{
	struct fake *f = *state;
	struct wire_grant g =
		attempt(1, "echo 1 > $INGOT_CHECKPOINT/a; sleep 0.3; cat $INGOT_CHECKPOINT/a");
	struct wire_complete m;

	fake_send_grant(f, &g);
	fake_await_file(f, "checkpoints/1-0/a");
	m = fake_await_complete(f);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
	assert_false(fake_has(f, "checkpoints/1-0"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_failed_attempt_leaves_it_a_successful_one_does_not),
		TEST(attempts_without_one_leave_none),
		TEST(it_survives_a_killed_worker),
		TEST(one_moved_while_it_ran_is_removed_after_success),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
