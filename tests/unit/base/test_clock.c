/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock.c - clocks and times */
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/lib/test.h"

static void times_are_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000, "1969-12-31T23:59:59.000Z" },
		{ 951827696789, "2000-02-29T12:34:56.789Z" },
		{ 1795208002123, "2026-11-20T20:53:22.123Z" },
	};
	char text[CLOCK_RFC3339_SIZE];

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		clock_rfc3339(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void the_furthest_times_fit(void **state)
{
	char text[CLOCK_RFC3339_SIZE];

	(void)state;
	clock_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "292278994-08-17T07:12:55.807Z");
	clock_rfc3339(INT64_MIN, text);
	assert_string_equal(text, "-292275055-05-16T16:47:04.192Z");
}

static void the_clocks_agree_on_how_long_a_moment_is(void **state)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	int64_t wall = clock_wall_ms();
	int64_t mono = clock_mono_us();
	int64_t boot = clock_boot_ms();

	(void)state;
	assert_int_equal(wall / 1000, time(NULL));
	nanosleep(&moment, NULL);
	assert_in_range(clock_mono_us() - mono, 20000, 10000000);
	assert_in_range(clock_boot_ms() - boot, 19, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
		cmocka_unit_test(the_furthest_times_fit),
		cmocka_unit_test(the_clocks_agree_on_how_long_a_moment_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
