/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's own folder, and those of the dead. */
#include "workers/agent/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "tests/lib/test.h"

static char home[64];
static int home_fd;

static int make_home(void **state)
{
	(void)state;
	strcpy(home, "/tmp/ingot-work-XXXXXX");
	assert_non_null(mkdtemp(home));
	home_fd = fs_open_dir(AT_FDCWD, home, NULL);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	close(home_fd);
	return fs_remove_tree(AT_FDCWD, home, NULL);
}

static struct work start(const char *name)
{
	struct err err = ERR_INIT;
	struct work w;

	if (work_init(&w, home_fd, home, name, &err) < 0)
		fail_msg("%s", err.text);
	return w;
}

static void it_comes_and_goes(void **state)
{
	struct work w = start("w");
	char want[128];

	(void)state;
	snprintf(want, sizeof(want), "%s/work/w.%d", home, (int)getpid());
	assert_string_equal(w.path, want);
	assert_true(fs_exists(AT_FDCWD, want));
	work_finish(&w);
	assert_false(fs_exists(AT_FDCWD, want));
}

static void living_neighbours_are_left_alone_dead_ones_removed(void **state)
{
	struct work living = start("a"), other;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		struct work dead = start("b");

		fs_mkdirs(dead.fd, "0/work/deep", 0500, NULL);
		_exit(strcmp(path_base(dead.path), "b") == 0);
	}
	waitpid(child, NULL, 0);
	fs_mkdirs(home_fd, "work/c.123/0", 0755, NULL);
	assert_true(fs_exists(home_fd, "work/c.123"));
	other = start("d");
	assert_true(fs_exists(AT_FDCWD, living.path));
	assert_false(fs_exists(home_fd, "work/c.123"));
	assert_false(fs_exists(other.fd, "dead"));
	work_finish(&living);
	work_finish(&other);
	assert_int_equal(rmdir(strcat(home, "/work")), 0); /* so there is nothing else in it */
	*strrchr(home, '/') = '\0';
}

static void a_name_that_is_taken_is_no_obstacle(void **state)
{
	struct work first = start("w"), second = start("w");

	(void)state;
	assert_string_not_equal(first.path, second.path);
	assert_true(fs_exists(AT_FDCWD, first.path));
	work_finish(&first);
	work_finish(&second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
	const struct CMUnitTest tests[] = {
		TEST(it_comes_and_goes),
		TEST(living_neighbours_are_left_alone_dead_ones_removed),
		TEST(a_name_that_is_taken_is_no_obstacle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
