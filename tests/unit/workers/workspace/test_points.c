/* SPDX-License-Identifier: Apache-2.0 */
/* test_points.c - live metrics in any pieces give the same points; broken lines are counted */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "workers/workspace/points.h"

static void note(void *arg, const char *series, int64_t step, double value)
{
	buf_printf(arg, "%s@%lld=%g\n", series, (long long)step, value);
}

/* Feeds text in pieces of this size. */
static void feed(struct points *p, struct buf *out, const char *text, size_t piece)
{
	size_t len = strlen(text);

	buf_clear(out);
	points_init(p, note, out);
	for (size_t at = 0; at < len; at += piece)
		points_feed(p, text + at, piece < len - at ? piece : len - at);
	points_end(p);
}

static const char sample[] = "{\"step\": 12, \"loss\": 0.31, \"test\": {\"acc\": 0.5}}\n"
			     "\n"
			     "{\"loss\": 0.3}\r\n"
			     "{\"step\": 20.0, \"phase\": \"late\", \"loss\": 1e-3}\n"
			     "{\"loss\": NaN}\n"
			     "not json\n"
			     "{\"step\": 1.5, \"loss\": 1}\n"
			     "{\"step\": -4, \"loss\": -1}\n"
			     "{\"loss\": 5}";

static const char expected[] = "loss@12=0.31\n"
			       "test.acc@12=0.5\n"
			       "loss@13=0.3\n"
			       "loss@20=0.001\n"
			       "loss@-4=-1\n"
			       "loss@-3=5\n";

static void lines_give_points_however_they_are_cut(void **state)
{
	struct buf out = BUF_INIT;
	struct points p;
	(void)state;

	for (size_t piece = 1; piece <= sizeof(sample); piece++) {
		feed(&p, &out, sample, piece);
		assert_string_equal(buf_str(&out), expected);
		assert_int_equal(p.lines, 9);
		assert_int_equal(p.broken, 3);
		assert_non_null(strstr(p.reason, "line 5"));
		assert_null(strstr(p.reason, "line 1"));
		points_finish(&p);
	}
	buf_finish(&out);
}

static void broken_lines_are_never_fatal(void **state)
{
	static const struct {
		const char *line;
		const char *reason;
	} cases[] = {
		{ "[1]", "line 1: not an object" },
		{ "{\"step\": 1, \"loss\"", "line 1" },
		{ "{\"step\": \"1\", \"loss\": 1}", "line 1: \"step\" is not a whole number" },
		{ "{\"step\": 1e300, \"loss\": 1}", "line 1: \"step\" is not a whole number" },
		{ "{\"step\": null, \"loss\": 1}", "line 1: \"step\" is not a whole number" },
		{ "{\"loss\": 1, \"\": 2}", "line 1: a name that is empty" },
		{ "\xff\xfe", "line 1" },
	};
	struct buf out = BUF_INIT;
	struct points p;
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		char *text = mem_printf("%s\n{\"step\": 7, \"after\": 1}\n", cases[i].line);

		feed(&p, &out, text, 1000);
		assert_string_equal(buf_str(&out), "after@7=1\n"); /* a line is taken whole or not */
		assert_int_equal(p.broken, 1);
		if (strncmp(p.reason, cases[i].reason, strlen(cases[i].reason)) != 0)
			fail_msg("'%s' instead of '%s'", p.reason, cases[i].reason);
		points_finish(&p);
		free(text);
	}
	buf_finish(&out);
}

static void an_endless_line_takes_no_memory(void **state)
{
	struct buf out = BUF_INIT;
	struct points p;
	char chunk[4096];
	(void)state;

	memset(chunk, 'x', sizeof(chunk));
	points_init(&p, note, &out);
	for (int i = 0; i < 10000; i++)
		points_feed(&p, chunk, sizeof(chunk));
	assert_true(p.rest.cap <= 4 * POINTS_LINE_MAX);
	assert_int_equal(p.lines, 0);
	points_feed(&p, "\n{\"a\": 1}\n", 10);
	assert_int_equal(p.lines, 2);
	assert_int_equal(p.broken, 1);
	assert_string_equal(p.reason, "line 1: longer than 64 KiB");
	assert_string_equal(buf_str(&out), "a@0=1\n");
	points_finish(&p);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_give_points_however_they_are_cut),
		cmocka_unit_test(broken_lines_are_never_fatal),
		cmocka_unit_test(an_endless_line_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
