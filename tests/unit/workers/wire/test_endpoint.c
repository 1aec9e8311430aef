/* SPDX-License-Identifier: Apache-2.0 */
/* Where a home's scheduler listens: at any depth, and nowhere when it is gone. */
#include "workers/wire/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fs.h"
#include "tests/lib/test.h"

static int make_home(void **state)
{
	char *home = strdup("/tmp/ingot-endpoint-XXXXXX");

	*state = mkdtemp(home);
	return *state ? 0 : -1;
}

static int remove_home(void **state)
{
	fs_remove_tree(AT_FDCWD, *state, NULL);
	free(*state);
	return 0;
}

static void who_connects_is_heard(void **state)
{
	struct err err = ERR_INIT;
	int listening = endpoint_listen(*state, &err);
	int there = endpoint_connect(*state, &err);
	int here = accept(listening, NULL, NULL);
	char byte = 0;
	struct stat st;
	char path[128];

	assert_true(listening >= 0 && there >= 0 && here >= 0);
	assert_int_equal(write(there, "x", 1), 1);
	assert_int_equal(read(here, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	snprintf(path, sizeof(path), "%s/" ENDPOINT_NAME, (const char *)*state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(fcntl(listening, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(there, F_GETFD) & FD_CLOEXEC);
	close(here);
	close(there);
	close(listening);
}

static void nobody_there_is_said(void **state)
{
	struct err err = ERR_INIT;
	int listening;

	assert_int_equal(endpoint_connect(*state, &err), ERR_UNREACHABLE);
	assert_non_null(strstr(err.text, "no scheduler listens at"));
	listening = endpoint_listen(*state, &err);
	close(listening);
	assert_int_equal(endpoint_connect(*state, &err), ERR_UNREACHABLE);
	assert_int_equal(endpoint_connect("/no/such/home", &err), ERR_NOT_FOUND);
}

static void a_dead_ones_socket_is_replaced(void **state)
{
	int first = endpoint_listen(*state, NULL), second, there;

	close(first);
	second = endpoint_listen(*state, NULL);
	there = endpoint_connect(*state, NULL);
	assert_true(second >= 0 && there >= 0);
	close(there);
	close(second);
}

static void a_home_with_a_long_name_works(void **state)
{
	char home[512];
	int listening, there;

	snprintf(home, sizeof(home), "%s/%0100d/%0100d", (const char *)*state, 1, 2);
	assert_int_equal(fs_mkdirs(AT_FDCWD, home, 0700, NULL), 0);
	listening = endpoint_listen(home, NULL);
	there = endpoint_connect(home, NULL);
	assert_true(listening >= 0 && there >= 0);
	close(there);
	close(listening);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
	const struct CMUnitTest tests[] = {
		TEST(who_connects_is_heard),
		TEST(nobody_there_is_said),
		TEST(a_dead_ones_socket_is_replaced),
		TEST(a_home_with_a_long_name_works),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
