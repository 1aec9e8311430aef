/* SPDX-License-Identifier: Apache-2.0 */
/* test_fs_tree.c - whole trees removed
 *
 * Permissions stop nobody who is root; then those tests give them up first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fs.h"
#include "tests/lib/test.h"

static char folder[] = "/tmp/ingot-test-tree-XXXXXX";
static int dir = -1;

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0); /* for whom we become without root */
	dir = fs_open_dir(AT_FDCWD, folder, NULL);
	return dir < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	fs_close(&dir);
	return fs_remove_tree(AT_FDCWD, folder, NULL);
}

static void put_file(const char *path)
{
	assert_int_equal(fs_write_file(dir, path, "x", 1, 0600, NULL), 0);
}

static void what_is_missing_is_fine(void **state)
{
	(void)state;
	assert_int_equal(fs_remove_tree(dir, "none", NULL), 0);
}

static void a_file_or_a_link_is_a_small_tree(void **state)
{
	(void)state;
	put_file("file");
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(fs_remove_tree(dir, "link", NULL), 0);
	assert_false(fs_exists(dir, "link"));
	assert_true(fs_exists(dir, "file"));
	assert_int_equal(fs_remove_tree(dir, "file", NULL), 0);
	assert_false(fs_exists(dir, "file"));
}

static void a_tree_goes_with_all_that_is_in_it(void **state)
{
	char path[64];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "tree/d%d/e%d", i % 17, i % 5);
		assert_int_equal(fs_mkdirs(dir, path, 0755, NULL), 0);
		snprintf(path, sizeof(path), "tree/d%d/e%d/.f%d", i % 17, i % 5, i);
		put_file(path);
	}
	assert_int_equal(mkfifoat(dir, "tree/fifo", 0600), 0);
	assert_int_equal(fs_remove_tree(dir, "tree", NULL), 0);
	assert_false(fs_exists(dir, "tree"));
}

static void links_are_removed_and_not_followed(void **state)
{
	(void)state;
	assert_int_equal(fs_mkdirs(dir, "outside/sub", 0755, NULL), 0);
	put_file("outside/sub/precious");
	assert_int_equal(fs_mkdirs(dir, "linked/in", 0755, NULL), 0);
	assert_int_equal(symlinkat("../outside", dir, "linked/a"), 0);
	assert_int_equal(symlinkat("../../outside/sub", dir, "linked/in/b"), 0);
	assert_int_equal(symlinkat("loop", dir, "linked/loop"), 0);
	assert_int_equal(fs_remove_tree(dir, "linked", NULL), 0);
	assert_false(fs_exists(dir, "linked"));
	assert_true(fs_exists(dir, "outside/sub/precious"));
}

/* 3,000 levels: no path names the last, and no table holds that many descriptors. */
static void a_tree_deeper_than_a_path_is_long_goes_too(void **state)
{
	struct rlimit few = { .rlim_cur = 48, .rlim_max = 48 };
	struct rlimit before;
	int at = dup(dir);

	(void)state;
	for (int depth = 0; depth < 3000; depth++) {
		int next;

		assert_int_equal(mkdirat(at, "deep", 0755), 0);
		next = fs_open_dir(at, "deep", NULL);
		assert_true(next >= 0);
		fs_close(&at);
		at = next;
	}
	assert_int_equal(fs_write_file(at, "leaf", "x", 1, 0600, NULL), 0);
	fs_close(&at);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(fs_remove_tree(dir, "deep", NULL), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(fs_exists(dir, "deep"));
}

/* Runs body as somebody whom permissions bind; it says by its exit status. */
static void as_nobody(int (*body)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setresgid(65534, 65534, 65534) < 0 ||
				       setresuid(65534, 65534, 65534) < 0))
			_exit(77);
		_exit(body());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int remove_locked_folders(void)
{
	if (fs_mkdirs(dir, "locked/a/b", 0755, NULL) < 0 ||
	    fs_mkdirs(dir, "locked/c/d/e", 0755, NULL) < 0 ||
	    fs_write_file(dir, "locked/a/b/f", "x", 1, 0400, NULL) < 0)
		return 1;
	if (fchmodat(dir, "locked/a/b", 0, 0) < 0 || fchmodat(dir, "locked/a", 0500, 0) < 0 ||
	    fchmodat(dir, "locked/c/d", 0555, 0) < 0 || fchmodat(dir, "locked", 0111, 0) < 0)
		return 2;
	if (fs_remove_tree(dir, "locked", NULL) < 0)
		return 3;
	return fs_exists(dir, "locked") ? 4 : 0;
}

static void folders_that_are_locked_are_opened(void **state)
{
	(void)state;
	as_nobody(remove_locked_folders);
}

static int remove_from_a_locked_parent(void)
{
	struct err err = ERR_INIT;

	if (fs_mkdirs(dir, "parent/child", 0755, NULL) < 0 || fchmodat(dir, "parent", 0500, 0) < 0)
		return 1;
	if (fs_remove_tree(dir, "parent/child", &err) != ERR_DENIED)
		return 2;
	if (strcmp(err.text, "removing parent/child: Permission denied") != 0)
		return 3;
	if (!fs_exists(dir, "parent/child"))
		return 4;
	return fs_remove_tree(dir, "parent", NULL) < 0 ? 5 : 0;
}

static void permissions_above_the_tree_stay_as_they_are(void **state)
{
	(void)state;
	as_nobody(remove_from_a_locked_parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_fine),
		cmocka_unit_test(a_file_or_a_link_is_a_small_tree),
		cmocka_unit_test(a_tree_goes_with_all_that_is_in_it),
		cmocka_unit_test(links_are_removed_and_not_followed),
		cmocka_unit_test(a_tree_deeper_than_a_path_is_long_goes_too),
		cmocka_unit_test(folders_that_are_locked_are_opened),
		cmocka_unit_test(permissions_above_the_tree_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
