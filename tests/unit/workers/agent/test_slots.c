/* SPDX-License-Identifier: Apache-2.0 */
/* Several attempts at once, and those that wait their turn. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"

static struct fake fake;

static int start_two(void **state)
{
	fake_start(&fake, &(struct fake_options){ .slots = 2 });
	*state = &fake;
	return 0;
}

static int start_one(void **state)
{
	fake_start(&fake, &(struct fake_options){ .slots = 1 });
	*state = &fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	return 0;
}

static void await_recorded(struct fake *f, uint32_t n)
{
	struct wire_complete m = fake_await_complete(f);

	assert_int_equal(step_id_index(m.lease.step_id), n);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
}

/* Each waits for the other's file: neither ends unless both run. */
static void two_slots_work_at_once(void **state)
{
	struct fake *f = *state;
	struct wire_complete m;
	char a[256], b[256];

	snprintf(a, sizeof(a), "touch %s/a; until test -e %s/b; do sleep 0.01; done", f->home,
		 f->home);
	snprintf(b, sizeof(b), "touch %s/b; until test -e %s/a; do sleep 0.01; done", f->home,
		 f->home);
	fake_send_grant(f, &(struct wire_grant[]){ fake_grant(1, a) }[0]);
	fake_send_grant(f, &(struct wire_grant[]){ fake_grant(2, b) }[0]);
	for (int i = 0; i < 2; i++) {
		m = fake_await_complete(f);
		assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
		fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
	}
}

static void steps_granted_ahead_run_in_order(void **state)
{
	struct fake *f = *state;

	for (uint32_t n = 0; n < 6; n++) {
		struct wire_grant g = fake_grant(n, "sleep 0.03");

		fake_send_grant(f, &g);
	}
	for (uint32_t n = 0; n < 6; n++)
		await_recorded(f, n);
}

static void steps_stuck_behind_a_long_one_go_back(void **state)
{
	struct fake *f = *state;
	struct wire_grant first = fake_grant(1, "echo up; until test -e go; do sleep 0.01; done");
	struct wire_grant second = fake_grant(2, "echo second");
	struct wire_lease back;
	int64_t since_us;

	fake_send_grant(f, &first);
	fake_await_file(f, "logs/1/1-1.log");
	since_us = clock_mono_us();
	fake_send_grant(f, &second);
	back = fake_await_lease(f, FRAME_WORKER_STEP_RELEASE);
	assert_int_equal(back.step_id, second.lease.step_id);
	assert_true(digest_eq(&back.nonce, &second.lease.nonce));
	assert_in_range(clock_mono_us() - since_us, 90000, 5000000);
	fake_answer(f, &back, WIRE_VERDICT_RELEASED);
	fake_touch_work(f, "go");
	await_recorded(f, 1);
	assert_false(fake_has(f, "logs/1/2-1.log"));
}

static void a_waiting_step_that_is_cancelled_never_starts(void **state)
{
	struct fake *f = *state;
	struct wire_grant first = fake_grant(1, "sleep 0.08");
	struct wire_grant second = fake_grant(2, "echo second");
	struct wire_complete m;

	fake_send_grant(f, &first);
	fake_send_grant(f, &second);
	fake_send_lease(f, FRAME_SCHEDULER_STEP_CANCEL, &second.lease);
	m = fake_await_complete(f);
	assert_int_equal(m.lease.step_id, second.lease.step_id);
	assert_int_equal(m.outcome, OUTCOME_CANCELLED);
	assert_int_equal(m.exit_code, -1);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
	await_recorded(f, 1);
	assert_false(fake_has(f, "logs/1/2-1.log"));
}

static void a_waiting_step_that_is_fenced_is_forgotten(void **state)
{
	struct fake *f = *state;
	struct wire_grant grants[] = { fake_grant(1, "sleep 0.05"), fake_grant(2, "exit 1"),
				       fake_grant(3, ":") };

	for (int i = 0; i < 3; i++)
		fake_send_grant(f, &grants[i]);
	fake_answer(f, &grants[1].lease, WIRE_VERDICT_FENCED);
	await_recorded(f, 1);
	await_recorded(f, 3);
}

static void the_same_grant_twice_is_one(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "sleep 0.05");
	struct frame frame;

	fake_send_grant(f, &g);
	fake_send_grant(f, &g);
	await_recorded(f, 1);
	assert_false(fake_next(f, 150, &frame));
}

static void a_drained_worker_gives_back_what_waits_and_finishes_what_runs(void **state)
{
	struct fake *f = *state;
	struct wire_grant first = fake_grant(1, "echo up; sleep 0.3"), second = fake_grant(2, ":");
	struct wire_grant third = fake_grant(3, ":");
	struct buf none = BUF_INIT;

	fake_send_grant(f, &first);
	fake_await_file(f, "logs/1/1-1.log");
	fake_send_grant(f, &second);
	fake_send(f, FRAME_SCHEDULER_WORKER_DRAIN, &none);
	fake_send_grant(f, &third);
	assert_int_equal(fake_await_lease(f, FRAME_WORKER_STEP_RELEASE).step_id,
			 second.lease.step_id);
	assert_int_equal(fake_await_lease(f, FRAME_WORKER_STEP_RELEASE).step_id,
			 third.lease.step_id);
	await_recorded(f, 1);
	assert_int_equal(fake_wait_worker(f), 0);
	fake_finish(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_slots_work_at_once, start_two, stop),
		cmocka_unit_test_setup_teardown(steps_granted_ahead_run_in_order, start_one, stop),
		cmocka_unit_test_setup_teardown(steps_stuck_behind_a_long_one_go_back, start_one,
						stop),
		cmocka_unit_test_setup_teardown(a_waiting_step_that_is_cancelled_never_starts,
						start_one, stop),
		cmocka_unit_test_setup_teardown(a_waiting_step_that_is_fenced_is_forgotten,
						start_one, stop),
		cmocka_unit_test_setup_teardown(the_same_grant_twice_is_one, start_two, stop),
		cmocka_unit_test_setup(
			a_drained_worker_gives_back_what_waits_and_finishes_what_runs, start_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
