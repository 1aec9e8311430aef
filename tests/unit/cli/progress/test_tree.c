/* SPDX-License-Identifier: Apache-2.0 */
/* test_tree.c - a run as a tree of lines: golden frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/output/text.h"
#include "cli/progress/tree.h"
#include "tests/unit/cli/progress/view.h"

static const struct tree_shape wide = { .width = 80, .height = 23, .utf8 = true };

static void expect_frame(const struct run_view *v, const struct tree_shape *shape, int64_t at_ms,
			 const char *frame)
{
	struct buf out = BUF_INIT;

	tree_render(v, shape, T0 + at_ms, &out);
	assert_string_equal(buf_str(&out), frame);
	buf_finish(&out);
}

static const char small[] =
	"{" RUN ",\"steps\":["
	STEP("prepare", "prepare", "cached", ",\"cached_from\":\"41/prepare\"") ","
	STEP("train[rate=0.01]", "train", "succeeded", SPAN("01.000", "02.200")
	     ",\"metrics\":{\"loss\":0.25,\"accuracy\":0.97}") ","
	STEP("train[rate=0.1]", "train", "running", SINCE("02.000")) ","
	STEP("evaluate", "evaluate", "waiting", "") "],"
	"\"tails\":[{\"step\":\"train[rate=0.1]\",\"line\":\"epoch 1\\repoch 12\"}]}";

static void a_frame_shows_states_times_metrics_and_the_last_log_line(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, small, NULL, NULL);
	expect_frame(&v, &wide, 4000,
		     "penguins run 42 · main 3f2a91c07d\n"
		     "  = prepare                     from run 41\n"
		     "  ● train (2)             3.0s  1 of 2, 1 running\n"
		     "    ✓ train[rate=0.01]    1.2s  accuracy=0.97 loss=0.25\n"
		     "    ● train[rate=0.1]     2.0s  epoch 12\n"
		     "  · evaluate\n"
		     "[2/4] 4.0s · 1 waiting, 1 running, 1 succeeded, 1 cached\n");
	run_view_finish(&v);
}

static void a_narrow_terminal_cuts_names_and_drops_notes(void **state)
{
	const struct tree_shape narrow = { .width = 24, .height = 23, .utf8 = true };
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, small, NULL, NULL);
	expect_frame(&v, &narrow, 4000,
		     "penguins run 42 · main…\n"
		     "  = prepare\n"
		     "  ● train (2)      3.0s\n"
		     "    ✓ train[ra…    1.2s\n"
		     "    ● train[ra…    2.0s\n"
		     "  · evaluate\n"
		     "[2/4] 4.0s · 1 waiting…\n");
	run_view_finish(&v);
}

static void no_line_takes_the_last_cell_at_any_width(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, small, NULL, NULL);
	for (size_t width = 20; width <= 200; width++) {
		const struct tree_shape shape = { .width = width, .height = 23, .utf8 = true };
		struct buf out = BUF_INIT;
		char *rest, *line;

		tree_render(&v, &shape, T0 + 4000, &out);
		rest = buf_take(&out);
		for (char *text = rest; (line = strsep(&text, "\n"));)
			assert_in_range(text_cells(line), 0, width - 1);
		free(rest);
	}
	run_view_finish(&v);
}

static void a_low_terminal_leaves_out_what_is_done_first(void **state)
{
	const struct tree_shape low = { .width = 80, .height = 6, .utf8 = true };
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, small, NULL, NULL);
	expect_frame(&v, &low, 4000,
		     "penguins run 42 · main 3f2a91c07d\n"
		     "  … 2 more\n"
		     "  ● train (2)            3.0s  1 of 2, 1 running\n"
		     "    ● train[rate=0.1]    2.0s  epoch 12\n"
		     "  · evaluate\n"
		     "[2/4] 4.0s · 1 waiting, 1 running, 1 succeeded, 1 cached\n");
	run_view_finish(&v);
}

/* 12 instances: 0 failed, 1 and 2 run, the others succeeded. */
static char *matrix_event(void)
{
	struct buf event = BUF_INIT;

	buf_str_append(&event, "{" RUN ",\"steps\":[");
	for (int i = 0; i < 12; i++)
		buf_printf(&event,
			   "%s{\"name\":\"train[n=%d]\",\"job\":\"train\",\"state\":\"%s\"%s}",
			   i ? "," : "", i,
			   i == 0  ? "failed"
			   : i < 3 ? "running"
				   : "succeeded",
			   i == 0 ? ",\"message\":\"exit code 1\"" : "");
	buf_str_append(&event, "]}");
	return buf_take(&event);
}

static void a_large_matrix_is_one_line_and_those_that_run_or_failed(void **state)
{
	char *event = matrix_event();
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, event, NULL, NULL);
	expect_frame(&v, &wide, 1000,
		     "penguins run 42 · main 3f2a91c07d\n"
		     "  ✗ train (12)            10 of 12, 2 running, 1 failed\n"
		     "    ✗ train[n=0]          exit code 1\n"
		     "    ● train[n=1]\n"
		     "    ● train[n=2]\n"
		     "[10/12] 1.0s · 2 running, 9 succeeded, 1 failed\n");
	run_view_finish(&v);
	free(event);
}

static void names_and_log_lines_cannot_drive_the_terminal(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v,
		  "{" RUN ",\"steps\":[" STEP("a[x=\\u001b[2J]", "a", "running", "") "],"
		  "\"tails\":[{\"step\":\"a[x=\\u001b[2J]\",\"line\":\"\\u001b]0;owned\\u0007\"}]}",
		  NULL, NULL);
	assert_string_equal(v.steps[0].name, "a[x=\\x1b[2J]");
	assert_string_equal(v.steps[0].tail, "\\x1b]0;owned\\x07");
	run_view_finish(&v);
}

static void a_terminal_without_utf8_gets_plain_symbols(void **state)
{
	const struct tree_shape plain = { .width = 60, .height = 23 };
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, "{" RUN ",\"steps\":[" STEP("a", "a", "failed", SPAN("00.000", "00.100")
		  ",\"message\":\"exit code 1\"") "]}", NULL, NULL);
	expect_frame(&v, &plain, 100,
		     "penguins run 42 - main 3f2a91c07d\n"
		     "  x a       0.1s  exit code 1\n"
		     "[1/1] 0.1s - 1 failed\n");
	run_view_finish(&v);
}

static void colour_is_put_around_symbols(void **state)
{
	const struct tree_shape colored = {
		.width = 60, .height = 23, .colored = true, .utf8 = true
	};
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, "{" RUN ",\"steps\":[" STEP("a", "a", "running", "") "],"
		  "\"tails\":[{\"step\":\"a\",\"line\":\"working\"}]}", NULL, NULL);
	expect_frame(&v, &colored, 0,
		     "penguins run 42 · main 3f2a91c07d\n"
		     "  \x1b[36m●\x1b[0m a             \x1b[2mworking\x1b[0m\n"
		     "[0/1] 0.0s · 1 running\n");
	run_view_finish(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_shows_states_times_metrics_and_the_last_log_line),
		cmocka_unit_test(a_narrow_terminal_cuts_names_and_drops_notes),
		cmocka_unit_test(no_line_takes_the_last_cell_at_any_width),
		cmocka_unit_test(a_low_terminal_leaves_out_what_is_done_first),
		cmocka_unit_test(a_large_matrix_is_one_line_and_those_that_run_or_failed),
		cmocka_unit_test(names_and_log_lines_cannot_drive_the_terminal),
		cmocka_unit_test(a_terminal_without_utf8_gets_plain_symbols),
		cmocka_unit_test(colour_is_put_around_symbols),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
