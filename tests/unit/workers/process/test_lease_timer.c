/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "workers/process/lease_timer.h"

static int readable_within(const struct lease_timer *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };

	return poll(&p, 1, ms);
}

static void soft_comes_first_then_hard(void **state)
{
	struct lease_timer t;
	int64_t now_ms = clock_boot_ms();

	(void)state;
	assert_int_equal(lease_timer_init(&t), 0);
	lease_timer_set(&t, now_ms + 30, now_ms + 60);
	assert_int_equal(readable_within(&t, 5000), 1);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_SOFT);
	assert_true(clock_boot_ms() >= now_ms + 30);
	assert_int_equal(readable_within(&t, 5000), 1);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_HARD);
	assert_true(clock_boot_ms() >= now_ms + 60);
	lease_timer_finish(&t);
}

static void a_deadline_moved_on_does_not_come_early(void **state)
{
	struct lease_timer t;
	int64_t now_ms = clock_boot_ms();

	(void)state;
	assert_int_equal(lease_timer_init(&t), 0);
	lease_timer_set(&t, now_ms + 20, now_ms + 40);
	lease_timer_set(&t, now_ms + 120, now_ms + 140);
	assert_int_equal(t.armed_ms, now_ms + 20); /* moving on costs nothing */
	assert_int_equal(readable_within(&t, 5000), 1);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_NONE);
	assert_int_equal(t.armed_ms, now_ms + 120);
	assert_int_equal(readable_within(&t, 5000), 1);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_SOFT);
	lease_timer_finish(&t);
}

static void a_lease_in_the_past_is_due_at_once(void **state)
{
	struct lease_timer t;

	(void)state;
	assert_int_equal(lease_timer_init(&t), 0);
	lease_timer_set(&t, 1, 1);
	assert_int_equal(readable_within(&t, 1000), 1);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_HARD);
	lease_timer_finish(&t);
}

static void without_a_lease_nothing_is_due(void **state)
{
	struct lease_timer t;

	(void)state;
	assert_int_equal(lease_timer_init(&t), 0);
	lease_timer_set(&t, 0, 0);
	assert_int_equal(readable_within(&t, 20), 0);
	assert_int_equal(lease_timer_due(&t), LEASE_DUE_NONE);
	lease_timer_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soft_comes_first_then_hard),
		cmocka_unit_test(a_deadline_moved_on_does_not_come_early),
		cmocka_unit_test(a_lease_in_the_past_is_due_at_once),
		cmocka_unit_test(without_a_lease_nothing_is_due),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
