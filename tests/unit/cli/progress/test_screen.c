/* SPDX-License-Identifier: Apache-2.0 */
/* test_screen.c - a block of lines that is drawn anew */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/output/text.h"
#include "cli/progress/screen.h"

/* What is written, as one text. */
struct paper {
	char *text;
	size_t size;
	FILE *out;
	struct screen screen;
};

static void open_paper(struct paper *p)
{
	*p = (struct paper){ 0 };
	p->out = open_memstream(&p->text, &p->size);
	assert_non_null(p->out);
	screen_init(&p->screen, p->out);
}

static void expect(struct paper *p, const char *text)
{
	fclose(p->out);
	assert_string_equal(p->text, text);
	screen_finish(&p->screen);
	free(p->text);
}

static void a_frame_goes_over_the_one_before(void **state)
{
	struct paper p;

	(void)state;
	open_paper(&p);
	screen_draw(&p.screen, "one\ntwo\n", 80);
	screen_draw(&p.screen, "three\n", 80);
	screen_draw(&p.screen, "", 80);
	expect(&p, "\rone\x1b[K\ntwo\x1b[K\n\x1b[J"
		   "\r\x1b[2Athree\x1b[K\n\x1b[J"
		   "\r\x1b[1A\x1b[J");
}

static void a_frame_that_is_kept_is_not_touched(void **state)
{
	struct paper p;

	(void)state;
	open_paper(&p);
	screen_draw(&p.screen, "one\n", 80);
	screen_keep(&p.screen);
	screen_draw(&p.screen, "two\n", 80);
	expect(&p, "\rone\x1b[K\n\x1b[J\rtwo\x1b[K\n\x1b[J");
}

static void lines_that_wrapped_when_the_window_shrank_are_counted(void **state)
{
	struct paper p;

	(void)state;
	open_paper(&p);
	/* 10 cells, 4 of them wide characters; colours take none. */
	screen_draw(&p.screen, "\x1b[31m模型\x1b[0mabcdef\nshort\n", 80);
	screen_draw(&p.screen, "x\n", 4);
	expect(&p, "\r\x1b[31m模型\x1b[0mabcdef\x1b[K\nshort\x1b[K\n\x1b[J"
		   "\r\x1b[5Ax\x1b[K\n\x1b[J");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_goes_over_the_one_before),
		cmocka_unit_test(a_frame_that_is_kept_is_not_touched),
		cmocka_unit_test(lines_that_wrapped_when_the_window_shrank_are_counted),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
