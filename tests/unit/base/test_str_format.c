/* SPDX-License-Identifier: Apache-2.0 */
/* test_str_format.c - strings: written for people, for shells, for terminals */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/test.h"

/* Compares what is in b, and empties it for the next. */
static void check(struct buf *b, const char *text)
{
	assert_string_equal(buf_str(b), text);
	buf_clear(b);
}

static void durations_are_as_short_as_they_can_be(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ -5, "0.0s" },	     { 0, "0.0s" },	   { 349, "0.3s" },
		{ 350, "0.4s" },     { 12000, "12.0s" },   { 59949, "59.9s" },
		{ 59950, "1m00s" },  { 63000, "1m03s" },   { 3599499, "59m59s" },
		{ 3599500, "1h00m" }, { 7500000, "2h05m" }, { 360000000, "100h00m" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		str_format_duration(&b, cases[i].ms);
		check(&b, cases[i].text);
	}
	str_format_duration(&b, INT64_MAX);
	check(&b, "2562047788015h12m");
	buf_finish(&b);
}

static void sizes_carry_over_to_the_next_unit(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	str_format_size(&b, 0);
	check(&b, "0 B");
	str_format_size(&b, 1023);
	check(&b, "1023 B");
	str_format_size(&b, 1024);
	check(&b, "1.0 KiB");
	str_format_size(&b, (1 << 20) - 1);
	check(&b, "1.0 MiB");
	str_format_size(&b, 1258291);
	check(&b, "1.2 MiB");
	str_format_size(&b, UINT64_MAX);
	check(&b, "16.0 EiB");
	buf_finish(&b);
}

static void doubles_read_as_a_person_would_write_them(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0.1, "0.1" },	  { 1e-7, "1e-07" },		 { 3, "3" },
		{ -0.0, "-0" },	  { 1e15, "1000000000000000" },	 { 1e16, "1e+16" },
		{ 0.95, "0.95" }, { 0.1 + 0.2, "0.30000000000000004" },
		{ -42, "-42" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		str_format_double(&b, cases[i].value);
		check(&b, cases[i].text);
	}
	buf_finish(&b);
}

static void doubles_read_back_as_themselves(void **state)
{
	struct buf b = BUF_INIT;
	uint64_t bits = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double value;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		str_format_double(&b, value);
		if (strtod(buf_str(&b), NULL) != value)
			fail_msg("%a became %s", value, buf_str(&b));
		buf_clear(&b);
	}
	buf_finish(&b);
}

static void a_word_is_quoted_when_a_shell_would_see_more_in_it(void **state)
{
	static const struct {
		const char *word;
		const char *quoted;
	} cases[] = {
		{ "src/train.py", "src/train.py" },
		{ "--rate", "--rate" },
		{ "v1.2_b@x", "v1.2_b@x" },
		{ "", "''" },
		{ "x; rm -rf ~", "'x; rm -rf ~'" },
		{ "it's", "'it'\\''s'" },
		{ "$(id)", "'$(id)'" },
		{ "a=b", "'a=b'" },
		{ "2", "'2'" },
		{ "if", "'if'" },
		{ "~", "'~'" },
		{ "a\nb", "'a\nb'" },
		{ "größe", "'größe'" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		str_shell_quote(&b, cases[i].word);
		check(&b, cases[i].quoted);
	}
	buf_finish(&b);
}

static void the_shell_gives_back_the_word_that_was_quoted(void **state)
{
	static const char *const words[] = { "x; rm -rf ~", "it's", "$(id) `id` \\ \" !",
					     "a\nb",	    "*",    "2",
					     "while" };
	char out[64];

	(void)state;
	for (size_t i = 0; i < countof(words); i++) {
		struct buf b = BUF_INIT;
		FILE *shell;
		size_t len;

		buf_str_append(&b, "printf '%s' ");
		str_shell_quote(&b, words[i]);
		shell = popen(buf_str(&b), "r");
		assert_non_null(shell);
		len = fread(out, 1, sizeof(out) - 1, shell);
		out[len] = '\0';
		assert_int_equal(pclose(shell), 0);
		assert_string_equal(out, words[i]);
		buf_finish(&b);
	}
}

static void a_terminal_cannot_be_driven(void **state)
{
	static const struct {
		const char *text;
		const char *printed;
	} cases[] = {
		{ "plain Größe 温度", "plain Größe 温度" },
		{ "a\tb", "a b" },
		{ "a\nb\r", "a\\x0ab\\x0d" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b""2J", "\\u{009B}2J" },      /* a C1 control, as UTF-8 */
		{ "\x9b""2J", "\\x9b2J" },              /* and as a bare byte */
		{ "a\xe2\x80\xae""b", "a\\u{202E}b" },  /* right-to-left override */
		{ "\xe2\x81\xa6", "\\u{2066}" },
		{ "\xe2\x80\xa8", "\\u{2028}" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		str_printable(&b, cases[i].text, strlen(cases[i].text));
		check(&b, cases[i].printed);
	}
	str_printable(&b, "a\0b", 3);
	check(&b, "a\\x00b");
	buf_finish(&b);
}

static size_t format(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = str_vformat(out, size, fmt, ap);
	va_end(ap);
	return len;
}

static void a_text_that_does_not_fit_is_cut_between_characters(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(format(out, sizeof(out), "%s", "1234567"), 7);
	assert_string_equal(out, "1234567");
	assert_int_equal(format(out, sizeof(out), "%s", "12345678"), 7);
	assert_string_equal(out, "1234…");
	assert_int_equal(format(out, sizeof(out), "%s", "123ß5678"), 6);
	assert_string_equal(out, "123…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_as_short_as_they_can_be),
		cmocka_unit_test(sizes_carry_over_to_the_next_unit),
		cmocka_unit_test(doubles_read_as_a_person_would_write_them),
		cmocka_unit_test(doubles_read_back_as_themselves),
		cmocka_unit_test(a_word_is_quoted_when_a_shell_would_see_more_in_it),
		cmocka_unit_test(the_shell_gives_back_the_word_that_was_quoted),
		cmocka_unit_test(a_terminal_cannot_be_driven),
		cmocka_unit_test(a_text_that_does_not_fit_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
