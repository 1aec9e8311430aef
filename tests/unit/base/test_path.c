/* SPDX-License-Identifier: Apache-2.0 */
/* test_path.c - names of files: joining, judging */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "tests/lib/test.h"

static void joining_puts_one_slash_between(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		const char *joined;
	} cases[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "a", "/b", "/b" },
		{ "", "b", "b" },    { "/", "b", "/b" },   { "a/b", "c/d", "a/b/c/d" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char *joined = path_join(cases[i].a, cases[i].b);

		assert_string_equal(joined, cases[i].joined);
		free(joined);
	}
}

static void the_base_is_behind_the_last_slash(void **state)
{
	(void)state;
	assert_string_equal(path_base("a/b.c"), "b.c");
	assert_string_equal(path_base("b.c"), "b.c");
	assert_string_equal(path_base("a/"), "");
}

static void only_plain_relative_paths_are_inside(void **state)
{
	static const char *const good[] = { "a", "a/b", "..a", "a..", "...", ".git/x", "größe/b c" };
	static const char *const bad[] = { "",	  "/",	  "/a",	  "a/",	   "a//b", ".",	   "..",
					   "./a", "a/.",  "../a", "a/../b", "a/..", "a\nb", "a\x7f" };

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		if (!path_is_inside(good[i]))
			fail_msg("'%s' was refused", good[i]);
	for (size_t i = 0; i < countof(bad); i++)
		if (path_is_inside(bad[i]))
			fail_msg("'%s' was taken", bad[i]);
}

static void parts_and_paths_have_a_limit(void **state)
{
	char path[4200];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[255] = '\0';
	assert_true(path_is_inside(path));
	path[255] = 'a';
	path[256] = '\0';
	assert_false(path_is_inside(path));
	memset(path, 'a', sizeof(path));
	for (size_t i = 200; i < 4096; i += 200)
		path[i] = '/';
	path[4096] = '\0';
	assert_true(path_is_inside(path));
	path[4096] = 'a';
	path[4097] = '\0';
	assert_false(path_is_inside(path));
}

static void links_may_not_lead_out(void **state)
{
	static const struct {
		const char *link;
		const char *target;
		bool inside;
	} cases[] = {
		{ "l", "a", true },
		{ "l", "a/b/", true },
		{ "l", "./a", true },
		{ "l", "..", false },
		{ "l", "../a", false },
		{ "d/l", "../a", true },
		{ "d/l", "..", true },
		{ "d/l", "../../a", false },
		{ "d/e/l", ".././/../a", true },
		{ "d/l", "a/..", false }, /* a may be a link to elsewhere */
		{ "l", "/etc/passwd", false },
		{ "l", "", false },
		{ "l", "a\nb", false },
		{ "../l", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		if (path_link_is_inside(cases[i].link, cases[i].target) != cases[i].inside)
			fail_msg("%s -> %s", cases[i].link, cases[i].target);
}

static void names_are_words(void **state)
{
	static const char *const good[] = { "a", "_x", "train-2", "A_b" };
	static const char *const bad[] = { "", "2a", "-a", "a b", "a.b", "größe", "a/b" };
	char name[66];

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_true(path_is_name(good[i]));
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(path_is_name(bad[i]));
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_true(path_is_name(name));
	name[64] = 'a';
	name[65] = '\0';
	assert_false(path_is_name(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joining_puts_one_slash_between),
		cmocka_unit_test(the_base_is_behind_the_last_slash),
		cmocka_unit_test(only_plain_relative_paths_are_inside),
		cmocka_unit_test(parts_and_paths_have_a_limit),
		cmocka_unit_test(links_may_not_lead_out),
		cmocka_unit_test(names_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
