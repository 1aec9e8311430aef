/* SPDX-License-Identifier: Apache-2.0 */
/* test_mem.c - allocation that does not fail */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/test.h"

static void memory_comes_zeroed(void **state)
{
	static const unsigned char zeros[4096];
	unsigned char *p = mem_array(64, 64);

	(void)state;
	assert_memory_equal(p, zeros, sizeof(zeros));
	free(p);
}

static void nothing_asked_for_still_gives_a_pointer(void **state)
{
	void *none = mem_alloc(0);
	void *no_elements = mem_array(0, 8);

	(void)state;
	assert_non_null(none);
	assert_non_null(no_elements);
	free(none);
	free(no_elements);
}

static void growing_doubles_and_keeps_what_was_there(void **state)
{
	size_t cap = 0;
	int *p = mem_grow(NULL, &cap, 1, sizeof(*p));
	size_t first = cap;

	(void)state;
	assert_true(first >= 1);
	p[0] = 42;
	assert_ptr_equal(mem_grow(p, &cap, first, sizeof(*p)), p);
	assert_int_equal(cap, first);
	p = mem_grow(p, &cap, first + 1, sizeof(*p));
	assert_int_equal(cap, 2 * first);
	assert_int_equal(p[0], 42);
	free(p);
}

static void copies_of_strings_end_where_told(void **state)
{
	char *whole = mem_strdup("ingot");
	char *part = mem_strndup("ingot", 3);
	char *text = mem_printf("%s-%d", "run", 7);

	(void)state;
	assert_string_equal(whole, "ingot");
	assert_string_equal(part, "ing");
	assert_string_equal(text, "run-7");
	assert_null(mem_strdup(NULL));
	free(whole);
	free(part);
	free(text);
}

static void ask_for_too_many(void *arg)
{
	free(mem_array(SIZE_MAX / 2, *(size_t *)arg));
}

static void grow_too_far(void *arg)
{
	size_t cap = 0;

	free(mem_grow(NULL, &cap, SIZE_MAX / 2, *(size_t *)arg));
}

static void an_overflowing_size_aborts(void **state)
{
	size_t size = 16;

	(void)state;
	assert_aborts(ask_for_too_many, &size);
	assert_aborts(grow_too_far, &size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed),
		cmocka_unit_test(nothing_asked_for_still_gives_a_pointer),
		cmocka_unit_test(growing_doubles_and_keeps_what_was_there),
		cmocka_unit_test(copies_of_strings_end_where_told),
		cmocka_unit_test(an_overflowing_size_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
