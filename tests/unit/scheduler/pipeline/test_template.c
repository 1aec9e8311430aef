/* SPDX-License-Identifier: Apache-2.0 */
/* test_template.c - a value is one word of the script, whatever it contains
 *
 * The proof is the shell itself: each script prints what it was given, and that
 * must be the value, byte for byte.
 */
#include "definition.h"

#include <stdio.h>
#include <unistd.h>

static int give(void *arg, const char *name, struct buf *out, struct err *err)
{
	if (strcmp(name, "x") != 0)
		return err_set(err, ERR_NOT_FOUND, "no %s", name);
	buf_str_append(out, arg);
	return 0;
}

static void render(const char *text, enum template_mode mode, const char *value, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct template t;
	struct err err = ERR_INIT;

	if (template_parse(&arena, text, mode, &t, NULL, &err) < 0 ||
	    template_render(&t, give, (void *)value, out, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	arena_finish(&arena);
}

/* Runs the script in a shell; what it printed. */
static void run(const char *shell, const char *script, struct buf *out)
{
	char path[] = "/tmp/ingot-template-XXXXXX", command[64], byte;
	int fd = mkstemp(path);
	FILE *pipe;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), (int)strlen(script));
	close(fd);
	snprintf(command, sizeof(command), "%s %s 2>&1", shell, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fread(&byte, 1, 1, pipe) == 1)
		buf_char(out, byte);
	pclose(pipe);
	unlink(path);
}

static const char *const hostile[] = {
	"main",
	"",
	"x; echo BAD",
	"$(echo BAD)",
	"`echo BAD`",
	"'; echo BAD; '",
	"\"; echo BAD; \"",
	"a\nb\necho BAD",
	"\\",
	"\\'",
	"it's \"quoted\" $HOME",
	"*",
	"~",
	"-n",
	"#",
	"a b  c",
	"!x",
	"&& echo BAD",
	"| cat /etc/passwd",
	"> /tmp/x",
	"${IFS}",
	"\\$(echo BAD)",
	"}}",
	"\xc3\xa4 \xe2\x82\xac",
};

static void hostile_values_stay_words_in_every_place(void **state)
{
	/* Each prints [VALUE]. */
	static const char *const scripts[] = {
		"printf '[%s]' ${{ x }}",
		"printf '[%s]' \"${{ x }}\"",
		"printf '[%s]' '${{ x }}'",
		"v=${{ x }}; printf '[%s]' \"$v\"",
		"printf '[%s' ''${{ x }}\"]\"",
		"printf '%s' \"[${{ x }}]\"",
		"v=\"$(printf '%s.' ${{ x }})\"; printf '[%s]' \"${v%.}\"",
		"# it's a comment\nprintf '[%s]' ${{ x }}",
		"cat <<EOF >/dev/null\nit's \" a $HOME here\nEOF\nprintf '[%s]' ${{ x }}",
		"cat <<-'E' >/dev/null\n\tit's\n\tE\nprintf '[%s]' ${{ x }}",
		"echo $((1 + 2)) \"${HOME}\" >/dev/null; printf '[%s]' ${{ x }}",
		"case a in a) printf '[%s]' ${{ x }};; esac",
		"(printf '[%s]' ${{ x }})",
		"echo a#b 'c#' \\' >/dev/null; printf '[%s]' ${{ x }}",
	};
	static const char *const shells[] = { "sh", "bash" };
	(void)state;

	for (size_t i = 0; i < countof(scripts) * countof(hostile); i++) {
		const char *value = hostile[i % countof(hostile)];
		struct buf script = BUF_INIT, got = BUF_INIT, want = BUF_INIT;

		render(scripts[i / countof(hostile)], TEMPLATE_SHELL, value, &script);
		buf_printf(&want, "[%s]", value);
		run(shells[i % 2], buf_str(&script), &got);
		if (strcmp(buf_str(&got), buf_str(&want)) != 0)
			fail_msg("%s\nprints %s\ninstead of %s", buf_str(&script), buf_str(&got),
				 buf_str(&want));
		buf_finish(&script);
		buf_finish(&got);
		buf_finish(&want);
	}
}

static void places_that_no_quoting_holds_are_refused(void **state)
{
	static const struct {
		const char *script, *message;
	} cases[] = {
		{ "cat <<EOF\n${{ x }}\nEOF\n", "in a here-document" },
		{ "cat <<\\EOF\nEOF\necho ${{ x }}", "behind a here-document" },
		{ "cat <<A <<B\nA\nB\necho ${{ x }}", "behind a here-document" },
		{ "cat <<A\n$(cat <<B\nA\nB\n)\nA\necho ${{ x }}", "behind a here-document" },
		{ "cat <<A\nb\\\nA\nA\necho ${{ x }}", "behind a here-document" },
		{ "cat <<${{ x }}\n", "behind a here-document" },
		{ "cat <<A \"\n\"\nA\necho ${{ x }}", "behind a here-document" },
		{ "echo hi # ${{ x }}", "in a comment" },
		{ "# ${{ x }}", "in a comment" },
		{ "echo `date ${{ x }}`", "within backquotes" },
		{ "echo \"`date ${{ x }}`\"", "within backquotes" },
		{ "echo $((1 + ${{ x }}))", "within arithmetic" },
		{ "((n = ${{ x }}))", "within arithmetic" },
		{ "echo ${v:-${{ x }}}", "within ${" },
		{ "echo \"${v#${{ x }}}\"", "within ${" },
		{ "echo ${v:-'}'} ${{ x }}", "behind an expansion" },
		{ "echo \\${{ x }}", "behind a backslash" },
		{ "echo \"\\${{ x }}\"", "behind a backslash" },
		{ "echo $${{ x }}", "behind '$'" },
		{ "echo $'it\\'s' ${{ x }}", "behind $'" },
		{ "v=\"$(case a in a) echo ${{ x }};; esac)\"", "behind 'case'" },
	};
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct template t;
		struct err err = ERR_INIT;
		size_t offset = 0;
		int rc = template_parse(&arena, cases[i].script, TEMPLATE_SHELL, &t, &offset, &err);

		if (rc != ERR_INVALID || !strstr(err.text, cases[i].message))
			fail_msg("%s: %s", cases[i].script, rc < 0 ? err.text : "was taken");
		assert_int_equal(offset, strstr(cases[i].script, "${{") - cases[i].script);
		arena_finish(&arena);
	}
}

static void plain_templates_take_values_as_they_are(void **state)
{
	struct buf out = BUF_INIT;
	(void)state;

	render("out/${{ x }}.csv", TEMPLATE_PLAIN, "a b", &out);
	assert_string_equal(buf_str(&out), "out/a b.csv");
	buf_clear(&out);
	render("${{x}}${{  x\t}}", TEMPLATE_PLAIN, "ab", &out);
	assert_string_equal(buf_str(&out), "abab");
	buf_clear(&out);
	render("$ {{ x }} $x }}", TEMPLATE_PLAIN, "ab", &out);
	assert_string_equal(buf_str(&out), "$ {{ x }} $x }}");
	buf_finish(&out);
}

static void a_bad_template_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *message;
	} cases[] = {
		{ "a ${{ x", 2, "is not closed" },
		{ "${{ x }} ${{ }}", 9, "a name is missing" },
		{ "${{ 1 + 2 }}", 0, "only names stand in" },
		{ "${{ x || y }}", 0, "only names stand in" },
		{ "${{ ${{ x }} }}", 0, "only names stand in" },
	};
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct template t;
		struct err err = ERR_INIT;
		size_t offset = 99;

		assert_int_equal(
			template_parse(&arena, cases[i].text, TEMPLATE_PLAIN, &t, &offset, &err),
			ERR_INVALID);
		assert_int_equal(offset, cases[i].offset);
		assert_non_null(strstr(err.text, cases[i].message));
		arena_finish(&arena);
	}
}

static void a_failed_render_leaves_the_output_alone(void **state)
{
	struct arena arena = ARENA_INIT;
	struct template t;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	(void)state;

	assert_int_equal(
		template_parse(&arena, "${{ x }}-${{ y }}", TEMPLATE_PLAIN, &t, NULL, &err), 0);
	assert_int_equal(template_render(&t, give, "v", &out, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "no y");
	assert_int_equal(out.len, 0);
	buf_finish(&out);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values_stay_words_in_every_place),
		cmocka_unit_test(places_that_no_quoting_holds_are_refused),
		cmocka_unit_test(plain_templates_take_values_as_they_are),
		cmocka_unit_test(a_bad_template_is_refused_at_its_place),
		cmocka_unit_test(a_failed_render_leaves_the_output_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
