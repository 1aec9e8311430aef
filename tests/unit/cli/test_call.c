/* SPDX-License-Identifier: Apache-2.0 */
/* test_call.c - words read by tables */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/call.h"

static int run_nothing(const struct call *call, struct err *err)
{
	(void)call;
	(void)err;
	return 0;
}

static const struct cli_command show = {
	.name = "show",
	.args = (const struct arg_spec[]){ { "RUN", "which", false, false, WORD_RUN }, { 0 } },
	.has_json = true,
	.run = run_nothing,
};

static const struct cli_command run = {
	.name = "run",
	.args = (const struct arg_spec[]){ { "REPO", "which", true, false, WORD_FOLDER }, { 0 } },
	.options = (const struct option_spec[]){
		{ "ref", 0, "REF", "commit", WORD_TEXT },
		{ "param", 'p', "K=V", "parameter", WORD_TEXT },
		{ "dirty", 0, NULL, "uncommitted too", WORD_TEXT },
		{ "workers", 0, "N", "how many", WORD_TEXT },
		{ 0 },
	},
	.run = run_nothing,
};

static const struct cli_command *const table[] = { &show, &run, NULL };

/* Words up to NULL. */
static int parse(struct call *call, struct err *err, char **words)
{
	int count = 0;

	while (words[count])
		count++;
	return call_parse(call, table, count, words, err);
}

#define WORDS(...) ((char *[]){ "ingot", __VA_ARGS__, NULL })

static void options_and_words_may_come_in_any_order(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, NULL,
			       WORDS("--home", "/h", "run", "-p", "a=1", "here", "--ref", "v1",
				     "-pb=2", "--dirty")),
			 0);
	assert_ptr_equal(call.command, &run);
	assert_string_equal(call.settings.home, "/h");
	assert_int_equal(call.arg_count, 1);
	assert_string_equal(call.args[0], "here");
	assert_string_equal(call_option(&call, "ref"), "v1");
	assert_string_equal(call_option(&call, "param"), "b=2");
	assert_int_equal(call.use_count, 4);
	assert_string_equal(call.uses[0].value, "a=1");
	assert_true(call_has(&call, "dirty"));
	assert_false(call_has(&call, "workers"));
	call_finish(&call);
}

static void what_stands_behind_two_dashes_is_a_word(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, NULL, WORDS("run", "--", "--dirty")), 0);
	assert_string_equal(call.args[0], "--dirty");
	assert_false(call_has(&call, "dirty"));
	call_finish(&call);
}

static void expect_refused(char **words, const char *text, const char *hint)
{
	struct err err = ERR_INIT;
	struct call call;

	assert_int_equal(parse(&call, &err, words), ERR_USAGE);
	assert_string_equal(err.text, text);
	assert_string_equal(err.hint, hint);
	call_finish(&call);
}

static void mistakes_are_refused_with_a_suggestion(void **state)
{
	(void)state;
	expect_refused(WORDS("rnu"), "no such command: rnu", "did you mean 'run'?");
	expect_refused(WORDS("xyzzy"), "no such command: xyzzy", "'ingot help' lists the commands");
	expect_refused(WORDS("run", "--drity"), "unknown option: --drity",
		       "did you mean '--dirty'?");
	expect_refused(WORDS("run", "--rfe=x"), "unknown option: --rfe=x", "did you mean '--ref'?");
	expect_refused(WORDS("run", "-x"), "unknown option: -x", "");
	expect_refused(WORDS("run", "--dirty=yes"), "--dirty takes no value", "");
	expect_refused(WORDS("run", "--ref"), "--ref needs a value: REF", "");
	expect_refused(WORDS("run", "a", "b"), "one word too many: b",
		       "'ingot run -h' shows its words");
	expect_refused(WORDS("show"), "show needs RUN: which", "'ingot show -h' shows its words");
	expect_refused(WORDS("run", "--json"), "unknown option: --json", "");
	expect_refused(WORDS("run", "\xff"), "word 2 of the command line is no UTF-8", "");
}

static void help_needs_no_words(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, NULL, WORDS("show", "-h")), 0);
	assert_int_equal(call.help, HELP_SHORT);
	call_finish(&call);
	assert_int_equal(parse(&call, NULL, WORDS("show", "--help")), 0);
	assert_int_equal(call.help, HELP_LONG);
	call_finish(&call);
	assert_int_equal(parse(&call, NULL, WORDS("--version")), 0);
	assert_true(call.version);
	call_finish(&call);
}

static void numbers_have_a_range(void **state)
{
	struct err err = ERR_INIT;
	struct call call;
	int64_t n = 7;

	(void)state;
	assert_int_equal(parse(&call, NULL, WORDS("run", "--workers", "12")), 0);
	assert_int_equal(call_number(&call, "workers", 1, 12, 3, &n, &err), 0);
	assert_int_equal(n, 12);
	assert_int_equal(call_number(&call, "workers", 1, 11, 3, &n, &err), ERR_USAGE);
	assert_string_equal(err.text, "--workers is a number from 1 to 11, not '12'");
	assert_int_equal(n, 12);
	call_finish(&call);
	assert_int_equal(parse(&call, NULL, WORDS("run")), 0);
	assert_int_equal(call_number(&call, "workers", 1, 11, 3, &n, &err), 0);
	assert_int_equal(n, 3);
	call_finish(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_may_come_in_any_order),
		cmocka_unit_test(what_stands_behind_two_dashes_is_a_word),
		cmocka_unit_test(mistakes_are_refused_with_a_suggestion),
		cmocka_unit_test(help_needs_no_words),
		cmocka_unit_test(numbers_have_a_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
