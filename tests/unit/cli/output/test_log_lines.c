/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_lines.c - logs on their way to people or programs; text by cells */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cli/output/log_lines.h"
#include "cli/output/text.h"

/* Writes the pieces (up to NULL) and compares with all that came out. */
static void expect_log(const char *prefix, bool is_safe, const char *const *pieces,
		       const char *expected)
{
	struct log_lines l;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	log_lines_init(&l, out, prefix, is_safe);
	for (; *pieces; pieces++)
		log_lines_write(&l, *pieces, strlen(*pieces));
	log_lines_finish(&l);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

#define PIECES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_program_gets_every_byte(void **state)
{
	(void)state;
	expect_log(NULL, false, PIECES("a\r", "b\x1b[1m\n", "c"), "a\rb\x1b[1m\nc");
}

static void a_terminal_gets_lines_that_cannot_drive_it(void **state)
{
	(void)state;
	expect_log(NULL, true, PIECES("a\x1b[2J", "b\nlast"), "a\\x1b[2Jb\nlast\n");
	expect_log("train | ", true, PIECES("one\ntw", "o\n"), "train | one\ntrain | two\n");
}

static void of_a_line_drawn_over_and_over_the_last_stays(void **state)
{
	(void)state;
	expect_log(NULL, true, PIECES("10%\r20%\r", "100%\r\n"), "100%\n");
}

static void a_line_without_end_is_broken(void **state)
{
	char *line = malloc(LOG_LINE_MAX + 3);
	struct buf expected = BUF_INIT;

	(void)state;
	memset(line, 'x', LOG_LINE_MAX + 2);
	line[LOG_LINE_MAX + 2] = '\0';
	buf_append(&expected, line, LOG_LINE_MAX);
	buf_str_append(&expected, "\nxx\n");
	expect_log(NULL, true, PIECES(line), buf_str(&expected));
	buf_finish(&expected);
	free(line);
}

static void expect_cut(const char *text, size_t cells, const char *expected)
{
	struct buf out = BUF_INIT;

	text_cut(&out, text, cells);
	assert_string_equal(buf_str(&out), expected);
	buf_finish(&out);
}

static void text_is_cut_by_cells_and_between_characters(void **state)
{
	(void)state;
	expect_cut("train", 5, "train");
	expect_cut("training", 5, "trai…");
	expect_cut("größe", 5, "größe");
	expect_cut("模型模型", 5, "模型…");
	expect_cut("模型模型", 4, "模…");
	expect_cut("x", 0, "");
	assert_int_equal(text_cells("模型"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_gets_every_byte),
		cmocka_unit_test(a_terminal_gets_lines_that_cannot_drive_it),
		cmocka_unit_test(of_a_line_drawn_over_and_over_the_last_stays),
		cmocka_unit_test(a_line_without_end_is_broken),
		cmocka_unit_test(text_is_cut_by_cells_and_between_characters),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
