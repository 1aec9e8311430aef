/* SPDX-License-Identifier: Apache-2.0 */
/* test_get.c - artifacts out of the store; damage on the way */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/hash.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "tests/unit/cli/fake.h"

/* A home with a blob store, and what is in it. */
struct place {
	struct fake fake;
	char answer[512];
	struct fake_rule script[2];
	struct digest digest;
};

static struct blob_store *open_store(struct place *p)
{
	char path[128];
	struct blob_store *store;

	snprintf(path, sizeof(path), "%s/blobs", p->fake.home);
	assert_int_equal(blob_store_open(path, &store, NULL), 0);
	return store;
}

static void start(struct place *p, const char *kind)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(&p->digest, text);
	snprintf(p->answer, sizeof(p->answer),
		 "r{\"address\":\"1/a.o\",\"digest\":\"%s\",\"kind\":\"%s\",\"size\":5,"
		 "\"path\":\"out/result\"}",
		 text, kind);
	p->script[0] = (struct fake_rule){ "artifact.resolve", p->answer };
	fake_start(&p->fake, p->script);
}

static void prepare_file(struct place *p)
{
	struct blob_store *store;

	*p = (struct place){ 0 };
	fake_init(&p->fake);
	store = open_store(p);
	assert_int_equal(blob_put_bytes(store, "hello", 5, &p->digest, NULL), 0);
	blob_store_close(store);
	start(p, "file");
}

static void prepare_folder(struct place *p)
{
	struct tree tree = TREE_INIT;
	struct blob_store *store;
	struct blob_batch *batch;
	struct digest d;

	*p = (struct place){ 0 };
	fake_init(&p->fake);
	store = open_store(p);
	batch = blob_batch_create(store);
	assert_int_equal(blob_batch_bytes(batch, "hello", 5, &d, NULL), 0);
	assert_int_equal(tree_add_file(&tree, "sub/run.sh", true, &d, 5, NULL), 0);
	assert_int_equal(tree_add_file(&tree, "a", false, &d, 5, NULL), 0);
	assert_int_equal(tree_add_link(&tree, "link", "sub/run.sh", NULL), 0);
	assert_int_equal(tree_add_folder(&tree, "empty", NULL), 0);
	assert_int_equal(tree_seal(&tree, NULL), 0);
	assert_int_equal(tree_put(batch, &tree, &p->digest, NULL), 0);
	assert_int_equal(blob_batch_commit(batch, NULL), 0);
	tree_finish(&tree);
	blob_batch_destroy(batch);
	blob_store_close(store);
	start(p, "folder");
}

static void expect_content(const char *path, const char *text)
{
	struct buf content = BUF_INIT;

	assert_int_equal(fs_read_file(AT_FDCWD, path, 1000, &content, NULL), 0);
	assert_string_equal(buf_str(&content), text);
	buf_finish(&content);
}

static void a_file_is_copied_and_replaced_only_by_force(void **state)
{
	char path[128];
	struct place p;
	struct said said;
	struct stat st;

	(void)state;
	prepare_file(&p);
	snprintf(path, sizeof(path), "%s/copy", p.fake.home);
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", path, NULL);
	assert_int_equal(said.code, 0);
	expect_content(path, "hello");
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_mode & S_IWUSR);
	assert_int_equal(st.st_nlink, 1);
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", path, NULL);
	assert_int_equal(said.code, 1);
	assert_non_null(strstr(said.err, "exists already\nhint: give another place"));
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", path, "--force", NULL);
	assert_int_equal(said.code, 0);
	fake_finish(&p.fake);
}

static void a_file_goes_into_a_folder_or_to_standard_output(void **state)
{
	char path[128];
	struct place p;
	struct said said;

	(void)state;
	prepare_file(&p);
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", p.fake.home, NULL);
	assert_int_equal(said.code, 0);
	snprintf(path, sizeof(path), "%s/result", p.fake.home);
	expect_content(path, "hello");
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", "-", NULL);
	assert_string_equal(said.out, "hello");
	fake_finish(&p.fake);
}

static void damage_is_found_and_nothing_is_left(void **state)
{
	char command[256], path[128];
	struct place p;
	struct said said;

	(void)state;
	prepare_file(&p);
	/* The same size and times, so that the store suspects nothing. */
	snprintf(command, sizeof(command),
		 "for f in $(find %s/blobs -type f -size 5c); do chmod u+w $f; printf hallo > $f; "
		 "chmod 0444 $f; touch -d 2001-01-01T00:00:00Z $f; done",
		 p.fake.home);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/copy", p.fake.home);
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", path, NULL);
	assert_int_equal(said.code, 5);
	assert_non_null(strstr(said.err, "is damaged"));
	assert_false(fs_exists(AT_FDCWD, path));
	fake_finish(&p.fake);
}

static void a_folder_is_made_with_modes_links_and_empty_folders(void **state)
{
	char path[128], inside[192], target[32] = "";
	struct place p;
	struct said said;
	struct stat st;

	(void)state;
	prepare_folder(&p);
	snprintf(path, sizeof(path), "%s/out", p.fake.home);
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", path, NULL);
	assert_int_equal(said.code, 0);
	snprintf(inside, sizeof(inside), "%s/sub/run.sh", path);
	expect_content(inside, "hello");
	assert_int_equal(stat(inside, &st), 0);
	assert_true(st.st_mode & S_IXUSR);
	snprintf(inside, sizeof(inside), "%s/link", path);
	assert_int_equal(readlink(inside, target, sizeof(target)), 10);
	assert_string_equal(target, "sub/run.sh");
	snprintf(inside, sizeof(inside), "%s/empty", path);
	assert_int_equal(stat(inside, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	fake_run(&p.fake, &said, "get", "1/a.o", "-o", "-", NULL);
	assert_int_equal(said.code, 2);
	fake_finish(&p.fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_copied_and_replaced_only_by_force),
		cmocka_unit_test(a_file_goes_into_a_folder_or_to_standard_output),
		cmocka_unit_test(damage_is_found_and_nothing_is_left),
		cmocka_unit_test(a_folder_is_made_with_modes_links_and_empty_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
