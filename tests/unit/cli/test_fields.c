/* SPDX-License-Identifier: Apache-2.0 */
/* test_fields.c - reading answers; words that name runs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/fields.h"
#include "cli/words.h"

static void times_are_read_to_the_millisecond(void **state)
{
	int64_t ms = 5;

	(void)state;
	assert_int_equal(field_parse_time("2026-11-20T20:53:22.123Z", &ms), 0);
	assert_int_equal(ms, INT64_C(1795208002123));
	assert_int_equal(field_parse_time("1970-01-01T00:00:01Z", &ms), 0);
	assert_int_equal(ms, 1000);
	assert_int_equal(field_parse_time("2026-11-20T20:53:22.123+01:00", &ms), ERR_INVALID);
	assert_int_equal(field_parse_time("", &ms), ERR_INVALID);
	assert_int_equal(ms, 1000);
}

static void metrics_are_sorted_and_shortest(void **state)
{
	json_t *metrics =
		json_loads("{\"loss\":0.1,\"accuracy\":0.97,\"n\":3,\"x\\u001b\":1e-7}", 0, NULL);
	struct buf out = BUF_INIT;

	(void)state;
	field_metrics(&out, metrics);
	assert_string_equal(buf_str(&out), "accuracy=0.97 loss=0.1 n=3 x\\x1b=1e-07");
	buf_finish(&out);
	json_decref(metrics);
}

static void a_reason_without_a_message_is_a_sentence(void **state)
{
	json_t *step = json_pack("{s:n, s:s}", "message", "reason", "upstream");

	(void)state;
	assert_string_equal(field_why(step), "a step that it needs did not succeed");
	json_object_set_new(step, "message", json_string("prepare failed"));
	assert_string_equal(field_why(step), "prepare failed");
	assert_string_equal(field_why(NULL), "");
	json_decref(step);
}

static void an_error_keeps_code_text_and_hint(void **state)
{
	json_t *error = json_pack("{s:s, s:s, s:s}", "code", "not_found", "message",
				  "no such run: 7", "hint", "there are 3");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(field_error(error, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "no such run: 7");
	assert_string_equal(err.hint, "there are 3");
	json_decref(error);
}

static void a_run_is_a_number_or_latest(void **state)
{
	struct err err = ERR_INIT;
	json_t *args;

	(void)state;
	assert_int_equal(word_run_step("42/train[rate=0.1]", &args, NULL), 0);
	assert_int_equal(field_int(args, "run"), 42);
	assert_string_equal(field_text(args, "step"), "train[rate=0.1]");
	json_decref(args);
	assert_int_equal(word_run_step("latest", &args, NULL), 0);
	assert_string_equal(field_text(args, "run"), "latest");
	assert_true(json_is_null(json_object_get(args, "step")));
	json_decref(args);
	assert_int_equal(word_run_step("newest/x", &args, &err), ERR_USAGE);
	assert_string_equal(err.text, "'newest' names no run: it is a number, or latest");
	assert_int_equal(word_run_step("0", &args, NULL), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_to_the_millisecond),
		cmocka_unit_test(metrics_are_sorted_and_shortest),
		cmocka_unit_test(a_reason_without_a_message_is_a_sentence),
		cmocka_unit_test(an_error_keeps_code_text_and_hint),
		cmocka_unit_test(a_run_is_a_number_or_latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
