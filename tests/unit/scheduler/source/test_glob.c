/* SPDX-License-Identifier: Apache-2.0 */
/* test_glob.c - what a pattern covers: a table, and the same questions put to git
 *
 * The table is what the documentation promises. The second test asks `git
 * check-ignore`, which reads the same language, about every pattern and path.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/glob.h"
#include "tests/lib/test.h"

struct question {
	const char *pattern;
	const char *path;
	bool covers;
};

static const struct question table[] = {
	/* a path is a path from the root, and all below it */
	{ "train.py", "train.py", true },
	{ "train.py", "src/train.py", false },
	{ "train.py", "train.pyc", false },
	{ "./train.py", "train.py", true },
	{ "/train.py", "train.py", true },
	{ "src/a.py", "src/a.py", true },
	{ "src/a.py", "other/src/a.py", false },
	{ "src", "src/deep/a.py", true },
	{ "src", "srcs/a.py", false },
	{ "src/", "src/a.py", true },
	{ "src/", "src/deep/a.py", true },
	{ "src/", "src", false },
	{ "src/", "lib/src/a.py", false },
	/* one part with a wildcard: in every folder */
	{ "*.csv", "a.csv", true },
	{ "*.csv", "data/a.csv", true },
	{ "*.csv", "data/raw/.csv", true },
	{ "*.csv", "a.csv.gz", false },
	{ "*.csv", "tables.csv/readme", true },
	{ "/*.csv", "a.csv", true },
	{ "/*.csv", "data/a.csv", false },
	{ "*", "a", true },
	{ "*", "a/b/.c", true },
	{ "**", "a/b/c", true },
	{ "foo*/", "foobar/x", true },
	{ "foo*/", "a/foobar/x", true },
	{ "foo*/", "foobar", false },
	/* with a slash inside: from the root, '*' stays in its folder */
	{ "data/*.csv", "data/a.csv", true },
	{ "data/*.csv", "data/sub/a.csv", false },
	{ "data/*.csv", "x/data/a.csv", false },
	{ "data/*", "data/sub/a.csv", true },
	{ "*/a.csv", "data/a.csv", true },
	{ "*/a.csv", "a.csv", false },
	{ "*/a.csv", "x/data/a.csv", false },
	/* two stars */
	{ "**/x", "x", true },
	{ "**/x", "a/x", true },
	{ "**/x", "a/b/x", true },
	{ "**/x", "a/b/x/y", true },
	{ "**/x", "a/bx", false },
	{ "x/**", "x/a", true },
	{ "x/**", "x/a/b", true },
	{ "x/**", "x", false },
	{ "x/**", "a/x/b", false },
	{ "a/**/b", "a/b", true },
	{ "a/**/b", "a/x/b", true },
	{ "a/**/b", "a/x/y/b", true },
	{ "a/**/b", "a/x/y/b/c", true },
	{ "a/**/b", "a/xb", false },
	{ "a/**/b", "c/a/b", false },
	{ "a/**/b/**/c", "a/b/b/x/c", true },
	{ "a/**/b/**/c", "a/c/b", false },
	{ "src/**/*.py", "src/a.py", true },
	{ "src/**/*.py", "src/x/y/a.py", true },
	{ "src/**/*.py", "src/x/y/a.pyc", false },
	{ "a**b/c", "axxb/c", true },
	{ "a**b/c", "ax/xb/c", false },
	{ "**/**/x", "x", true },
	{ "x/**/", "x/a/b", true },
	{ "x/**/", "x/a", false },
	/* one character, sets */
	{ "?.py", "a.py", true },
	{ "?.py", "ab.py", false },
	{ "a?b", "a/b", false },
	{ "[a-c].py", "b.py", true },
	{ "[a-c].py", "d.py", false },
	{ "[!a-c].py", "d.py", true },
	{ "[^a-c].py", "b.py", false },
	{ "[]a].py", "].py", true },
	{ "[]a].py", "a.py", true },
	{ "[!]a].py", "].py", false },
	{ "[a-].py", "-.py", true },
	{ "[\\]].py", "].py", true },
	{ "[[:digit:]]*", "7up", true },
	{ "[[:digit:]]*", "up7", false },
	{ "[![:digit:][:upper:]]*", "X", false },
	{ "[![:digit:][:upper:]]*", "x", true },
	{ "a[!x]b", "a/b", false },
	/* the character itself */
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "a\\?b", "a?b", true },
	{ "a\\?b", "axb", false },
	{ "\\[a]", "[a]", true },
	{ "\\!a", "!a", true },
	{ "#a", "#a", true },
	{ "a b", "a b", true },
	/* hidden files are files */
	{ "*.cfg", ".cfg", true },
	{ "*", ".hidden", true },
	{ "d/*", "d/.hidden", true },
	/* stars that have to give back */
	{ "a*b*c/x", "abbbcbc/x", true },
	{ "*aab*", "aaab", true },
	{ "a*bc*d", "abcbcxd", true },
	{ "a*bc*d", "abcbcx", false },
	{ "***", "a", true },
	{ "a***", "a", true },
};

static bool covers(const char *pattern, const char *path)
{
	struct err err = ERR_INIT;
	struct glob g;

	if (glob_parse(pattern, &g, &err) < 0)
		fail_msg("pattern '%s': %s", pattern, err.text);
	return glob_covers(&g, path);
}

static void a_pattern_covers_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(table); i++)
		if (covers(table[i].pattern, table[i].path) != table[i].covers)
			fail_msg("'%s' %s '%s'", table[i].pattern,
				 table[i].covers ? "should cover" : "should not cover",
				 table[i].path);
}

/* Asks git, in the folder, which of the table's paths the pattern ignores. */
static void compare_with_git(const char *folder, const char *pattern)
{
	char *command = mem_printf("cd %s && git check-ignore -q --no-index -- \"$P\"", folder);
	char *ignore = mem_printf("%s/.git/info/exclude", folder);
	char *line = mem_printf("%s\n", pattern);

	assert_int_equal(fs_write_file(AT_FDCWD, ignore, line, strlen(line), 0644, NULL), 0);
	for (size_t i = 0; i < countof(table); i += 5) {
		bool ours = covers(pattern, table[i].path);
		bool theirs;

		setenv("P", table[i].path, 1);
		theirs = system(command) == 0;
		if (ours != theirs)
			fail_msg("'%s' and '%s': git says %d", pattern, table[i].path, theirs);
	}
	free(line);
	free(ignore);
	free(command);
}

/* A name without a wildcard is the documented difference, so those are left out. */
static void git_says_the_same_of_every_wildcard(void **state)
{
	char folder[] = "/tmp/ingot-glob-XXXXXX";
	char *init;

	(void)state;
	assert_non_null(mkdtemp(folder));
	init = mem_printf("git init -q %s", folder);
	assert_int_equal(system(init), 0);
	for (size_t i = 0; i < countof(table); i++) {
		const char *pattern = table[i].pattern;

		if (strpbrk(pattern, "*?[") && !str_starts(pattern, "./") &&
		    (i == 0 || strcmp(pattern, table[i - 1].pattern) != 0))
			compare_with_git(folder, pattern);
	}
	assert_int_equal(fs_remove_tree(AT_FDCWD, folder, NULL), 0);
	free(init);
}

static void a_malformed_pattern_is_refused(void **state)
{
	static const char *const bad[] = { "",     "/",    "./",    "!",        "a//b", "../a",
					   "a/..", "a/./", "[a-z",  "a\\",      "[",    "a/[b/c]",
					   "a\nb", "//",   "a\x7f", "[[:digit:]" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct err err = ERR_INIT;
		struct glob g;

		if (glob_parse(bad[i], &g, &err) != ERR_INVALID)
			fail_msg("'%s' was taken", bad[i]);
		assert_string_not_equal(err.text, "");
	}
}

static void stars_cost_no_more_than_their_number(void **state)
{
	char name[4001];
	clock_t begin = clock();

	(void)state;
	memset(name, 'a', 4000);
	name[4000] = '\0';
	assert_false(covers("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
	for (size_t i = 1; i < 4000; i += 2)
		name[i] = '/';
	assert_false(covers("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b", name));
	assert_true((clock() - begin) < CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_covers_what_the_table_says),
		cmocka_unit_test(git_says_the_same_of_every_wildcard),
		cmocka_unit_test(a_malformed_pattern_is_refused),
		cmocka_unit_test(stars_cost_no_more_than_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
