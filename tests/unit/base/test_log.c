/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c - lines on standard error, read back through a pipe */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tests/lib/test.h"

enum { TIME_LEN = 24 }; /* "2026-11-20T20:53:22.123Z" */

static char said[16384];

/* Runs body with standard error in a pipe; what it wrote is in `said`. */
static void listen_to(void (*body)(void))
{
	int ends[2];
	int kept = dup(STDERR_FILENO);
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	body();
	dup2(kept, STDERR_FILENO);
	close(kept);
	len = read(ends[0], said, sizeof(said) - 1);
	assert_true(len >= 0);
	said[len] = '\0';
	close(ends[0]);
}

static int start(void **state)
{
	(void)state;
	unsetenv("INGOT_LOG");
	unsetenv("JOURNAL_STREAM");
	return 0;
}

static void warn_of_seven(void)
{
	errno = ENOENT;
	log_warn("run %d is late", 7);
}

static void a_line_has_time_level_program_and_message(void **state)
{
	(void)state;
	log_init("worker", LOG_LEVEL_INFO);
	listen_to(warn_of_seven);
	assert_int_equal(said[10], 'T');
	assert_int_equal(said[TIME_LEN - 1], 'Z');
	assert_string_equal(said + TIME_LEN, " warn  worker: run 7 is late\n");
	assert_int_equal(errno, ENOENT);
}

static void with_a_journal_the_priority_replaces_time_and_level(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init(NULL, LOG_LEVEL_INFO);
	listen_to(warn_of_seven);
	assert_string_equal(said, "<4>run 7 is late\n");
}

static void say_at_each_level(void)
{
	log_error("e");
	log_warn("w");
	log_info("i");
	log_debug("d");
}

static void what_is_below_the_level_is_not_said(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init(NULL, LOG_LEVEL_WARN);
	listen_to(say_at_each_level);
	assert_string_equal(said, "<3>e\n<4>w\n");
}

static void the_environment_wins_over_the_level(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	setenv("INGOT_LOG", "debug", 1);
	log_init(NULL, LOG_LEVEL_ERROR);
	listen_to(say_at_each_level);
	assert_string_equal(said, "<3>e\n<4>w\n<6>i\n<7>d\n");
}

static void forge_a_line(void)
{
	log_info("branch %s", "x\n<0>forged\x1b[31m\x7f");
}

static void a_message_cannot_forge_a_second_line(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init(NULL, LOG_LEVEL_INFO);
	listen_to(forge_a_line);
	assert_string_equal(said, "<6>branch x <0>forged [31m \n");
}

static void say_too_much(void)
{
	static char long_text[9000];

	memset(long_text, 'a', sizeof(long_text) - 1);
	log_info("%s", long_text);
}

static void a_long_message_is_cut_and_still_one_line(void **state)
{
	static const char end[] = "aaa…\n";

	(void)state;
	log_init(NULL, LOG_LEVEL_INFO);
	listen_to(say_too_much);
	assert_int_equal(strlen(said), 4096);
	assert_string_equal(said + strlen(said) - strlen(end), end);
}

static void break_an_invariant(void *arg)
{
	BUG_ON(*(int *)arg == 3);
}

static void a_broken_invariant_aborts(void **state)
{
	int three = 3;

	(void)state;
	assert_aborts(break_an_invariant, &three);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_has_time_level_program_and_message, start),
		cmocka_unit_test_setup(with_a_journal_the_priority_replaces_time_and_level, start),
		cmocka_unit_test_setup(what_is_below_the_level_is_not_said, start),
		cmocka_unit_test_setup(the_environment_wins_over_the_level, start),
		cmocka_unit_test_setup(a_message_cannot_forge_a_second_line, start),
		cmocka_unit_test_setup(a_long_message_is_cut_and_still_one_line, start),
		cmocka_unit_test_setup(a_broken_invariant_aborts, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
