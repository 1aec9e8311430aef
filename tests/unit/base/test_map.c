/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c - two hash maps, against what they are told */
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "tests/lib/test.h"

static void *number(size_t n)
{
	return (void *)(uintptr_t)n;
}

static const char *key_of(size_t n)
{
	static char key[32];

	snprintf(key, sizeof(key), "key-%zu", n);
	return key;
}

static void an_empty_map_has_nothing(void **state)
{
	struct map m = MAP_INIT;
	struct map_entry *e;
	size_t i = 0;

	(void)state;
	assert_null(map_get(&m, "a"));
	assert_false(map_has(&m, "a"));
	assert_null(map_remove(&m, "a"));
	assert_false(map_next(&m, &i, &e));
	map_finish(&m);
}

static void setting_replaces_and_returns_what_was_there(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	assert_null(map_set(&m, "a", number(1)));
	assert_ptr_equal(map_set(&m, "a", number(2)), number(1));
	assert_ptr_equal(map_get(&m, "a"), number(2));
	assert_int_equal(m.live, 1);
	assert_null(map_set(&m, "", number(3)));
	assert_ptr_equal(map_get(&m, ""), number(3));
	map_finish(&m);
}

static void a_key_without_a_value_is_there(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	map_set(&m, "a", NULL);
	assert_true(map_has(&m, "a"));
	assert_null(map_get(&m, "a"));
	map_finish(&m);
}

static void keys_are_copied(void **state)
{
	struct map m = MAP_INIT;
	char key[] = "mine";

	(void)state;
	map_set(&m, key, number(1));
	key[0] = 'x';
	assert_ptr_equal(map_get(&m, "mine"), number(1));
	assert_false(map_has(&m, key));
	map_finish(&m);
}

/* Whether iteration yields exactly the keys first, first + stride ... below end. */
static void assert_order(const struct map *m, size_t first, size_t end, size_t stride)
{
	struct map_entry *e;
	size_t expected = first;

	for (size_t i = 0; map_next(m, &i, &e); expected += stride) {
		assert_string_equal(e->key, key_of(expected));
		assert_ptr_equal(e->value, number(expected));
	}
	assert_true(expected >= end && expected < end + stride);
}

static void order_of_insertion_survives_growth_and_removal(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	for (size_t n = 0; n < 5000; n++)
		map_set(&m, key_of(n), number(n));
	assert_order(&m, 0, 5000, 1);
	for (size_t n = 0; n < 5000; n += 2)
		assert_ptr_equal(map_remove(&m, key_of(n)), number(n));
	assert_int_equal(m.live, 2500);
	assert_order(&m, 1, 5000, 2);
	for (size_t n = 5001; n < 9000; n += 2)
		map_set(&m, key_of(n), number(n));
	assert_order(&m, 1, 9000, 2);
	for (size_t n = 0; n < 9000; n++)
		assert_ptr_equal(map_get(&m, key_of(n)), n % 2 ? number(n) : NULL);
	map_finish(&m);
}

static void a_removed_key_can_come_back_at_the_end(void **state)
{
	struct map m = MAP_INIT;
	struct map_entry *e;
	size_t i = 0;

	(void)state;
	map_set(&m, "a", number(1));
	map_set(&m, "b", number(2));
	map_remove(&m, "a");
	map_set(&m, "a", number(3));
	assert_true(map_next(&m, &i, &e));
	assert_string_equal(e->key, "b");
	assert_true(map_next(&m, &i, &e));
	assert_string_equal(e->key, "a");
	assert_false(map_next(&m, &i, &e));
	map_finish(&m);
}

static void coming_and_going_does_not_grow_it(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	for (size_t n = 0; n < 100000; n++) {
		map_set(&m, key_of(n), number(n));
		map_remove(&m, key_of(n));
	}
	assert_int_equal(m.live, 0);
	assert_true(m.index_size <= 64);
	assert_true(m.cap <= 64);
	map_finish(&m);
}

static void ids_are_found_until_removed(void **state)
{
	struct idmap m = IDMAP_INIT;

	(void)state;
	assert_null(idmap_get(&m, 1));
	assert_null(idmap_remove(&m, 1));
	assert_null(idmap_set(&m, 1, number(10)));
	assert_ptr_equal(idmap_set(&m, 1, number(11)), number(10));
	assert_int_equal(m.live, 1);
	assert_null(idmap_set(&m, UINT64_MAX, number(12)));
	assert_ptr_equal(idmap_get(&m, UINT64_MAX), number(12));
	assert_null(idmap_get(&m, 0));
	assert_ptr_equal(idmap_remove(&m, 1), number(11));
	assert_null(idmap_get(&m, 1));
	assert_int_equal(m.live, 1);
	idmap_finish(&m);
}

/* A small range of ids, so that they come, go and collide; a plain array is the truth. */
static void a_long_history_agrees_with_an_array(void **state)
{
	enum { IDS = 600, STEPS = 200000 };
	static void *truth[IDS + 1];
	struct idmap m = IDMAP_INIT;
	uint64_t random = 42;
	size_t live = 0;

	(void)state;
	for (size_t step = 1; step <= STEPS; step++) {
		size_t id;

		random = random * 6364136223846793005u + 1442695040888963407u;
		id = 1 + (random >> 33) % IDS;
		if (random >> 63) {
			assert_ptr_equal(idmap_set(&m, id, number(step)), truth[id]);
			live += !truth[id];
			truth[id] = number(step);
		} else {
			assert_ptr_equal(idmap_remove(&m, id), truth[id]);
			live -= truth[id] != NULL;
			truth[id] = NULL;
		}
		assert_int_equal(m.live, live);
	}
	for (size_t id = 1; id <= IDS; id++)
		assert_ptr_equal(idmap_get(&m, id), truth[id]);
	idmap_finish(&m);
}

static void iteration_meets_each_id_once(void **state)
{
	struct idmap m = IDMAP_INIT;
	uint64_t sum = 0;
	uint64_t id;
	void *value;
	size_t seen = 0;

	(void)state;
	for (uint64_t n = 1; n <= 1000; n++)
		idmap_set(&m, n << 32, number(n));
	for (size_t i = 0; idmap_next(&m, &i, &id, &value); seen++) {
		assert_ptr_equal(value, number(id >> 32));
		sum += id >> 32;
	}
	assert_int_equal(seen, 1000);
	assert_int_equal(sum, 500500);
	idmap_finish(&m);
}

static void set_id_zero(void *arg)
{
	idmap_set(arg, 0, arg);
}

static void set_nothing(void *arg)
{
	idmap_set(arg, 1, NULL);
}

static void id_zero_and_no_value_are_bugs(void **state)
{
	struct idmap m = IDMAP_INIT;

	(void)state;
	assert_aborts(set_id_zero, &m);
	assert_aborts(set_nothing, &m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(setting_replaces_and_returns_what_was_there),
		cmocka_unit_test(a_key_without_a_value_is_there),
		cmocka_unit_test(keys_are_copied),
		cmocka_unit_test(order_of_insertion_survives_growth_and_removal),
		cmocka_unit_test(a_removed_key_can_come_back_at_the_end),
		cmocka_unit_test(coming_and_going_does_not_grow_it),
		cmocka_unit_test(ids_are_found_until_removed),
		cmocka_unit_test(a_long_history_agrees_with_an_array),
		cmocka_unit_test(iteration_meets_each_id_once),
		cmocka_unit_test(id_zero_and_no_value_are_bugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
