/* SPDX-License-Identifier: Apache-2.0 */
/* test_value.c - scalars are read as YAML 1.2 does, and have one text each */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/expr/value.h"

static void plain_scalars_resolve_by_the_core_schema(void **state)
{
	static const struct {
		const char *text;
		enum value_type type;
		const char *canonical;
	} cases[] = {
		{ "", VALUE_NULL, "null" },
		{ "~", VALUE_NULL, "null" },
		{ "Null", VALUE_NULL, "null" },
		{ "nUll", VALUE_TEXT, "nUll" },
		{ "true", VALUE_BOOL, "true" },
		{ "FALSE", VALUE_BOOL, "false" },
		{ "yes", VALUE_TEXT, "yes" },
		{ "off", VALUE_TEXT, "off" },
		{ "7", VALUE_INT, "7" },
		{ "+7", VALUE_INT, "7" },
		{ "-0", VALUE_INT, "0" },
		{ "007", VALUE_INT, "7" },
		{ "0x1F", VALUE_INT, "31" },
		{ "0o17", VALUE_INT, "15" },
		{ "0x", VALUE_TEXT, "0x" },
		{ "0o8", VALUE_TEXT, "0o8" },
		{ "9223372036854775807", VALUE_INT, "9223372036854775807" },
		{ "1_000", VALUE_TEXT, "1_000" },
		{ "12:30", VALUE_TEXT, "12:30" },
		{ "0.10", VALUE_DOUBLE, "0.1" },
		{ "1.0", VALUE_DOUBLE, "1.0" },
		{ "1.", VALUE_DOUBLE, "1.0" },
		{ ".5", VALUE_DOUBLE, "0.5" },
		{ "-0.0", VALUE_DOUBLE, "0.0" },
		{ "1e3", VALUE_DOUBLE, "1000.0" },
		{ "1e-7", VALUE_DOUBLE, "1e-07" },
		{ "1e", VALUE_TEXT, "1e" },
		{ ".", VALUE_TEXT, "." },
		{ "-", VALUE_TEXT, "-" },
		{ "1.2.3", VALUE_TEXT, "1.2.3" },
		{ "nan", VALUE_TEXT, "nan" },
	};
	struct arena arena = ARENA_INIT;
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct value v;
		struct err err = ERR_INIT;

		assert_int_equal(value_resolve(&arena, cases[i].text, &v, &err), 0);
		assert_string_equal(v.text, cases[i].canonical);
		assert_int_equal(v.type, cases[i].type);
	}
	arena_finish(&arena);
}

static void numbers_that_no_type_holds_are_refused(void **state)
{
	static const char *const texts[] = {
		".inf", "-.INF", ".nan", "1e400", "9223372036854775808", "0xffffffffffffffffff"
	};
	struct arena arena = ARENA_INIT;
	(void)state;

	for (size_t i = 0; i < countof(texts); i++) {
		struct value v;
		struct err err = ERR_INIT;

		assert_int_equal(value_resolve(&arena, texts[i], &v, &err), ERR_INVALID);
		assert_non_null(strstr(err.text, texts[i]));
	}
	arena_finish(&arena);
}

static void an_override_takes_the_type_of_its_parameter(void **state)
{
	struct arena arena = ARENA_INIT;
	struct value v;
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(value_parse(&arena, VALUE_INT, "50", &v, &err), 0);
	assert_int_equal(v.integer, 50);
	assert_int_equal(value_parse(&arena, VALUE_DOUBLE, "1", &v, &err), 0);
	assert_int_equal(v.type, VALUE_DOUBLE);
	assert_string_equal(v.text, "1.0");
	assert_int_equal(value_parse(&arena, VALUE_TEXT, "50", &v, &err), 0);
	assert_int_equal(v.type, VALUE_TEXT);
	assert_int_equal(value_parse(&arena, VALUE_INT, "0.5", &v, &err), ERR_INVALID);
	assert_string_equal(err.text, "'0.5' is not an integer");
	assert_int_equal(value_parse(&arena, VALUE_BOOL, "yes", &v, &err), ERR_INVALID);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_resolve_by_the_core_schema),
		cmocka_unit_test(numbers_that_no_type_holds_are_refused),
		cmocka_unit_test(an_override_takes_the_type_of_its_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
