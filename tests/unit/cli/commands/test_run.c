/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c - run, plan, wait, retry, reproduce: what is asked, shown and returned */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "tests/unit/cli/fake.h"

#define SUBMITTED "r{\"run\":42,\"warnings\":[\"src/a.py is not committed\"]}"
#define FIRST                                                                                      \
	"e{\"run\":{\"id\":42,\"pipeline\":\"p\",\"state\":\"running\","                           \
	"\"created_at\":\"2026-11-20T20:00:00.000Z\"},\"steps\":["                                 \
	"{\"name\":\"a\",\"job\":\"a\",\"state\":\"cached\",\"cached_from\":\"41/a\"},"            \
	"{\"name\":\"b\",\"job\":\"b\",\"state\":\"waiting\"}]}\n"
#define SECOND(state, more)                                                                        \
	"e{\"steps\":[{\"name\":\"b\",\"job\":\"b\",\"state\":\"" state "\","                      \
	"\"started_at\":\"2026-11-20T20:00:01.000Z\",\"finished_at\":\"2026-11-20T20:00:02."       \
	"200Z\"" more "}]}\n"
#define ENDED(state, reason, failures)                                                             \
	"r{\"run\":{\"id\":42,\"pipeline\":\"p\",\"state\":\"" state "\",\"reason\":" reason ","   \
	"\"created_at\":\"2026-11-20T20:00:00.000Z\","                                             \
	"\"finished_at\":\"2026-11-20T20:00:03.000Z\"},\"failures\":" failures "}"

static const struct fake_rule succeeds[] = {
	{ "run.submit", SUBMITTED },
	{ "run.follow", FIRST SECOND("succeeded", ",\"metrics\":{\"accuracy\":0.97}")
				ENDED("succeeded", "null", "[]") },
	{ "run.show", "r{\"id\":42,\"state\":\"succeeded\"}" },
	{ 0 },
};

static const struct fake_rule fails_a_gate[] = {
	{ "run.submit", SUBMITTED },
	{ "run.follow", FIRST SECOND("failed", ",\"message\":\"gate: 0.9 >= 0.95\"") ENDED(
				"failed", "\"gate\"",
				"[{\"step\":\"b\",\"state\":\"failed\",\"reason\":\"gate\","
				"\"message\":\"gate: 0.9 >= 0.95\",\"tail\":[\"last line\"]}]") },
	{ 0 },
};

static void a_run_is_told_line_by_line(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, succeeds);
	fake_run(&f, &said, "run", "/tmp", NULL);
	assert_string_equal(said.out, "[1/2] a cached from run 41\n"
				      "[2/2] b succeeded 1.2s accuracy=0.97\n"
				      "run 42 succeeded in 3.0s: 1 succeeded, 1 cached\n"
				      "next: ingot show 42\n");
	assert_string_equal(said.err, "warning: src/a.py is not committed\n");
	assert_int_equal(said.code, 0);
	fake_finish(&f);
}

static void what_was_asked_for_is_submitted(void **state)
{
	struct said said;
	struct fake f;
	json_t *args, *expected;

	(void)state;
	fake_init(&f);
	fake_start(&f, succeeds);
	fake_run(&f, &said, "run", "-q", "--ref", "v1", "-p", "a=1", "--param=b=x=y", "--workers",
		 "3", "--no-cache", "--step", "train", "--pipeline", "nightly",
		 "https://example.org/r.git", NULL);
	assert_int_equal(said.code, 0);
	args = fake_asked(&f, "run.submit", 0);
	assert_non_null(json_object_get(args, "path"));
	json_object_del(args, "path");
	expected = json_pack("{s:s, s:b, s:b, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:i}", "trigger",
			     "manual", "no_cache", 1, "dirty", 0, "repository",
			     "https://example.org/r.git", "params", "a", "1", "b", "x=y", "ref",
			     "v1", "pipeline", "nightly", "step", "train", "workers", 3);
	assert_true(json_equal(args, expected));
	json_decref(args);
	json_decref(expected);
	fake_finish(&f);
}

static void quiet_says_the_number_and_detach_leaves(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, succeeds);
	fake_run(&f, &said, "run", "-q", "/tmp", NULL);
	assert_string_equal(said.out, "42\n");
	assert_string_equal(said.err, "");
	fake_run(&f, &said, "run", "--detach", "/tmp", NULL);
	assert_string_equal(said.out, "42\n");
	assert_int_equal(said.code, 0);
	assert_null(fake_asked(&f, "run.follow", 1));
	fake_finish(&f);
}

static void json_goes_to_standard_output_and_progress_does_not(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, succeeds);
	fake_run(&f, &said, "run", "/tmp", "--json", NULL);
	assert_string_equal(said.out, "{\n  \"id\": 42,\n  \"state\": \"succeeded\"\n}\n");
	assert_non_null(strstr(said.err, "[2/2] b succeeded 1.2s"));
	assert_int_equal(said.code, 0);
	fake_finish(&f);
}

static void a_failed_gate_is_exit_code_3_with_the_numbers(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, fails_a_gate);
	fake_run(&f, &said, "run", "/tmp", NULL);
	assert_string_equal(said.out, "[1/2] a cached from run 41\n"
				      "[2/2] b failed 1.2s: gate: 0.9 >= 0.95\n"
				      "\nfailed b\n"
				      "  gate: 0.9 >= 0.95\n"
				      "  | last line\n"
				      "  whole log: ingot logs 42 b\n\n"
				      "run 42 failed in 3.0s: 1 cached, 1 failed\n"
				      "next: ingot why 42\n");
	assert_int_equal(said.code, 3);
	fake_finish(&f);
}

static void a_broken_definition_is_shown_whole(void **state)
{
	/* More than a struct err could hold. */
	char rule[6000] = "x{\"code\":\"invalid\",\"message\":\"", line[64];
	const struct fake_rule script[] = { { "run.submit", rule }, { 0 } };
	struct said said;
	struct fake f;

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof(line),
			 "ingot.yaml:%d:1: error[unknown-key]: no such key 'x'\\n", i);
		strcat(rule, line);
	}
	strcat(rule, "\"}");
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "run", "/tmp", NULL);
	assert_int_equal(said.code, 2);
	assert_string_equal(said.out, "");
	assert_true(str_starts(said.err, "ingot.yaml:0:1: error[unknown-key]"));
	assert_true(str_ends(said.err, "\ningot.yaml:49:1: error[unknown-key]: no such key 'x'\n"));
	fake_finish(&f);
}

static void a_run_that_had_ended_is_told_with_its_failures(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show", "r{\"id\":7}" },
		{ "run.follow",
		  "r{\"run\":{\"id\":7,\"state\":\"failed\",\"reason\":\"exit_code\","
		  "\"created_at\":\"2026-11-20T20:00:00.000Z\","
		  "\"finished_at\":\"2026-11-20T20:00:01.000Z\",\"steps\":[{\"name\":\"a\","
		  "\"job\":\"a\",\"state\":\"failed\",\"message\":\"exit code 1\"}]},"
		  "\"failures\":[]}" },
		{ "run.why", "r{\"tail\":[\"boom\"]}" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "wait", "7", NULL);
	assert_string_equal(said.out, "[1/1] a failed: exit code 1\n"
				      "\nfailed a\n  exit code 1\n  | boom\n"
				      "  whole log: ingot logs 7 a\n\n"
				      "run 7 failed in 1.0s: 1 failed\n"
				      "next: ingot why 7\n");
	assert_int_equal(said.code, 1);
	fake_finish(&f);
}

static void waiting_ends_with_its_timeout(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show", "r{\"id\":42}" },
		{ "run.follow", FIRST "w" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "wait", "latest", "--timeout", "100ms", NULL);
	assert_int_equal(said.code, 124);
	assert_string_equal(said.err, "ingot: run 42 has not ended in time: it goes on\n");
	fake_run(&f, &said, "wait", "latest", "--timeout", "soon", NULL);
	assert_int_equal(said.code, 2);
	fake_finish(&f);
}

static void a_connection_that_breaks_is_made_again(void **state)
{
	const struct fake_rule script[] = {
		{ "run.submit", SUBMITTED },
		{ "run.follow", FIRST "c" },
		{ "run.follow", FIRST SECOND("succeeded", "") ENDED("succeeded", "null", "[]") },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "run", "/tmp", NULL);
	assert_int_equal(said.code, 0);
	assert_non_null(strstr(said.err, "the scheduler has gone away: starting it again\n"));
	assert_non_null(strstr(said.out, "run 42 succeeded"));
	fake_finish(&f);
}

static void mistakes_in_words_ask_nobody(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_run(&f, &said, "run", "/no/such/place", NULL);
	assert_int_equal(said.code, 1);
	assert_string_equal(said.err, "ingot: no such folder: /no/such/place\n");
	fake_run(&f, &said, "run", "-p", "novalue", NULL);
	assert_int_equal(said.code, 2);
	assert_string_equal(said.err, "ingot: a parameter is NAME=VALUE, not 'novalue'\n");
	fake_run(&f, &said, "run", "--workers", "none", NULL);
	assert_int_equal(said.code, 2);
	fake_run(&f, &said, "wait", "x", NULL);
	assert_int_equal(said.code, 2);
	fake_finish(&f);
}

static void a_plan_says_why_and_whether_there_is_work(void **state)
{
	const struct fake_rule script[] = {
		{ "run.plan",
		  "r{\"warnings\":[],\"work\":true,\"steps\":["
		  "{\"name\":\"a\",\"action\":\"cached\",\"cached_from\":\"7/a\",\"reasons\":[]},"
		  "{\"name\":\"b\",\"action\":\"run\",\"cached_from\":null,"
		  "\"reasons\":[\"src/b.py changed\",\"param epochs 100 -> 200\"]}]}" },
		{ "run.plan", "r{\"warnings\":[],\"work\":false,\"steps\":[]}" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "plan", "/tmp", "--exit-code", NULL);
	assert_string_equal(said.out, "STEP ACTION WHY\n"
				      "a    cached from run 7\n"
				      "b    run    src/b.py changed; param epochs 100 -> 200\n");
	assert_int_equal(said.code, 2);
	fake_run(&f, &said, "plan", "/tmp", "--exit-code", NULL);
	assert_string_equal(said.out, "nothing to do: everything comes from the cache\n");
	assert_int_equal(said.code, 0);
	fake_finish(&f);
}

static void reproducing_compares_with_the_run_that_was_latest(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show", "r{\"id\":41}" },
		{ "run.reproduce", SUBMITTED },
		{ "run.follow", FIRST SECOND("succeeded", "") ENDED("succeeded", "null", "[]") },
		{ "run.compare",
		  "r{\"identical\":false,\"outputs\":[{\"step\":\"a\",\"name\":\"o\","
		  "\"a\":\"sha256:000000000000111\",\"b\":\"sha256:222222222222333\","
		  "\"same\":false}]}" },
		{ 0 },
	};
	struct said said;
	struct fake f;
	json_t *args;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "reproduce", "latest", NULL);
	assert_int_equal(said.code, 1);
	assert_non_null(strstr(said.out, "a.o    sha256:000000000000 sha256:222222222222 differs\n"
					 "not every output is identical\n"));
	args = fake_asked(&f, "run.compare", 0);
	assert_int_equal(json_integer_value(json_object_get(args, "a")), 41);
	assert_int_equal(json_integer_value(json_object_get(args, "b")), 42);
	json_decref(args);
	fake_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_told_line_by_line),
		cmocka_unit_test(what_was_asked_for_is_submitted),
		cmocka_unit_test(quiet_says_the_number_and_detach_leaves),
		cmocka_unit_test(json_goes_to_standard_output_and_progress_does_not),
		cmocka_unit_test(a_failed_gate_is_exit_code_3_with_the_numbers),
		cmocka_unit_test(a_broken_definition_is_shown_whole),
		cmocka_unit_test(a_run_that_had_ended_is_told_with_its_failures),
		cmocka_unit_test(waiting_ends_with_its_timeout),
		cmocka_unit_test(a_connection_that_breaks_is_made_again),
		cmocka_unit_test(mistakes_in_words_ask_nobody),
		cmocka_unit_test(a_plan_says_why_and_whether_there_is_work),
		cmocka_unit_test(reproducing_compares_with_the_run_that_was_latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
