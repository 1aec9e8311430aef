/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c - JSON written, and read strictly */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/test.h"

static void the_writer_places_commas_and_closers(void **state)
{
	struct buf b = BUF_INIT;
	struct json_writer w = { .out = &b };

	(void)state;
	json_write_object(&w, NULL);
	json_write_string(&w, "name", "train");
	json_write_array(&w, "steps");
	json_write_int(&w, NULL, INT64_MIN);
	json_write_object(&w, NULL);
	json_write_end(&w);
	json_write_array(&w, NULL);
	json_write_end(&w);
	json_write_end(&w);
	json_write_bool(&w, "cached", true);
	json_write_null(&w, "worker");
	json_write_raw(&w, "more", "{\"a\":1}");
	json_write_end(&w);
	assert_int_equal(w.depth, 0);
	assert_string_equal(buf_str(&b), "{\"name\":\"train\",\"steps\":[-9223372036854775808,{},[]],"
					 "\"cached\":true,\"worker\":null,\"more\":{\"a\":1}}");
	buf_finish(&b);
}

static void check_string(const char *value, const char *json)
{
	struct buf b = BUF_INIT;
	struct json_writer w = { .out = &b };

	json_write_string(&w, NULL, value);
	assert_string_equal(buf_str(&b), json);
	buf_finish(&b);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	check_string("plain / Größe", "\"plain / Größe\"");
	check_string("\" \\", "\"\\\" \\\\\"");
	check_string("\b\t\n\f\r\x01\x1f", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\"");
	check_string("a\xff\xe2\x82z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
	check_string(NULL, "null");
}

static void numbers_times_and_digests_have_their_forms(void **state)
{
	struct buf b = BUF_INIT;
	struct json_writer w = { .out = &b };
	struct digest d = { .bytes = { 0xab } };

	(void)state;
	json_write_array(&w, NULL);
	json_write_double(&w, NULL, 0.1);
	json_write_double(&w, NULL, NAN);
	json_write_double(&w, NULL, -INFINITY);
	json_write_time(&w, NULL, 0);
	json_write_time(&w, NULL, 1795208002123);
	json_write_digest(&w, NULL, &d);
	json_write_end(&w);
	assert_string_equal(buf_str(&b),
			    "[0.1,null,null,null,\"2026-11-20T20:53:22.123Z\",\"sha256:ab000000000000"
			    "00000000000000000000000000000000000000000000000000\"]");
	buf_finish(&b);
}

static void keys_are_escaped_too(void **state)
{
	struct buf b = BUF_INIT;
	struct json_writer w = { .out = &b };

	(void)state;
	json_write_object(&w, NULL);
	json_write_int(&w, "a\"b", 1);
	json_write_end(&w);
	assert_string_equal(buf_str(&b), "{\"a\\\"b\":1}");
	buf_finish(&b);
}

static void close_too_often(void *arg)
{
	json_write_end(arg);
}

static void open_too_deep(void *arg)
{
	for (int i = 0; i <= JSON_WRITER_DEPTH; i++)
		json_write_array(arg, NULL);
}

static void a_wrong_nesting_aborts(void **state)
{
	struct buf b = BUF_INIT;
	struct json_writer w = { .out = &b };

	(void)state;
	assert_aborts(close_too_often, &w);
	assert_aborts(open_too_deep, &w);
}

static void valid_text_is_parsed(void **state)
{
	static const char text[] = "{\"loss\": 0.25, \"n\": [1, \"\\u00fc\"]} trailing";
	struct json_t *value = NULL;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text) - strlen(" trailing"), &value, NULL), 0);
	assert_true(json_number_value(json_object_get(value, "loss")) == 0.25);
	assert_string_equal(json_string_value(json_array_get(json_object_get(value, "n"), 1)), "ü");
	json_decref(value);
	assert_int_equal(json_parse("12", 2, &value, NULL), 0);
	assert_int_equal(json_integer_value(value), 12);
	json_decref(value);
}

static void what_is_not_strictly_json_is_refused(void **state)
{
	static const char *const bad[] = { "",		     "{",	   "{\"a\":1,\"a\":2}",
					   "NaN",	     "[1,]",	   "1 2",
					   "\"\xff\"",	     "\"\\u0000\"", "[01]",
					   "{'a':1}",	     "1e999",	   "// no\n1",
					   "\"\\ud800\"" };
	struct json_t *value = NULL;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		if (json_parse(bad[i], strlen(bad[i]), &value, NULL) != ERR_INVALID)
			fail_msg("taken: %s", bad[i]);
	assert_null(value);
	assert_int_equal(json_parse("1\0", 2, &value, NULL), ERR_INVALID);
}

static void the_error_names_line_and_column(void **state)
{
	static const char text[] = "{\n  \"a\": \x1b[2J\n}";
	struct json_t *value = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &value, &err), ERR_INVALID);
	assert_true(str_starts(err.text, "line 2, column 8: "));
	assert_null(strchr(err.text, 0x1b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_places_commas_and_closers),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(numbers_times_and_digests_have_their_forms),
		cmocka_unit_test(keys_are_escaped_too),
		cmocka_unit_test(a_wrong_nesting_aborts),
		cmocka_unit_test(valid_text_is_parsed),
		cmocka_unit_test(what_is_not_strictly_json_is_refused),
		cmocka_unit_test(the_error_names_line_and_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
