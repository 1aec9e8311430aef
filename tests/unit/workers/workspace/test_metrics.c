/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c - numbers of a metrics file, flat and nested; nonsense is refused by line */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "workers/wire/message.h"
#include "workers/workspace/metrics.h"

struct parsed {
	struct arena arena;
	struct wire_metric *metrics;
	uint32_t count;
	struct err err;
};

static int parse(struct parsed *p, const char *text)
{
	*p = (struct parsed){ .count = 77 };
	return metrics_parse("metrics.json", text, strlen(text), &p->arena, &p->metrics, &p->count,
			     &p->err);
}

static void flat_and_nested_numbers_are_read_in_order(void **state)
{
	struct parsed p;
	(void)state;

	assert_int_equal(parse(&p, "{\"loss\": 0.25, \"test\": {\"accuracy\": 1, \"n\": -3e2,"
				   " \"by\": {\"class\": {\"Adelie\": 0.5}}}, \"a.b\": 7}"),
			 0);
	assert_int_equal(p.count, 5);
	assert_string_equal(p.metrics[0].name, "loss");
	assert_true(p.metrics[0].value == 0.25);
	assert_string_equal(p.metrics[1].name, "test.accuracy");
	assert_true(p.metrics[1].value == 1.0);
	assert_string_equal(p.metrics[2].name, "test.n");
	assert_true(p.metrics[2].value == -300.0);
	assert_string_equal(p.metrics[3].name, "test.by.class.Adelie");
	assert_string_equal(p.metrics[4].name, "a.b");
	arena_finish(&p.arena);
}

static void what_is_no_number_is_passed_over(void **state)
{
	struct parsed p;
	(void)state;

	assert_int_equal(parse(&p, "{\"model\": \"forest\", \"ok\": true, \"none\": null, \"loss\": 1,"
				   " \"confusion\": [[1, 2], [3, 4]], \"empty\": {}}"),
			 0);
	assert_int_equal(p.count, 1);
	assert_string_equal(p.metrics[0].name, "loss");
	arena_finish(&p.arena);
	assert_int_equal(parse(&p, "{}"), 0);
	assert_int_equal(p.count, 0);
	arena_finish(&p.arena);
}

static void refused(const char *text, int code, const char *message)
{
	struct parsed p;

	assert_int_equal(parse(&p, text), code);
	if (!strstr(p.err.text, message))
		fail_msg("'%s' instead of '%s'", p.err.text, message);
	assert_int_equal(p.count, 77);
	assert_null(p.metrics);
	arena_finish(&p.arena);
}

static void broken_files_are_refused_with_file_and_line(void **state)
{
	struct parsed p;
	(void)state;

	refused("{\n\"loss\": NaN\n}", ERR_INVALID, "metrics file metrics.json: line 2");
	refused("{\n\"a\": 1,\n\"loss\": -Infinity\n}", ERR_INVALID, "metrics.json: line 3");
	refused("{\"a\": 1, \"a\": 2}", ERR_INVALID, "line 1");
	refused("{\"a\": 1e999}", ERR_INVALID, "line 1");
	refused("{\"a\": 1} x", ERR_INVALID, "line 1");
	refused("{\"a\": 1", ERR_INVALID, "line 1");
	refused("", ERR_INVALID, "metrics file metrics.json: line 1");
	refused("[1, 2]", ERR_INVALID, "metrics.json: not an object");
	refused("3", ERR_INVALID, "metrics.json: not an object");
	refused("{\"a\": {\"b\": 1}, \"a.b\": 2}", ERR_INVALID, "'a.b' is there twice");
	refused("{\"\": 1}", ERR_INVALID, "a name that is empty");
	refused("{\"a\\n\": 1}", ERR_INVALID, "control characters");
	assert_int_equal(parse(&p, "{\"loss\": NaN}"), ERR_INVALID);
	assert_string_equal(p.err.hint, "JSON has no NaN and no Infinity: leave such a value out");
	arena_finish(&p.arena);
}

static void limits_hold(void **state)
{
	struct buf text = BUF_INIT;
	struct parsed p;
	(void)state;

	for (int i = 0; i < METRICS_MAX; i++)
		buf_printf(&text, "%s\"m%d\": %d", i ? ", " : "{", i, i);
	buf_char(&text, '}');
	assert_int_equal(parse(&p, buf_str(&text)), 0);
	assert_int_equal(p.count, METRICS_MAX);
	assert_true(p.metrics[METRICS_MAX - 1].value == METRICS_MAX - 1);
	arena_finish(&p.arena);
	text.len--;
	buf_str_append(&text, ", \"more\": 1}");
	refused(buf_str(&text), ERR_TOO_LARGE, "more than 10000 numbers");

	buf_clear(&text);
	for (int i = 0; i < 17; i++)
		buf_str_append(&text, "{\"a\": ");
	buf_str_append(&text, "1");
	for (int i = 0; i < 17; i++)
		buf_char(&text, '}');
	refused(buf_str(&text), ERR_TOO_LARGE, "nested more than 16 deep");

	buf_clear(&text);
	buf_str_append(&text, "{\"");
	for (int i = 0; i < 251; i++)
		buf_char(&text, 'n');
	buf_str_append(&text, "\": 1}");
	refused(buf_str(&text), ERR_TOO_LARGE, "a name of more than 250 bytes");
	buf_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_and_nested_numbers_are_read_in_order),
		cmocka_unit_test(what_is_no_number_is_passed_over),
		cmocka_unit_test(broken_files_are_refused_with_file_and_line),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
