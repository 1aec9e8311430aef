/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that break, schedulers that die, workers that are killed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"

static struct fake fake;

static int start(void **state)
{
	fake_start(&fake, &(struct fake_options){ .is_isolated = true });
	*state = &fake;
	return 0;
}

static int start_short(void **state)
{
	fake_start(&fake, &(struct fake_options){ .ttl_ms = 1200, .is_isolated = true });
	*state = &fake;
	return 0;
}

/* A machine that is busy may keep everybody waiting for a second. */
static int start_patient(void **state)
{
	fake_start(&fake, &(struct fake_options){ .ttl_ms = 3600, .is_isolated = true });
	*state = &fake;
	return 0;
}

static int start_local(void **state)
{
	fake_start(&fake, &(struct fake_options){ .ttl_ms = 600, .is_local = true });
	*state = &fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	return 0;
}

static int finish(void **state)
{
	fake_finish(*state);
	return 0;
}

/* How many processes of the machine have this in their command line. */
static int count_alive(const char *token)
{
	char command[128];
	FILE *p;
	int n = -1;

	/* The brackets keep the pattern from finding itself. */
	snprintf(command, sizeof(command), "pgrep -fc '[%c]%s'", token[0], token + 1);
	p = popen(command, "r");
	assert_int_equal(fscanf(p, "%d", &n), 1);
	pclose(p);
	return n;
}

static void await_none(const char *token, int64_t within_ms)
{
	int64_t until_us = clock_mono_us() + within_ms * 1000;

	while (count_alive(token) > 0) {
		if (clock_mono_us() > until_us)
			fail_msg("%s is still there after %d ms", token, (int)within_ms);
		fake_sleep_ms(10);
	}
}

static void a_step_outlives_a_connection(void **state)
{
	struct fake *f = *state;
	struct wire_session first = f->last_register.session;
	struct wire_grant g = fake_grant(1, "echo up; until test -e go; do sleep 0.01; done");
	struct wire_complete m;

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_hang_up(f, true);
	fake_meet(f);
	assert_memory_equal(f->last_register.session.bytes, first.bytes, sizeof(first.bytes));
	assert_int_equal(f->last_register.lease_count, 1);
	assert_int_equal(f->last_register.leases[0].step_id, g.lease.step_id);
	assert_int_equal(f->last_register.leases[0].fence, g.lease.fence);
	fake_accept(f);
	assert_int_equal(fake_await_lease(f, FRAME_WORKER_STEP_START).step_id, g.lease.step_id);
	fake_touch_work(f, "go");
	m = fake_await_complete(f);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
}

static void a_completion_is_repeated_until_it_is_answered(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "exit 4");
	struct frame first, second, none;

	fake_send_grant(f, &g);
	first = fake_await(f, FRAME_WORKER_STEP_COMPLETE);
	for (int i = 0; i < 2; i++) {
		fake_hang_up(f, true);
		fake_meet(f);
		assert_int_equal(f->last_register.lease_count, 1);
		fake_accept(f);
		second = fake_await(f, FRAME_WORKER_STEP_COMPLETE);
		assert_int_equal(second.len, first.len);
		assert_memory_equal(second.payload, first.payload, first.len);
	}
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	fake_sleep_ms(50);
	fake_hang_up(f, true);
	fake_meet(f);
	assert_int_equal(f->last_register.lease_count, 0);
	fake_accept(f);
	assert_false(fake_next(f, 100, &none));
}

static void an_end_while_nobody_listens_is_told_later(void **state)
{
	struct fake *f = *state;
	struct wire_grant g =
		fake_grant(1, "echo up; sleep 0.1; echo '{\"loss\": 1}' >> $INGOT_METRICS; exit 4");
	struct frame frame;
	struct wire_complete m;

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_hang_up(f, false);
	fake_sleep_ms(300);
	fake_hang_up(f, true);
	fake_meet(f);
	fake_accept(f);
	assert_true(fake_next(f, 2000, &frame));
	if (frame.type == FRAME_WORKER_STEP_START)
		assert_true(fake_next(f, 2000, &frame));
	assert_int_equal(frame.type, FRAME_WORKER_STEP_POINTS);
	m = fake_await_complete(f);
	assert_int_equal(m.exit_code, 4);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
}

static void an_older_scheduler_is_not_obeyed(void **state)
{
	struct fake *f = *state;

	f->epoch = 5;
	fake_hang_up(f, true);
	fake_meet(f);
	fake_accept(f);
	fake_hang_up(f, true);
	fake_meet(f);
	f->epoch = 4;
	fake_accept(f);
	f->fd = (close(f->fd), -1); /* the worker hangs up as well, and comes again */
	fake_meet(f);
	f->epoch = 5;
	fake_accept(f);
}

static void heartbeats_keep_a_step_alive(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "sleep 4.2");
	struct wire_complete m;

	fake_send_grant(f, &g);
	m = fake_await_complete(f);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_in_range(f->heartbeats, 3, 12); /* every 600 ms */
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
}

/* The guard ends it at 5/6 of the TTL at the latest, and nobody hears of it. */
static void a_step_ends_with_its_lease(void **state)
{
	struct fake *f = *state;
	struct wire_grant g =
		fake_grant(1, "trap '' TERM; echo up; : lease-token; while :; do sleep 0.01; done");
	struct wire_complete m;

	f->is_deaf = true;
	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	assert_int_equal(count_alive("lease-token"), 1);
	await_none("lease-token", 3000);
	f->is_deaf = false;
	fake_hang_up(f, true);
	fake_meet(f);
	assert_int_equal(f->last_register.lease_count, 0);
	fake_accept(f);
	g = fake_grant(2, ":");
	m = fake_run(f, &g);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_int_equal(m.lease.step_id, g.lease.step_id);
}

static void a_killed_worker_leaves_no_process_and_the_next_no_folder(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(
		1, "(setsid sh -c 'echo up; while :; do sleep 0.01; done; : kill-token' &);"
		   "touch here; while :; do sleep 0.01; done; : kill-token");
	char left[128];

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	assert_true(count_alive("kill-token") >= 1);
	snprintf(left, sizeof(left), "work/w.%d/0/work/here", (int)f->worker);
	kill(f->worker, SIGKILL);
	assert_int_equal(fake_wait_worker(f), 128 + SIGKILL);
	await_none("kill-token", 2000);
	assert_true(fake_has(f, left));
	*strchr(left + strlen("work/"), '/') = '\0';
	fake_hang_up(f, true);
	fake_start_worker(f);
	assert_false(fake_has(f, left));
}

static void a_lonely_local_worker_leaves(void **state)
{
	struct fake *f = *state;
	int64_t since_us = clock_mono_us();

	fake_hang_up(f, false);
	assert_int_equal(fake_wait_worker(f), 0);
	assert_in_range(clock_mono_us() - since_us, 1900000, 4000000);
}

static void a_terminated_worker_takes_its_step_along(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "echo up; : term-token; while :; do sleep 0.01; done");

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	kill(f->worker, SIGTERM);
	assert_int_equal(fake_wait_worker(f), 0);
	await_none("term-token", 100);
	assert_string_equal(fake_read(f, "logs/1/1-1.log"), "up\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_step_outlives_a_connection, start, stop),
		cmocka_unit_test_setup_teardown(a_completion_is_repeated_until_it_is_answered,
						start, stop),
		cmocka_unit_test_setup_teardown(an_end_while_nobody_listens_is_told_later, start,
						stop),
		cmocka_unit_test_setup_teardown(an_older_scheduler_is_not_obeyed, start, stop),
		cmocka_unit_test_setup_teardown(heartbeats_keep_a_step_alive, start_patient, stop),
		cmocka_unit_test_setup_teardown(a_step_ends_with_its_lease, start_short, stop),
		cmocka_unit_test_setup_teardown(
			a_killed_worker_leaves_no_process_and_the_next_no_folder, start, stop),
		cmocka_unit_test_setup_teardown(a_lonely_local_worker_leaves, start_local, finish),
		cmocka_unit_test_setup_teardown(a_terminated_worker_takes_its_step_along, start,
						finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
