/* SPDX-License-Identifier: Apache-2.0 */
/* test_err.c - codes, texts, hints */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "tests/lib/test.h"

static void setting_fills_the_text_and_returns_the_code(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = EBUSY;
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no such run: %d", 9), ERR_NOT_FOUND);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "no such run: 9");
	assert_string_equal(err.hint, "");
	assert_int_equal(errno, EBUSY);
	assert_int_equal(err_set(NULL, ERR_GATE, "unheard"), ERR_GATE);
}

static void a_hint_is_forgotten_by_the_next_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_USAGE, "no such command: rnu");
	assert_int_equal(err_hint(&err, "did you mean '%s'?", "run"), ERR_USAGE);
	assert_string_equal(err.hint, "did you mean 'run'?");
	err_set(&err, ERR_IO, "disk");
	assert_string_equal(err.hint, "");
	assert_int_equal(err_hint(NULL, "unheard"), ERR_FAILED);
}

static void an_errno_becomes_a_code_and_a_reason(void **state)
{
	static const struct {
		int errnum;
		int code;
	} cases[] = {
		{ ENOSPC, ERR_NO_SPACE }, { EDQUOT, ERR_NO_SPACE }, { ENOENT, ERR_NOT_FOUND },
		{ EACCES, ERR_DENIED },	  { EPERM, ERR_DENIED },    { EISDIR, ERR_IO },
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(err_errno(&err, cases[i].errnum, "x"), cases[i].code);
	err_errno(&err, ENOENT, "%s", "a/b");
	assert_string_equal(err.text, "a/b: No such file or directory");
}

static void a_long_text_is_cut_between_characters(void **state)
{
	char text[2 * ERR_TEXT_SIZE + 1] = "";
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "ü", 3);
	err_set(&err, ERR_FAILED, "x%s", text);
	assert_true(str_is_utf8(err.text, strlen(err.text)));
	assert_true(str_ends(err.text, "üü…"));
	assert_true(strlen(err.text) > ERR_TEXT_SIZE - 6);
	err_errno(&err, EIO, "%s", text);
	assert_true(str_ends(err.text, "…: Input/output error"));
}

static void a_copy_has_code_text_and_hint(void **state)
{
	struct err src = ERR_INIT;
	struct err dst = ERR_INIT;

	(void)state;
	err_set(&src, ERR_BUSY, "in use");
	err_hint(&src, "wait");
	assert_int_equal(err_copy(&dst, &src), ERR_BUSY);
	assert_string_equal(dst.text, "in use");
	assert_string_equal(dst.hint, "wait");
	assert_int_equal(err_copy(NULL, &src), ERR_BUSY);
	assert_int_equal(err_copy(&dst, NULL), ERR_FAILED);
	err_clear(&dst);
	assert_int_equal(dst.code, ERR_OK);
	assert_string_equal(dst.text, "");
}

static void every_code_has_a_name_that_leads_back(void **state)
{
	(void)state;
	for (int code = -1; code >= -ERR_ORDINAL_COUNT; code--) {
		assert_int_equal(err_from_name(err_name(code)), code);
		assert_true(err_describe(code)[0]);
		assert_true(err_exit_code(code) > 0);
		assert_true(err_http_status(code) >= 400);
	}
	assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
	assert_string_equal(err_name(ERR_OK), "ok");
	assert_string_equal(err_name(-1000), "unknown");
	assert_int_equal(err_from_name("gibberish"), ERR_FAILED);
}

static void the_table_answers_for_class_exit_and_status(void **state)
{
	(void)state;
	assert_int_equal(err_class_of(ERR_USAGE), ERR_CLASS_USER);
	assert_int_equal(err_class_of(ERR_BUSY), ERR_CLASS_RETRYABLE);
	assert_int_equal(err_class_of(-1000), ERR_CLASS_PERMANENT);
	assert_int_equal(err_exit_code(ERR_GATE), 3);
	assert_int_equal(err_exit_code(ERR_TIMEOUT), 124);
	assert_int_equal(err_exit_code(0), 0);
	assert_int_equal(err_http_status(ERR_NOT_FOUND), 404);
	assert_string_equal(err_describe(ERR_FENCED), "the lease is over");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_fills_the_text_and_returns_the_code),
		cmocka_unit_test(a_hint_is_forgotten_by_the_next_text),
		cmocka_unit_test(an_errno_becomes_a_code_and_a_reason),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(a_copy_has_code_text_and_hint),
		cmocka_unit_test(every_code_has_a_name_that_leads_back),
		cmocka_unit_test(the_table_answers_for_class_exit_and_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
