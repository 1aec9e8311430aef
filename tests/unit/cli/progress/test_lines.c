/* SPDX-License-Identifier: Apache-2.0 */
/* test_lines.c - a run as appended lines, and what is said at its end */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cli/progress/plain.h"
#include "cli/progress/summary.h"
#include "tests/unit/cli/progress/view.h"

static void append_line(void *arg, const struct run_view *v, const struct view_step *step,
			enum step_state before)
{
	plain_step(v, step, before, false, arg);
}

static void expect_lines(struct run_view *v, const char *event, const char *lines)
{
	struct buf out = BUF_INIT;

	view_feed(v, event, append_line, &out);
	assert_string_equal(buf_str(&out), lines);
	buf_finish(&out);
}

#define FIRST                                                                                      \
	"{" RUN ",\"steps\":[" STEP(                                                               \
		"prepare", "prepare", "cached",                                                    \
		",\"cached_from\":\"41/prepare\"") "," STEP("train", "train", "waiting",           \
							    "") "," STEP("evaluate", "evaluate",   \
									 "waiting", "") "]}"

static void a_cached_step_says_from_which_run(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	expect_lines(&v, FIRST, "[1/3] prepare cached from run 41\n");
	run_view_finish(&v);
}

static void an_ended_step_says_its_time_and_metrics_or_its_reason(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, FIRST, NULL, NULL);
	expect_lines(&v, "{\"steps\":[" STEP("train", "train", "running", SINCE("01.000")) "]}",
		     "");
	expect_lines(&v, "{\"steps\":[" STEP("train", "train", "succeeded", SPAN("01.000", "02.200")
		     ",\"metrics\":{\"accuracy\":0.97}") "]}",
		     "[2/3] train succeeded 1.2s accuracy=0.97\n");
	expect_lines(
		&v,
		"{\"steps\":[" STEP("evaluate", "evaluate", "failed",
				    SPAN("02.200", "02.500") ",\"message\":\"exit code 1\"") "]}",
		"[3/3] evaluate failed 0.3s: exit code 1\n");
	run_view_finish(&v);
}

static void a_step_that_is_tried_again_says_so_once(void **state)
{
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, FIRST, NULL, NULL);
	view_feed(&v, "{\"steps\":[" STEP("train", "train", "running", SINCE("01.000")) "]}", NULL,
		  NULL);
	expect_lines(&v, "{\"steps\":[" STEP("train", "train", "waiting",
		     ",\"attempt\":1,\"message\":\"exit code 75\"") "]}",
		     "[1/3] train is tried again after attempt 1: exit code 75\n");
	expect_lines(&v, "{\"steps\":[" STEP("train", "train", "ready", ",\"attempt\":1") "]}", "");
	run_view_finish(&v);
}

static void a_heartbeat_names_what_runs(void **state)
{
	struct buf out = BUF_INIT;
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, FIRST, NULL, NULL);
	plain_heartbeat(&v, T0 + 32000, &out);
	assert_string_equal(buf_str(&out), "");
	view_feed(&v, "{\"steps\":[" STEP("train", "train", "running", SINCE("01.000")) "]}", NULL,
		  NULL);
	plain_heartbeat(&v, T0 + 32000, &out);
	assert_string_equal(buf_str(&out), "[1/3] running: train 31.0s\n");
	buf_finish(&out);
	run_view_finish(&v);
}

static void end(struct run_view *v, const char *run_state, const char *reason)
{
	json_t *run = json_pack("{s:s, s:s, s:s, s:s}", "state", run_state, "reason", reason,
				"created_at", "2026-11-20T20:00:00.000Z", "finished_at",
				"2026-11-20T20:00:04.100Z");

	run_view_run(v, run);
	json_decref(run);
}

static void a_failure_is_told_whole_with_the_next_command(void **state)
{
	json_t *failures = json_loads(
		"[{\"step\":\"train[rate=0.1]\",\"state\":\"failed\",\"reason\":\"exit_code\","
		"\"message\":\"the command exited with 1\",\"tail\":[\"Traceback\",\"Error: "
		"\\u001bx\"]}]",
		0, NULL);
	struct buf out = BUF_INIT;
	struct run_view v;

	(void)state;
	run_view_init(&v, 42);
	view_feed(&v, "{\"steps\":[" STEP("train[rate=0.1]", "train", "failed", "") "]}", NULL,
		  NULL);
	end(&v, "failed", "exit_code");
	summary_render(&v, failures, false, &out);
	assert_string_equal(buf_str(&out), "\nfailed train[rate=0.1]\n"
					   "  the command exited with 1\n"
					   "  | Traceback\n"
					   "  | Error: \\x1bx\n"
					   "  whole log: ingot logs 42 'train[rate=0.1]'\n"
					   "\n"
					   "run 42 failed in 4.1s: 1 failed\n"
					   "next: ingot why 42\n");
	assert_int_equal(summary_exit_code(&v, failures), 1);
	buf_finish(&out);
	json_decref(failures);
	run_view_finish(&v);
}

static int code_of(const char *run_state, const char *reason, const char *failures_text)
{
	json_t *failures = json_loads(failures_text, 0, NULL);
	struct run_view v;
	int code;

	run_view_init(&v, 42);
	end(&v, run_state, reason);
	code = summary_exit_code(&v, failures);
	json_decref(failures);
	run_view_finish(&v);
	return code;
}

static void the_exit_code_tells_how_it_ended(void **state)
{
	(void)state;
	assert_int_equal(code_of("succeeded", "", "[]"), 0);
	assert_int_equal(code_of("failed", "exit_code", "[]"), 1);
	assert_int_equal(code_of("failed", "gate", "[]"), 3);
	assert_int_equal(code_of("failed", "timeout", "[]"), 124);
	assert_int_equal(code_of("cancelled", "run_cancelled", "[]"), 1);
	assert_int_equal(code_of("failed", "", "[{\"reason\":\"gate\"},{\"reason\":\"gate\"}]"), 3);
	assert_int_equal(code_of("failed", "", "[{\"reason\":\"gate\"},{\"reason\":\"output\"}]"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cached_step_says_from_which_run),
		cmocka_unit_test(an_ended_step_says_its_time_and_metrics_or_its_reason),
		cmocka_unit_test(a_step_that_is_tried_again_says_so_once),
		cmocka_unit_test(a_heartbeat_names_what_runs),
		cmocka_unit_test(a_failure_is_told_whole_with_the_next_command),
		cmocka_unit_test(the_exit_code_tells_how_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
