/* SPDX-License-Identifier: Apache-2.0 */
/* test_bad_input.c - empty, binary, foreign and hostile files: one clear message, at once */
#include "definition.h"

#include "base/clock.h"

/* What a hostile file may cost; the checker is some ten times below, so that a
 * loaded machine or a sanitizer does not fail it. */
enum { SLOWEST_MS = 2000 };

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *code;
	int line, column;
	const char *message;
} cases[] = {
	{ BYTES(""), "empty", 1, 1, "the definition is empty" },
	{ BYTES("\n\n# only a comment\n"), "empty", 1, 1, "the definition is empty" },
	{ BYTES("~\n"), "empty", 1, 1, "the definition is empty" },
	{ BYTES("---\n"), "empty", 2, 1, "the definition is empty" },
	{ BYTES("hello\n"), "wrong-type", 1, 1, "a mapping is expected, not a string 'hello'" },
	{ BYTES("- a\n"), "wrong-type", 1, 1, "a mapping is expected, not a list" },
	{ BYTES("\xff\xfes\0t\0"), "not-utf-8", 1, 1, "the file begins with UTF-16" },
	{ BYTES("\xfe\xff\0s\0t"), "not-utf-8", 1, 1, "the file begins with UTF-16" },
	{ BYTES("\xff\xfe\0\0s\0\0\0"), "not-utf-8", 1, 1, "the file begins with UTF-32" },
	{ BYTES("\xef\xbb\xbfsteps: 1\n"), "not-utf-8", 1, 1, "the file begins with a byte order mark" },
	{ BYTES("\x7f" "ELF\2\1\1\0\0"), "not-text", 1, 1, "a control character: is this a binary file?" },
	{ BYTES("name: a\nx: \0\n"), "not-text", 2, 4, "a control character: is this a binary file?" },
	{ BYTES("name: a\nx: b\xe4r\n"), "not-utf-8", 2, 5, "this is not UTF-8" },
	{ BYTES("name: \xc0\xaf\n"), "not-utf-8", 1, 7, "this is not UTF-8" },
	{ BYTES("steps:\n\ta: 1\n"), "yaml", 2, 1, "not valid YAML: found character that cannot start any token" },
	{ BYTES("steps: { a\n"), "yaml", 2, 1, "not valid YAML: did not find expected ',' or '}'" },
	{ BYTES("name: \"a\n"), "yaml", 2, 1, "not valid YAML: found unexpected end of stream" },
	{ BYTES("name: a: b\n"), "yaml", 1, 8, "not valid YAML: mapping values are not allowed" },
	{ BYTES("{ [a]: 1 }\n"), "yaml", 1, 3, "a list or a mapping cannot be a key" },
	{ BYTES("steps: { a: { run: x } }\n---\nname: b\n"), "several-documents", 2, 1, "one YAML document" },
	{ BYTES("steps: { a: &x { run: x } }\n"), "alias", 1, 13, "anchors and aliases are not used here: &x" },
	{ BYTES("steps: { a: { run: !sh x } }\n"), "tag", 1, 20, "tags are not used here: !sh" },
	{ BYTES("steps: { a: { run: \"x\\0y\" } }\n"), "bad-value", 1, 20, "a string holds a NUL byte" },
	{ BYTES("steps: { a: { run: x, retry: 99999999999999999999 } }\n"), "bad-value", 1, 30,
	  "does not fit into 64 bits" },
};

static void each_bad_file_has_its_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct diagnostics found = DIAGNOSTICS_INIT;
		struct pipeline *p = NULL;
		struct buf shown = BUF_INIT;
		const struct diagnostic *d;

		assert_int_equal(pipeline_check(cases[i].text, cases[i].len, "ingot.yaml", &p, &found),
				 ERR_INVALID);
		assert_null(p);
		d = &found.items[0];
		diagnostics_render(&found, &shown);
		if (strcmp(d->code, cases[i].code) != 0 || d->pos.line != cases[i].line ||
		    d->pos.column != cases[i].column || !strstr(d->message, cases[i].message))
			fail_msg("%zu: %s", i, buf_str(&shown));
		buf_finish(&shown);
		diagnostics_finish(&found);
	}
}

static void crlf_and_wide_characters_keep_their_columns(void **state)
{
	static const char text[] = "name: x\r\nsteps:\r\n  a:\r\n    run: |\r\n      ä€ ${{ brnch }}\r\n";
	struct diagnostics found = DIAGNOSTICS_INIT;
	struct pipeline *p = NULL;
	(void)state;

	assert_int_equal(pipeline_check(text, sizeof(text) - 1, "ingot.yaml", &p, &found), ERR_INVALID);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].pos.line, 5);
	assert_int_equal(found.items[0].pos.column, 14);
	diagnostics_finish(&found);
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
	static const char text[] = "name: \"\\e[31mred\"\nsteps: { a: { run: x } }\n";
	struct diagnostics found = DIAGNOSTICS_INIT;
	struct pipeline *p = NULL;
	struct buf shown = BUF_INIT;
	(void)state;

	assert_int_equal(pipeline_check(text, sizeof(text) - 1, "a\x1b.yaml", &p, &found), ERR_INVALID);
	diagnostics_render(&found, &shown);
	assert_null(strchr(buf_str(&shown), '\x1b'));
	buf_finish(&shown);
	diagnostics_finish(&found);
}

/* Each bomb is a head, a part many times with its number, and a tail. */
static const struct {
	const char *head, *part, *tail;
	int times;
	const char *code;
} bombs[] = {
	{ "", "[", "", 100000, "too-deep" },
	{ "", "{", "", 100000, "too-deep" },
	{ "", "- ", "", 100000, "too-deep" },
	{ "", "? ", "", 100000, "too-deep" },
	{ "", "[", "", 1000000, "too-large" },
	{ "a: &a [x]\n", "b%d: *a\n", "", 20000, "alias" },
	{ "a0: &a0 [x]\n", "b%d: &b [*a0, *a0]\n", "", 9000, "alias" },
	{ "", "key%d: 1\n", "", 20000, "unknown-key" },
	{ "", "k: 1\n", "", 40000, "duplicate-key" },
	{ "<<: {", "k%d: 1, ", "}\n", 10000, "missing-key" },
	{ "steps:\n", " s%d: { run: x, needs: zz }\n", "", 7500, "unknown-step" },
	{ "steps: {a: {run: x, matrix: {", "a%d: [1, 2], ", "}}}\n", 10000, "too-large" },
	{ "steps: {a: {run: x, matrix: {a: [", "%d,", "]}}}\n", 30000, "matrix-too-large" },
	{ "steps: {a: {run: x, metrics: m, gates: ['", "(", "']}}\n", 100000, "bad-expression" },
	{ "steps: {a: {run: x, metrics: m, gates: [", "'a <',", "]}}\n", 1000, "bad-expression" },
	{ "steps: {a: {run: x, env: {", "A%d: '${{ bad }}',", "}}}\n", 128, "unknown-name" },
	{ "steps: {a: {run: x, env: {", "A%d: 1,", "}}}\n", 10000, "too-large" },
	{ "steps: {a: {run: x, inputs: {", "a%d: b.c,", "}}}\n", 10000, "too-large" },
	{ "steps: {a: {run: '", "$(", "${{ branch }}'}}\n", 50000, "bad-template" },
};

static void make_bomb(size_t i, struct buf *text)
{
	const char *number = strstr(bombs[i].part, "%d");

	buf_str_append(text, bombs[i].head);
	for (int k = 0; k < bombs[i].times; k++) {
		size_t before = number ? (size_t)(number - bombs[i].part) : strlen(bombs[i].part);

		buf_append(text, bombs[i].part, before);
		if (number)
			buf_printf(text, "%d%s", k, number + 2);
	}
	buf_str_append(text, bombs[i].tail);
}

static void bombs_are_refused_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(bombs); i++) {
		struct buf text = BUF_INIT;
		struct diagnostics found = DIAGNOSTICS_INIT;
		struct pipeline *p = NULL;
		int64_t start_us = clock_mono_us(), took_ms;

		make_bomb(i, &text);
		assert_int_equal(pipeline_check(text.data, text.len, "ingot.yaml", &p, &found),
				 ERR_INVALID);
		took_ms = (clock_mono_us() - start_us) / 1000;
		if (strcmp(found.items[0].code, bombs[i].code) != 0 || took_ms > SLOWEST_MS)
			fail_msg("bomb %zu: %s after %lld ms", i, found.items[0].code, (long long)took_ms);
		assert_true(found.count <= DIAGNOSTICS_MAX);
		diagnostics_finish(&found);
		buf_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_file_has_its_message),
		cmocka_unit_test(crlf_and_wide_characters_keep_their_columns),
		cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
		cmocka_unit_test(bombs_are_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
