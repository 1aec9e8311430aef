/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and strings on the wire, and the frames around them. */
#include "workers/wire/codec.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/lib/test.h"
#include "workers/wire/frame.h"

static void numbers_are_little_endian(void **state)
{
	static const uint8_t want[] = { 1, 5, 4, 3, 2, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct buf out = BUF_INIT;

	(void)state;
	wire_put_u8(&out, 1);
	wire_put_u32(&out, 0x02030405);
	wire_put_u64(&out, 0x0102030405060708);
	assert_int_equal(out.len, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));
	buf_finish(&out);
}

static void a_missing_string_is_not_an_empty_one(void **state)
{
	struct buf out = BUF_INIT;
	struct wire_reader r;

	(void)state;
	wire_put_str(&out, NULL);
	wire_put_str(&out, "");
	wire_put_str(&out, "text");
	wire_reader_init(&r, out.data, out.len);
	assert_null(wire_get_str(&r));
	assert_string_equal(wire_get_str(&r), "");
	assert_string_equal(wire_get_str(&r), "text");
	assert_int_equal(wire_reader_finish(&r, "m", NULL), 0);
	buf_finish(&out);
}

static void a_string_with_a_nul_is_refused(void **state)
{
	struct buf out = BUF_INIT;
	struct wire_reader r;

	(void)state;
	wire_put_str(&out, "text");
	out.data[5] = '\0';
	wire_reader_init(&r, out.data, out.len);
	assert_string_equal(wire_get_str(&r), "");
	assert_int_equal(wire_reader_finish(&r, "m", NULL), ERR_PROTOCOL);
	out.data[5] = 'e';
	out.data[8] = '!'; /* where its end was */
	wire_reader_init(&r, out.data, out.len);
	wire_get_str(&r);
	assert_true(r.failed);
	buf_finish(&out);
}

static void a_failed_reader_gives_nothing_more(void **state)
{
	static const uint8_t bytes[] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	struct wire_reader r;

	(void)state;
	wire_reader_init(&r, bytes, sizeof(bytes));
	assert_int_equal(wire_get_enum(&r, 9), 0);
	assert_int_equal(wire_get_u8(&r), 0);
	assert_int_equal(wire_get_u64(&r), 0);
	assert_string_equal(wire_get_str(&r), "");
	assert_int_equal(wire_reader_finish(&r, "m", NULL), ERR_PROTOCOL);
}

static void no_count_promises_more_than_there_is(void **state)
{
	struct buf out = BUF_INIT;
	struct wire_reader r;

	(void)state;
	wire_put_u32(&out, 3);
	wire_put_u64(&out, 0);
	wire_put_u32(&out, 0);
	wire_reader_init(&r, out.data, out.len);
	assert_int_equal(wire_get_count(&r, 4), 3);
	assert_false(r.failed);
	wire_reader_init(&r, out.data, out.len);
	assert_int_equal(wire_get_count(&r, 5), 0);
	assert_true(r.failed);
	buf_finish(&out);
}

static void frames_are_found_in_a_stream(void **state)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct frame f;
	size_t first;

	(void)state;
	frame_put(&out, FRAME_WORKER_REGISTER, "abc", 3);
	first = out.len;
	frame_put(&out, FRAME_SCHEDULER_WORKER_DRAIN, "", 0);
	for (size_t len = 0; len < first; len++)
		assert_int_equal(frame_next(out.data, len, &f, &err), 0);
	assert_int_equal(frame_next(out.data, out.len, &f, &err), first);
	assert_int_equal(f.type, FRAME_WORKER_REGISTER);
	assert_int_equal(f.len, 3);
	assert_memory_equal(f.payload, "abc", 3);
	assert_int_equal(frame_next(out.data + first, out.len - first, &f, &err),
			 FRAME_HEADER_SIZE);
	assert_int_equal(f.type, FRAME_SCHEDULER_WORKER_DRAIN);
	assert_int_equal(f.len, 0);
	buf_finish(&out);
}

static void a_frame_of_no_type_or_too_long_is_refused_by_its_header(void **state)
{
	static const char unknown[] = { 0, 0, 0, 0, (char)FRAME_COUNT };
	static const char huge[] = { 1, 0, 0, 4, FRAME_CLIENT_REQUEST }; /* 64 MiB and a byte */
	struct err err = ERR_INIT;
	struct frame f;

	(void)state;
	assert_int_equal(frame_next(unknown, sizeof(unknown), &f, &err), ERR_PROTOCOL);
	assert_string_equal(err.text, "unknown message type 19");
	assert_int_equal(frame_next(huge, sizeof(huge), &f, &err), ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "client.request of 67108865 bytes is over the limit"));
}

static void frames_have_names(void **state)
{
	(void)state;
	for (int t = 0; t < FRAME_COUNT; t++)
		assert_non_null(strchr(frame_name(t), '.'));
	assert_string_equal(frame_name(FRAME_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_little_endian),
		cmocka_unit_test(a_missing_string_is_not_an_empty_one),
		cmocka_unit_test(a_string_with_a_nul_is_refused),
		cmocka_unit_test(a_failed_reader_gives_nothing_more),
		cmocka_unit_test(no_count_promises_more_than_there_is),
		cmocka_unit_test(frames_are_found_in_a_stream),
		cmocka_unit_test(a_frame_of_no_type_or_too_long_is_refused_by_its_header),
		cmocka_unit_test(frames_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
