/* SPDX-License-Identifier: Apache-2.0 */
/* test_tree.c - one text for one folder, and nothing else is taken for one */
#include "tests/unit/store/blob/blob_fixture.h"

#define A "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define B "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static const char canonical[] = "ingot-tree 1\n"
				"x\ta-b\t6\t" B "\n"
				"f\ta/b\t0\t" A "\n"
				"l\ta/c\t../a-b\n"
				"d\tab\n"
				"f\t\xc3\xa9t\xc3\xa9 1\t6\t" B "\n";

static struct digest digest(const char *hex)
{
	struct digest d;

	assert_int_equal(digest_parse(hex, &d), 0);
	return d;
}

static void build(struct tree *t)
{
	struct err err = ERR_INIT;
	struct digest a = digest(A), b = digest(B);

	ok(&err, tree_add_file(t, "\xc3\xa9t\xc3\xa9 1", false, &b, 6, &err));
	ok(&err, tree_add_folder(t, "ab", &err));
	ok(&err, tree_add_folder(t, "a", &err)); /* needless: it is not empty */
	ok(&err, tree_add_folder(t, "ab", &err));
	ok(&err, tree_add_link(t, "a/c", "../a-b", &err));
	ok(&err, tree_add_file(t, "a-b", true, &b, 6, &err));
	ok(&err, tree_add_file(t, "a/b", false, &a, 0, &err));
	ok(&err, tree_seal(t, &err));
}

static void a_tree_has_one_text_whatever_the_order_of_building(void **state)
{
	struct tree t = TREE_INIT;
	struct buf text = BUF_INIT;
	(void)state;

	build(&t);
	tree_encode(&t, &text);
	assert_string_equal(buf_str(&text), canonical);
	assert_int_equal(t.count, 5);
	assert_int_equal(t.size_bytes, 12);
	buf_finish(&text);
	tree_finish(&t);
}

static void the_text_reads_back(void **state)
{
	struct tree t = TREE_INIT;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	const struct tree_entry *e;
	(void)state;

	ok(&err, tree_decode(canonical, strlen(canonical), &t, &err));
	tree_encode(&t, &text);
	assert_string_equal(buf_str(&text), canonical);
	e = tree_find(&t, "a/c");
	assert_non_null(e);
	assert_int_equal(e->kind, TREE_LINK);
	assert_string_equal(e->target, "../a-b");
	e = tree_find(&t, "a-b");
	assert_int_equal(e->kind, TREE_EXECUTABLE);
	assert_int_equal(e->size_bytes, 6);
	assert_int_equal(t.size_bytes, 12);
	assert_null(tree_find(&t, "a"));
	assert_null(tree_find(&t, "zz"));
	tree_finish(&t);
	assert_null(tree_find(&t, "a-b"));
	buf_finish(&text);
}

static void the_empty_tree_is_the_header_alone(void **state)
{
	struct tree t = TREE_INIT;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	(void)state;

	ok(&err, tree_seal(&t, &err));
	tree_encode(&t, &text);
	assert_string_equal(buf_str(&text), "ingot-tree 1\n");
	ok(&err, tree_decode(text.data, text.len, &t, &err));
	assert_int_equal(t.count, 0);
	buf_finish(&text);
	tree_finish(&t);
}

static void any_other_text_is_refused(void **state)
{
	static const char *const bodies[] = {
		"f\ta\t1\t" A,                            /* no end of line */
		"f\ta\t1\n",                              /* no digest */
		"f\ta\t01\t" A "\n",                      /* a second way to write a size */
		"f\ta\t+1\t" A "\n",
		"f\ta\t-1\t" A "\n",
		"f\ta\t\t" A "\n",
		"f\ta\t1\tsha256:" A "\n",
		"f\ta\t1\t" A " \n",
		"f\ta\t1\tE3" "b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
		"f\ta\t1\t" A "\t\n",
		"f\ta\t9223372036854775808\t" A "\n",      /* more than a file can have */
		"f\ta\t9223372036854775807\t" A "\nf\tb\t1\t" A "\n",
		"g\ta\t1\t" A "\n",                       /* no such kind */
		"f a\t1\t" A "\n",
		"\n",
		"f\n",
		"d\ta\t\n",
		"d\t\n",
		"f\t/etc/passwd\t1\t" A "\n",
		"f\t../a\t1\t" A "\n",
		"f\ta/../b\t1\t" A "\n",
		"f\ta//b\t1\t" A "\n",
		"f\t./a\t1\t" A "\n",
		"f\ta/\t1\t" A "\n",
		"f\ta\rb\t1\t" A "\n",
		"d\t.\n",
		"d\t..\n",
		"l\ta\t/etc\n",
		"l\ta\t..\n",
		"l\ta/b\t../..\n",
		"l\ta/b\tx/../../..\n",
		"l\ta\t\n",
		"l\ta\n",
		"d\tb\nd\ta\n",                           /* not in order */
		"d\ta\nd\ta\n",                           /* twice */
		"d\ta\nf\ta/b\t1\t" A "\n",               /* a folder that is not empty */
		"f\ta\t1\t" A "\nd\ta-b\nf\ta/b\t1\t" A "\n", /* below a file */
		"l\ta\tb\nf\ta/b\t1\t" A "\nd\tb\n",      /* through a link */
	};
	(void)state;

	for (size_t i = 0; i < countof(bodies); i++) {
		struct tree t = TREE_INIT;
		struct err err = ERR_INIT;
		char *text = mem_printf("ingot-tree 1\n%s", bodies[i]);
		int rc = tree_decode(text, strlen(text), &t, &err);

		if (rc != ERR_INVALID && rc != ERR_TOO_LARGE)
			fail_msg("taken: %s", bodies[i]);
		assert_int_equal(rc, err.code);
		assert_null(t.entries);
		free(text);
	}
}

static void other_headers_are_refused(void **state)
{
	static const char *const texts[] = { "", "ingot-tree 1", "ingot-tree 2\n", "Ingot-tree 1\n" };
	struct tree t = TREE_INIT;
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < countof(texts); i++)
		assert_int_equal(tree_decode(texts[i], strlen(texts[i]), &t, &err), ERR_INVALID);
	assert_int_equal(tree_decode("ingot-tree 1\nd\ta\0\n", 18, &t, &err), ERR_INVALID);
}

static void a_path_is_refused_when_it_is_added(void **state)
{
	struct tree t = { .label = "output 'x'" };
	struct err err = ERR_INIT;
	struct digest a = digest(A);
	char deep[TREE_DEPTH_MAX * 2 + 3] = "";
	(void)state;

	assert_int_equal(tree_add_file(&t, "../a", false, &a, 0, &err), ERR_INVALID);
	assert_string_equal(err.text, "output 'x': ../a is not a path inside a folder");
	assert_int_equal(tree_add_link(&t, "a", "../b", &err), ERR_INVALID);
	assert_string_equal(err.text, "output 'x': a is a link that leads outside");
	assert_int_equal(tree_add_file(&t, "a\033[2J", false, &a, 0, &err), ERR_INVALID);
	assert_null(strchr(err.text, '\033'));
	for (int i = 0; i < TREE_DEPTH_MAX; i++)
		strcat(deep, i ? "/d" : "d");
	ok(&err, tree_add_file(&t, deep, false, &a, 0, &err));
	strcat(deep, "/d");
	assert_int_equal(tree_add_file(&t, deep, false, &a, 0, &err), ERR_TOO_LARGE);
	ok(&err, tree_add_file(&t, "same", false, &a, 0, &err));
	ok(&err, tree_add_link(&t, "same", "deep", &err));
	assert_int_equal(tree_seal(&t, &err), ERR_INVALID);
	assert_string_equal(err.text, "output 'x': same is there twice");
	tree_finish(&t);
}

static void a_tree_goes_below_a_folder_of_another(void **state)
{
	struct tree sub = TREE_INIT, empty = TREE_INIT, t = TREE_INIT;
	struct err err = ERR_INIT;
	(void)state;

	build(&sub);
	ok(&err, tree_seal(&empty, &err));
	ok(&err, tree_add_tree(&t, "train[rate=0.1]", &sub, &err));
	ok(&err, tree_add_tree(&t, "none", &empty, &err));
	ok(&err, tree_seal(&t, &err));
	assert_int_equal(t.count, sub.count + 1);
	assert_int_equal(tree_find(&t, "train[rate=0.1]/a/b")->kind, TREE_FILE);
	assert_string_equal(tree_find(&t, "train[rate=0.1]/a/c")->target, "../a-b");
	assert_int_equal(tree_find(&t, "none")->kind, TREE_FOLDER);
	tree_finish(&sub);
	assert_string_equal(tree_find(&t, "train[rate=0.1]/a/c")->target, "../a-b"); /* copied */
	tree_finish(&t);
	tree_finish(&empty);
}

static void note(void *arg, const struct tree_entry *before, const struct tree_entry *after)
{
	buf_printf(arg, "%c %s\n", !before ? '+' : !after ? '-' : '!',
		   before ? before->path : after->path);
}

static void a_diff_names_what_came_went_and_changed(void **state)
{
	struct tree a = TREE_INIT, b = TREE_INIT;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	struct digest one = digest(A), two = digest(B);
	(void)state;

	ok(&err, tree_add_file(&a, "content", false, &one, 1, &err));
	ok(&err, tree_add_file(&b, "content", false, &two, 1, &err));
	ok(&err, tree_add_file(&a, "mode", false, &one, 1, &err));
	ok(&err, tree_add_file(&b, "mode", true, &one, 1, &err));
	ok(&err, tree_add_file(&a, "same", false, &one, 1, &err));
	ok(&err, tree_add_file(&b, "same", false, &one, 1, &err));
	ok(&err, tree_add_link(&a, "target", "x", &err));
	ok(&err, tree_add_link(&b, "target", "y", &err));
	ok(&err, tree_add_file(&a, "gone", false, &one, 1, &err));
	ok(&err, tree_add_file(&b, "znew", false, &one, 1, &err));
	ok(&err, tree_seal(&a, &err));
	ok(&err, tree_seal(&b, &err));
	tree_diff(&a, &b, note, &text);
	assert_string_equal(buf_str(&text), "! content\n- gone\n! mode\n! target\n+ znew\n");
	buf_clear(&text);
	tree_diff(&a, &a, note, &text);
	assert_int_equal(text.len, 0);
	buf_finish(&text);
	tree_finish(&a);
	tree_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_one_text_whatever_the_order_of_building),
		cmocka_unit_test(the_text_reads_back),
		cmocka_unit_test(the_empty_tree_is_the_header_alone),
		cmocka_unit_test(any_other_text_is_refused),
		cmocka_unit_test(other_headers_are_refused),
		cmocka_unit_test(a_path_is_refused_when_it_is_added),
		cmocka_unit_test(a_tree_goes_below_a_folder_of_another),
		cmocka_unit_test(a_diff_names_what_came_went_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
