/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_file.c - logs of attempts: where they are, how they end */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/log_file.h"

struct home {
	char root[64];
	int fd;
};

static int setup(void **state)
{
	struct home *h = mem_alloc(sizeof(*h));

	strcpy(h->root, "/tmp/ingot-log-XXXXXX");
	assert_non_null(mkdtemp(h->root));
	h->fd = fs_open_dir(AT_FDCWD, h->root, NULL);
	assert_true(h->fd >= 0);
	assert_int_equal(fs_mkdirs(h->fd, "logs/7", 0700, NULL), 0);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct home *h = *state;

	fs_close(&h->fd);
	fs_remove_tree(AT_FDCWD, h->root, NULL);
	free(h);
	return 0;
}

static void test_path(void **state)
{
	char path[LOG_FILE_PATH_SIZE];

	(void)state;
	log_file_path(7, 3, 2, path);
	assert_string_equal(path, "logs/7/3-2.log");
	log_file_path(UINT64_MAX, UINT32_MAX, UINT32_MAX, path);
	assert_string_equal(path, "logs/18446744073709551615/4294967295-4294967295.log");
}

static void assert_tail(const struct home *h, const char *content, uint32_t lines,
			const char *expected)
{
	struct buf out = BUF_INIT;

	assert_int_equal(
		fs_write_file(h->fd, "logs/7/3-2.log", content, strlen(content), 0600, NULL), 0);
	log_file_tail(h->fd, 7, 3, 2, lines, &out);
	assert_string_equal(buf_str(&out), expected);
	buf_finish(&out);
}

static void test_tail(void **state)
{
	assert_tail(*state, "a\nb\nc\n", 1, "c");
	assert_tail(*state, "a\nb\nc\n", 2, "b\nc");
	assert_tail(*state, "a\nb\nc\n", 9, "a\nb\nc");
	assert_tail(*state, "a\nb\nc", 2, "b\nc");
	assert_tail(*state, "a\n\n\n", 2, "\n");
	assert_tail(*state, "\n", 3, "");
	assert_tail(*state, "", 3, "");
}

static void test_tail_of_nothing(void **state)
{
	const struct home *h = *state;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	log_file_tail(h->fd, 7, 9, 1, 10, &out);
	assert_int_equal(out.len, 0);
	assert_int_equal(log_file_open(h->fd, 7, 9, 1, &err), ERR_NOT_FOUND);
}

static void test_tail_has_a_limit(void **state)
{
	const struct home *h = *state;
	size_t size = 3 * LOG_FILE_TAIL_BYTES;
	char *content = mem_alloc(size + 1);
	struct buf out = BUF_INIT;

	memset(content, 'x', size);
	memcpy(content, "first\n", 6);
	assert_int_equal(fs_write_file(h->fd, "logs/7/3-2.log", content, size, 0600, NULL), 0);
	log_file_tail(h->fd, 7, 3, 2, 5, &out);
	assert_int_equal(out.len, LOG_FILE_TAIL_BYTES);
	assert_int_equal(strspn(out.data, "x"), LOG_FILE_TAIL_BYTES);
	buf_finish(&out);
	free(content);
}

/* A link in the place of a log would show what it points to. */
static void test_link_is_not_followed(void **state)
{
	const struct home *h = *state;

	assert_int_equal(symlinkat("/etc/passwd", h->fd, "logs/7/4-1.log"), 0);
	assert_true(log_file_open(h->fd, 7, 4, 1, NULL) < 0);
}

static void test_lines(void **state)
{
	static const char *const cases[][2] = {
		{ "", "[]" },
		{ "a", "[\"a\"]" },
		{ "a\n\nb\n", "[\"a\",\"\",\"b\"]" },
		{ "\x1b[1m\xff\"", "[\"\\u001b[1m\xef\xbf\xbd\\\"\"]" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct buf text = BUF_INIT, out = BUF_INIT;
		struct json_writer w = { .out = &out };

		buf_str_append(&text, cases[i][0]);
		json_write_array(&w, NULL);
		log_file_write_lines(&text, &w);
		json_write_end(&w);
		assert_string_equal(buf_str(&out), cases[i][1]);
		buf_finish(&text);
		buf_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test_setup_teardown(test_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail_of_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tail_has_a_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_is_not_followed, setup, teardown),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
