/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c - a byte buffer that grows */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tests/lib/test.h"

static void an_empty_one_reads_as_an_empty_string(void **state)
{
	struct buf b = BUF_INIT;
	char *taken;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	free(taken);
	buf_clear(&b);
	buf_consume(&b, 0);
	buf_finish(&b);
}

static void appended_bytes_are_followed_by_a_nul(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_append(&b, "a\0b", 3);
	buf_char(&b, 'c');
	buf_str_append(&b, "de");
	buf_append(&b, NULL, 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "a\0bcde", 7);
	buf_finish(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

static void formatting_appends_whatever_the_length(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_str_append(&b, "> ");
	buf_printf(&b, "%0*d", 500, 7);
	assert_int_equal(b.len, 502);
	assert_memory_equal(b.data, "> 0000", 6);
	assert_string_equal(b.data + 498, "0007");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d", i);
	assert_int_equal(b.len, 3502);
	assert_string_equal(b.data + 3502 - 6, "998999");
	buf_finish(&b);
}

static void reserved_room_can_be_written_without_growing(void **state)
{
	struct buf b = BUF_INIT;
	char *before;

	(void)state;
	buf_reserve(&b, 1000);
	before = b.data;
	for (int i = 0; i < 1000; i++)
		buf_char(&b, 'x');
	assert_ptr_equal(b.data, before);
	assert_int_equal(strlen(b.data), 1000);
	buf_finish(&b);
}

static void consuming_drops_from_the_front(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_str_append(&b, "first second");
	buf_consume(&b, 6);
	assert_string_equal(b.data, "second");
	buf_consume(&b, 6);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_finish(&b);
}

static void clearing_keeps_the_memory(void **state)
{
	struct buf b = BUF_INIT;
	size_t cap;

	(void)state;
	buf_printf(&b, "%0*d", 100, 7);
	cap = b.cap;
	buf_clear(&b);
	assert_int_equal(b.cap, cap);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_finish(&b);
}

static void taking_hands_the_string_over(void **state)
{
	struct buf b = BUF_INIT;
	char *taken;

	(void)state;
	buf_str_append(&b, "mine");
	taken = buf_take(&b);
	assert_string_equal(taken, "mine");
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
	free(taken);
}

static void consume_too_much(void *arg)
{
	buf_consume(arg, 4);
}

static void consuming_more_than_there_is_aborts(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_str_append(&b, "abc");
	assert_aborts(consume_too_much, &b);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_reads_as_an_empty_string),
		cmocka_unit_test(appended_bytes_are_followed_by_a_nul),
		cmocka_unit_test(formatting_appends_whatever_the_length),
		cmocka_unit_test(reserved_room_can_be_written_without_growing),
		cmocka_unit_test(consuming_drops_from_the_front),
		cmocka_unit_test(clearing_keeps_the_memory),
		cmocka_unit_test(taking_hands_the_string_over),
		cmocka_unit_test(consuming_more_than_there_is_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
