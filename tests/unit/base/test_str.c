/* SPDX-License-Identifier: Apache-2.0 */
/* test_str.c - strings: tests, UTF-8, suggestions, numbers read */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/test.h"

static void null_equals_only_null(void **state)
{
	(void)state;
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_false(str_eq("a", NULL));
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "ab"));
}

static void starts_and_ends(void **state)
{
	(void)state;
	assert_true(str_starts("sha256:ab", "sha256:"));
	assert_false(str_starts("sha", "sha256:"));
	assert_true(str_ends("model.json", ".json"));
	assert_false(str_ends("json", ".json"));
	assert_true(str_starts("a", "") && str_ends("a", ""));
}

static void utf8_is_judged_strictly(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "plain", true },
		{ "Größe 温度 🜚", true },
		{ "\xf4\x8f\xbf\xbf", true },	/* U+10FFFF, the last */
		{ "\xf4\x90\x80\x80", false },	/* beyond */
		{ "\xc0\xaf", false },		/* overlong '/' */
		{ "\xe0\x9f\xbf", false },	/* overlong, three bytes */
		{ "\xf0\x8f\xbf\xbf", false },	/* overlong, four bytes */
		{ "\xed\xa0\x80", false },	/* a surrogate */
		{ "\xed\x9f\xbf", true },	/* just before them */
		{ "a\x80", false },		/* a continuation alone */
		{ "\xe2\x82", false },		/* cut short */
		{ "\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		if (str_is_utf8(cases[i].text, strlen(cases[i].text)) != cases[i].valid)
			fail_msg("case %zu", i);
}

static void utf8_is_decoded(void **state)
{
	uint32_t c = 0;

	(void)state;
	assert_int_equal(str_utf8_next("A", 1, &c), 1);
	assert_int_equal(c, 'A');
	assert_int_equal(str_utf8_next("ß", 2, &c), 2);
	assert_int_equal(c, 0xdf);
	assert_int_equal(str_utf8_next("€", 3, &c), 3);
	assert_int_equal(c, 0x20ac);
	assert_int_equal(str_utf8_next("🜚", 4, &c), 4);
	assert_int_equal(c, 0x1f71a);
	assert_int_equal(str_utf8_next("€", 2, &c), 0);
	assert_int_equal(str_utf8_next("", 0, &c), 0);
	assert_int_equal(c, 0x1f71a);
}

static void distance_counts_edits_and_swaps(void **state)
{
	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("abc", ""), 3);
	assert_int_equal(str_distance("outputs", "outputs"), 0);
	assert_int_equal(str_distance("ouptuts", "outputs"), 1);
	assert_int_equal(str_distance("output", "outputs"), 1);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("ca", "abc"), 3); /* no edit inside a swap */
}

static void the_nearest_name_is_suggested_if_it_is_near(void **state)
{
	static const char *const names[] = { "inputs", "outputs", "if", "metrics", "matrix" };

	(void)state;
	assert_string_equal(str_suggest("ouputs", names, countof(names)), "outputs");
	assert_string_equal(str_suggest("metrix", names, countof(names)), "matrix");
	assert_string_equal(str_suggest("fi", names, countof(names)), "if");
	assert_null(str_suggest("banana", names, countof(names)));
	assert_null(str_suggest("x", names, countof(names)));
	assert_null(str_suggest("x", NULL, 0));
}

static void whole_numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "0x10", "1.0", "1e3", "--1",
					   "9223372036854775808", "-9223372036854775809" };
	int64_t value = 77;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(str_to_i64(bad[i], &value), ERR_INVALID);
	assert_int_equal(value, 77);
	assert_int_equal(str_to_i64("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(str_to_i64("042", &value), 0);
	assert_int_equal(value, 42);
}

static void unsigned_numbers_have_no_sign(void **state)
{
	uint64_t value = 77;

	(void)state;
	assert_int_equal(str_to_u64("-1", &value), ERR_INVALID);
	assert_int_equal(str_to_u64("18446744073709551616", &value), ERR_INVALID);
	assert_int_equal(value, 77);
	assert_int_equal(str_to_u64("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
}

static void only_finite_decimal_numbers_are_read(void **state)
{
	static const char *const bad[] = { "", "-", "nan", "inf", "1e999", "0x1p3", "1,5", "1.5x",
					   " 1", "+1", "e5", "." };
	double value = 77;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(str_to_double(bad[i], &value), ERR_INVALID);
	assert_true(value == 77);
	assert_int_equal(str_to_double("-1.5e-3", &value), 0);
	assert_true(value == -1.5e-3);
	assert_int_equal(str_to_double("1e-400", &value), 0);
	assert_true(value == 0);
}

static void durations_have_units_from_big_to_small(void **state)
{
	static const char *const bad[] = { "", "10", "s", "1.5h", "-1s", "1s30m", "1m1m", "1m 30s",
					   "1w", "1M", "106751991168d", "99999999999999999999s" };
	int64_t ms = 77;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		if (str_to_duration_ms(bad[i], &ms) != ERR_INVALID)
			fail_msg("'%s' was read as %lld", bad[i], (long long)ms);
	assert_int_equal(ms, 77);
	assert_int_equal(str_to_duration_ms("90s", &ms), 0);
	assert_int_equal(ms, 90000);
	assert_int_equal(str_to_duration_ms("500ms", &ms), 0);
	assert_int_equal(ms, 500);
	assert_int_equal(str_to_duration_ms("1m30s", &ms), 0);
	assert_int_equal(ms, 90000);
	assert_int_equal(str_to_duration_ms("1d2h3m4s5ms", &ms), 0);
	assert_int_equal(ms, 93784005);
}

static void sizes_have_binary_or_decimal_units(void **state)
{
	static const char *const bad[] = { "", "MiB", "-1", "1.5", "1.", ".5GiB", "1 MiB", "512M",
					   "1mib", "18446744073709551616", "16777216TiB",
					   "1.0000001GiB" };
	uint64_t bytes = 77;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		if (str_to_size(bad[i], &bytes) != ERR_INVALID)
			fail_msg("'%s' was read as %llu", bad[i], (unsigned long long)bytes);
	assert_int_equal(bytes, 77);
	assert_int_equal(str_to_size("4096", &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(str_to_size("512MiB", &bytes), 0);
	assert_int_equal(bytes, 512 << 20);
	assert_int_equal(str_to_size("1.5GiB", &bytes), 0);
	assert_int_equal(bytes, 3u << 29);
	assert_int_equal(str_to_size("100MB", &bytes), 0);
	assert_int_equal(bytes, 100000000);
	assert_int_equal(str_to_size("0.25KiB", &bytes), 0);
	assert_int_equal(bytes, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_equals_only_null),
		cmocka_unit_test(starts_and_ends),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(utf8_is_decoded),
		cmocka_unit_test(distance_counts_edits_and_swaps),
		cmocka_unit_test(the_nearest_name_is_suggested_if_it_is_near),
		cmocka_unit_test(whole_numbers_are_read_strictly),
		cmocka_unit_test(unsigned_numbers_have_no_sign),
		cmocka_unit_test(only_finite_decimal_numbers_are_read),
		cmocka_unit_test(durations_have_units_from_big_to_small),
		cmocka_unit_test(sizes_have_binary_or_decimal_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
