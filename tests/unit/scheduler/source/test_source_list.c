/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_list.c - matching a step's patterns, canonical text, difference */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "scheduler/source/source_list.h"
#include "tests/lib/test.h"

#define OID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct source_entry tree_entries[] = {
	{ "README.md", SOURCE_FILE, OID_A, NULL },
	{ "data/a.csv", SOURCE_FILE, OID_A, NULL },
	{ "data/b.csv", SOURCE_FILE, OID_B, NULL },
	{ "data/raw/c.csv", SOURCE_FILE, OID_A, NULL },
	{ "src/run.sh", SOURCE_EXECUTABLE, OID_A, NULL },
	{ "src/train.py", SOURCE_FILE, OID_B, NULL },
	{ "vendor/lib", SOURCE_REFUSED, OID_A, "is a submodule" },
	{ "weights", SOURCE_LINK, OID_B, NULL },
};
static const struct source_list tree = { tree_entries, countof(tree_entries) };

/* The paths of a list, each behind a space. */
static const char *paths_of(const struct source_list *list, struct arena *arena)
{
	char *all = arena_strdup(arena, "");

	for (size_t i = 0; i < list->count; i++)
		all = arena_printf(arena, "%s %s", all, list->entries[i].path);
	return all;
}

static void expect_match(const char *const *patterns, size_t count, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct source_list list = { 0 };
	struct err err = ERR_INIT;

	if (source_list_match(&tree, patterns, count, &arena, &list, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(paths_of(&list, &arena), expected);
	arena_finish(&arena);
}

#define EXPECT_MATCH(expected, ...)                                                                \
	do {                                                                                       \
		const char *const patterns_[] = { __VA_ARGS__ };                                   \
		expect_match(patterns_, countof(patterns_), expected);                             \
	} while (0)

static void patterns_choose_files_in_order_of_paths(void **state)
{
	(void)state;
	EXPECT_MATCH(" src/train.py", "src/train.py");
	EXPECT_MATCH(" README.md src/run.sh src/train.py", "src/", "README.md");
	EXPECT_MATCH(" data/a.csv data/b.csv data/raw/c.csv", "*.csv");
	EXPECT_MATCH(" data/a.csv data/b.csv", "data/*.csv");
	EXPECT_MATCH(" data/a.csv data/b.csv weights", "weights", "data/a.csv", "data/?.csv");
}

static void the_last_pattern_that_covers_a_path_decides(void **state)
{
	(void)state;
	EXPECT_MATCH(" data/a.csv data/b.csv", "data/", "!data/raw/");
	EXPECT_MATCH(" data/a.csv data/b.csv data/raw/c.csv", "data/", "!data/raw/", "*.csv");
	EXPECT_MATCH(" data/b.csv", "*.csv", "!data", "data/b.csv");
	EXPECT_MATCH(" data/a.csv data/b.csv data/raw/c.csv", "!data/a.csv", "data/");
	EXPECT_MATCH(" README.md", "README.md", "!no/such/thing");
	EXPECT_MATCH("", "README.md", "!*");
}

static void no_patterns_take_all_and_an_empty_list_nothing(void **state)
{
	static const struct source_list clean = { tree_entries, 6 };
	static const struct source_list nothing = { NULL, 0 };
	struct arena arena = ARENA_INIT;
	struct source_list list;

	(void)state;
	assert_int_equal(source_list_match(&clean, NULL, 0, &arena, &list, NULL), 0);
	assert_int_equal(list.count, 6);
	assert_int_equal(source_list_match(&nothing, NULL, 0, &arena, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	expect_match((const char *const[]){ "" }, 0, "");
	arena_finish(&arena);
}

static void expect_refusal(const char *pattern, const char *text, const char *hint)
{
	struct arena arena = ARENA_INIT;
	struct source_list list = { 0 };
	struct err err = ERR_INIT;
	int rc = source_list_match(&tree, pattern ? &pattern : NULL, 1, &arena, &list, &err);

	assert_int_equal(rc, ERR_INVALID);
	assert_string_equal(err.text, text);
	assert_string_equal(err.hint, hint);
	assert_null(list.entries);
	arena_finish(&arena);
}

static void a_pattern_that_takes_nothing_is_an_error_with_the_nearest_path(void **state)
{
	(void)state;
	expect_refusal("src/trian.py", "sources: 'src/trian.py' matches nothing in the commit",
		       "did you mean 'src/train.py'?");
	expect_refusal("train.py", "sources: 'train.py' matches nothing in the commit",
		       "did you mean 'src/train.py'?");
	expect_refusal("*.parquet", "sources: '*.parquet' matches nothing in the commit", "");
	expect_refusal("data/[a", "pattern 'data/[a' has a '[' without ']'", "");
}

static void a_refused_entry_matters_only_to_a_step_that_would_have_it(void **state)
{
	const char *text = "a step cannot have 'vendor/lib' of the repository: it is a submodule";
	const char *hint = "leave it out: sources: [\"**\", \"!/vendor/lib\"]";

	(void)state;
	expect_refusal("vendor/", text, hint);
	expect_refusal(NULL, text, hint);
	EXPECT_MATCH(" README.md weights", "**", "!vendor/lib", "!data", "!src");
}

static void the_text_is_canonical_and_reads_back(void **state)
{
	static const struct source_entry entries[] = {
		{ "a\\b", SOURCE_FILE, OID_A, NULL },
		{ "caf\xc3\xa9", SOURCE_EXECUTABLE, OID_B, NULL },
		{ "latin-\xe9", SOURCE_LINK, OID_A, NULL },
	};
	static const struct source_list list = { entries, countof(entries) };
	const char *expected = "100644 " OID_A " a\\x5cb\n"
			       "100755 " OID_B " caf\xc3\xa9\n"
			       "120000 " OID_A " latin-\\xe9\n";
	struct arena arena = ARENA_INIT;
	struct source_list again;
	struct buf text = BUF_INIT;
	struct digest by_list, by_text;

	(void)state;
	source_list_text(&list, &text);
	assert_string_equal(buf_str(&text), expected);
	source_list_digest(&list, &by_list);
	hash_bytes(text.data, text.len, &by_text);
	assert_true(digest_eq(&by_list, &by_text));
	assert_int_equal(source_list_parse(text.data, text.len, &arena, &again, NULL), 0);
	assert_int_equal(again.count, 3);
	for (size_t i = 0; i < again.count; i++) {
		assert_string_equal(again.entries[i].path, entries[i].path);
		assert_string_equal(again.entries[i].oid, entries[i].oid);
		assert_int_equal(again.entries[i].kind, entries[i].kind);
	}
	buf_finish(&text);
	arena_finish(&arena);
}

static void a_text_that_is_not_canonical_is_refused(void **state)
{
	static const char *const bad[] = {
		"100644 " OID_A " a",	 /* no newline */
		"100644 " OID_A " \n",	 /* no path */
		"100644 " OID_A "\n",	 /* no path */
		"100664 " OID_A " a\n",	 /* mode */
		"refused " OID_A " a\n", /* not a file */
		"100644 AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a\n",
		"100644 aaaa a\n",
		"100644 " OID_A " b\n100644 " OID_A " a\n", /* order */
		"100644 " OID_A " a\n100644 " OID_A " a\n", /* twice */
		"100644 " OID_A " ../a\n",
		"100644 " OID_A " /a\n",
		"100644 " OID_A " a\\x0ab\n", /* a newline in a path */
		"100644 " OID_A " \\x61\n",   /* escaped without need */
		"100644 " OID_A " a\\x5\n",
		"100644 " OID_A " a\\x5C\n",
		"\n",
		"100644 " OID_A " a\n\n",
	};
	struct arena arena = ARENA_INIT;
	struct source_list list = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		if (source_list_parse(bad[i], strlen(bad[i]), &arena, &list, NULL) != ERR_INVALID)
			fail_msg("was taken: %s", bad[i]);
	assert_int_equal(source_list_parse("100644 " OID_A " a\0b\n", 51, &arena, &list, NULL),
			 ERR_INVALID);
	assert_int_equal(source_list_parse("", 0, &arena, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	arena_finish(&arena);
}

static void a_difference_names_what_was_added_removed_and_changed(void **state)
{
	static const struct source_entry old[] = {
		{ "a", SOURCE_FILE, OID_A, NULL },
		{ "b", SOURCE_FILE, OID_A, NULL },
		{ "c", SOURCE_FILE, OID_A, NULL },
		{ "d", SOURCE_FILE, OID_A, NULL },
	};
	static const struct source_entry new[] = {
		{ "a", SOURCE_FILE, OID_A, NULL },
		{ "b", SOURCE_FILE, OID_B, NULL },
		{ "bb", SOURCE_FILE, OID_A, NULL },
		{ "d", SOURCE_EXECUTABLE, OID_A, NULL },
	};
	static const struct source_list before = { old, countof(old) };
	static const struct source_list after = { new, countof(new) };
	struct arena arena = ARENA_INIT;
	struct source_changes diff;
	char *all = arena_strdup(&arena, "");

	(void)state;
	source_list_diff(&before, &after, &arena, &diff);
	for (size_t i = 0; i < diff.count; i++)
		all = arena_printf(&arena, "%s%s %s;", all,
				   source_change_name(diff.changes[i].kind), diff.changes[i].path);
	assert_string_equal(all, "changed b;added bb;removed c;changed d;");
	source_list_diff(&before, &before, &arena, &diff);
	assert_int_equal(diff.count, 0);
	arena_finish(&arena);
}

static void a_path_is_found_by_its_name(void **state)
{
	(void)state;
	assert_ptr_equal(source_list_lookup(&tree, "README.md"), &tree_entries[0]);
	assert_ptr_equal(source_list_lookup(&tree, "weights"), &tree_entries[7]);
	assert_ptr_equal(source_list_lookup(&tree, "src/run.sh"), &tree_entries[4]);
	assert_null(source_list_lookup(&tree, "src"));
	assert_null(source_list_lookup(&tree, "z"));
}

static void patterns_alone_judge_any_path(void **state)
{
	static const char *const patterns[] = { "src/**", "!src/tests/", "ingot.yaml" };

	(void)state;
	assert_true(source_patterns_take(patterns, 3, "src/a.py"));
	assert_false(source_patterns_take(patterns, 3, "src/tests/a.py"));
	assert_true(source_patterns_take(patterns, 3, "ingot.yaml"));
	assert_false(source_patterns_take(patterns, 3, "sub/ingot.yaml"));
	assert_false(source_patterns_take(patterns, 0, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_choose_files_in_order_of_paths),
		cmocka_unit_test(the_last_pattern_that_covers_a_path_decides),
		cmocka_unit_test(no_patterns_take_all_and_an_empty_list_nothing),
		cmocka_unit_test(a_pattern_that_takes_nothing_is_an_error_with_the_nearest_path),
		cmocka_unit_test(a_refused_entry_matters_only_to_a_step_that_would_have_it),
		cmocka_unit_test(the_text_is_canonical_and_reads_back),
		cmocka_unit_test(a_text_that_is_not_canonical_is_refused),
		cmocka_unit_test(a_difference_names_what_was_added_removed_and_changed),
		cmocka_unit_test(a_path_is_found_by_its_name),
		cmocka_unit_test(patterns_alone_judge_any_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
