/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c - memory that is freed at once */
#include <string.h>

#include "base/arena.h"
#include "tests/lib/test.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *kept[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		kept[i] = arena_alloc(&a, i);
		assert_int_equal((uintptr_t)kept[i] % 16, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(kept[i][j], 0);
		memset(kept[i], (int)i, i);
	}
	for (size_t i = 1; i < 200; i++) {
		assert_int_equal(kept[i][0], i);
		assert_int_equal(kept[i][i - 1], i);
	}
	assert_true(a.used_bytes >= 199 * 200 / 2);
	arena_finish(&a);
}

static void something_larger_than_a_chunk_fits(void **state)
{
	struct arena a = ARENA_INIT;
	char *small = arena_strdup(&a, "small");
	char *large = arena_alloc(&a, 1 << 20);

	(void)state;
	memset(large, 'x', 1 << 20);
	assert_string_equal(small, "small");
	assert_string_equal(arena_strdup(&a, "after"), "after");
	assert_int_equal(large[(1 << 20) - 1], 'x');
	arena_finish(&a);
}

static void copies_and_texts_are_its_own(void **state)
{
	struct arena a = ARENA_INIT;
	char source[] = "source";
	char *copy = arena_copy(&a, source, 3);
	char *part = arena_strndup(&a, source, 4);
	char *text = arena_printf(&a, "%s/%d.%s", "42", 1, "model");

	(void)state;
	memset(source, '-', sizeof(source));
	assert_memory_equal(copy, "sou", 3);
	assert_string_equal(part, "sour");
	assert_string_equal(text, "42/1.model");
	assert_null(arena_strdup(&a, NULL));
	arena_finish(&a);
}

static void a_finished_one_is_usable_again(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	arena_alloc(&a, 100);
	arena_finish(&a);
	assert_int_equal(a.used_bytes, 0);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_finish(&a);
}

static void ask_for_too_many(void *arg)
{
	arena_array(arg, SIZE_MAX / 2, 16);
}

static void an_overflowing_array_aborts(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_aborts(ask_for_too_many, &a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(something_larger_than_a_chunk_fits),
		cmocka_unit_test(copies_and_texts_are_its_own),
		cmocka_unit_test(a_finished_one_is_usable_again),
		cmocka_unit_test(an_overflowing_array_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
