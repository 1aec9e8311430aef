/* SPDX-License-Identifier: Apache-2.0 */
/* Until when a worker may go on. */
#include "workers/agent/lease.h"

#include "tests/lib/test.h"
#include "workers/wire/message.h"

static const struct wire_accept thirty_s = { .epoch = 1, .ttl_ms = 30000 };

static struct lease accepted_at(int64_t now_ms)
{
	struct lease l = { 0 };

	lease_sent(&l, now_ms);
	assert_true(lease_answered(&l, &thirty_s));
	return l;
}

static void deadlines_count_from_what_was_sent(void **state)
{
	struct lease l = accepted_at(1000);

	(void)state;
	assert_int_equal(lease_interval_ms(&l), 5000);
	assert_int_equal(lease_soft_ms(&l), 21000);
	assert_int_equal(lease_hard_ms(&l), 26000);
	assert_int_equal(lease_end_ms(&l), 31000);
	lease_sent(&l, 6000);
	assert_int_equal(lease_soft_ms(&l), 21000);
	lease_answered(&l, &thirty_s);
	assert_int_equal(lease_soft_ms(&l), 26000);
}

static void an_answer_that_is_lost_renews_nothing(void **state)
{
	struct lease l = accepted_at(1000);

	(void)state;
	lease_sent(&l, 6000);
	assert_int_equal(lease_next_ms(&l, true), INT64_MAX);
	lease_unasked(&l);
	assert_int_equal(lease_soft_ms(&l), 21000);
	assert_int_equal(lease_next_ms(&l, true), 11000);
}

static void an_idle_worker_says_little(void **state)
{
	struct lease l = accepted_at(1000);

	(void)state;
	assert_int_equal(lease_next_ms(&l, true), 6000);
	assert_int_equal(lease_next_ms(&l, false), 61000);
}

static void a_grant_after_idleness_has_a_whole_lease(void **state)
{
	struct lease l = accepted_at(1000);

	(void)state;
	lease_granted(&l, 5000);
	assert_int_equal(lease_soft_ms(&l), 21000); /* the heartbeats are good enough */
	lease_granted(&l, 60000);
	assert_int_equal(lease_soft_ms(&l), 80000);
	assert_int_equal(lease_next_ms(&l, true), 6000); /* one is due at once */
	lease_sent(&l, 59000); /* one that was under way */
	lease_answered(&l, &thirty_s);
	assert_int_equal(lease_soft_ms(&l), 80000);
}

static void an_earlier_epoch_has_no_say(void **state)
{
	struct lease l = accepted_at(1000);
	const struct wire_accept later = { .epoch = 3, .ttl_ms = 30000 };

	(void)state;
	lease_sent(&l, 2000);
	assert_true(lease_answered(&l, &later));
	lease_sent(&l, 3000);
	assert_false(lease_answered(&l, &thirty_s));
	assert_int_equal(lease_soft_ms(&l), 22000);
	assert_int_equal(l.epoch, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_count_from_what_was_sent),
		cmocka_unit_test(an_answer_that_is_lost_renews_nothing),
		cmocka_unit_test(an_idle_worker_says_little),
		cmocka_unit_test(a_grant_after_idleness_has_a_whole_lease),
		cmocka_unit_test(an_earlier_epoch_has_no_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
