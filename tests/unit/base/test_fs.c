/* SPDX-License-Identifier: Apache-2.0 */
/* test_fs.c - files: whole reads, durable writes, folders made */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "tests/lib/test.h"

static char folder[] = "/tmp/ingot-test-fs-XXXXXX";
static int dir = -1; /* an open folder of its own for each run */

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	dir = fs_open_dir(AT_FDCWD, folder, NULL);
	return dir < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	fs_close(&dir);
	return fs_remove_tree(AT_FDCWD, folder, NULL);
}

static int count_names(int fd)
{
	DIR *d = fdopendir(dup(fd));
	int count = -2; /* "." and ".." */

	rewinddir(d);
	while (readdir(d))
		count++;
	closedir(d);
	return count;
}

static void what_is_written_is_read(void **state)
{
	struct buf b = BUF_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(fs_write_file(dir, "f", "a\0b", 3, 0640, NULL), 0);
	buf_str_append(&b, "> ");
	assert_int_equal(fs_read_file(dir, "f", 3, &b, NULL), 0);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.data, "> a\0b", 6);
	assert_int_equal(fstatat(dir, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(fs_write_file(dir, "f", "", 0, 0640, NULL), 0);
	buf_clear(&b);
	assert_int_equal(fs_read_file(dir, "f", 0, &b, NULL), 0);
	assert_int_equal(b.len, 0);
	buf_finish(&b);
}

static void a_large_file_is_read_whole(void **state)
{
	enum { SIZE = 300001 };
	struct buf b = BUF_INIT;
	char *data = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 7 + i / 256);
	assert_int_equal(fs_write_file(dir, "large", data, SIZE, 0600, NULL), 0);
	assert_int_equal(fs_read_file(dir, "large", SIZE, &b, NULL), 0);
	assert_int_equal(b.len, SIZE);
	assert_memory_equal(b.data, data, SIZE);
	buf_finish(&b);
	free(data);
}

static void a_file_over_the_limit_is_refused_and_the_buffer_kept(void **state)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	fs_write_file(dir, "four", "1234", 4, 0600, NULL);
	buf_str_append(&b, "kept");
	assert_int_equal(fs_read_file(dir, "four", 3, &b, &err), ERR_TOO_LARGE);
	assert_string_equal(err.text, "four is larger than 3 bytes");
	assert_string_equal(buf_str(&b), "kept");
	buf_finish(&b);
}

static void a_missing_file_is_named(void **state)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(fs_read_file(dir, "none/x", 9, &b, &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "none/x: No such file or directory");
	assert_int_equal(fs_read_file(dir, ".", 9, &b, &err), ERR_IO);
	assert_string_equal(err.text, "reading .: Is a directory");
	assert_int_equal(fs_open_dir(dir, "none", &err), ERR_NOT_FOUND);
	assert_int_equal(b.len, 0);
	buf_finish(&b);
}

static void a_durable_write_replaces_the_file_at_once(void **state)
{
	struct buf b = BUF_INIT;
	struct stat before;
	struct stat after;
	int sub;

	(void)state;
	assert_int_equal(fs_mkdirs(dir, "durable", 0755, NULL), 0);
	assert_int_equal(fs_write_durable(dir, "durable/f", "old", 3, 0600, NULL), 0);
	fstatat(dir, "durable/f", &before, 0);
	assert_int_equal(fs_write_durable(dir, "durable/f", "newer", 5, 0600, NULL), 0);
	fstatat(dir, "durable/f", &after, 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(fs_read_file(dir, "durable/f", 100, &b, NULL), 0);
	assert_string_equal(buf_str(&b), "newer");
	sub = fs_open_dir(dir, "durable", NULL);
	assert_int_equal(count_names(sub), 1);
	fs_close(&sub);
	buf_finish(&b);
}

static void a_durable_write_that_fails_leaves_nothing_behind(void **state)
{
	struct err err = ERR_INIT;
	int sub;

	(void)state;
	assert_int_equal(fs_write_durable(dir, "none/f", "x", 1, 0600, &err), ERR_NOT_FOUND);
	assert_int_equal(fs_mkdirs(dir, "busy/f", 0755, NULL), 0);
	assert_true(fs_write_durable(dir, "busy/f", "x", 1, 0600, &err) < 0);
	assert_string_equal(err.text, "writing busy/f: Is a directory");
	sub = fs_open_dir(dir, "busy", NULL);
	assert_int_equal(count_names(sub), 1);
	fs_close(&sub);
}

static void a_full_device_is_told(void **state)
{
	struct err err = ERR_INIT;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (full < 0)
		skip();
	assert_int_equal(fs_write_all(full, "x", 1, &err), ERR_NO_SPACE);
	fs_close(&full);
}

static void folders_are_made_with_their_parents(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(fs_mkdirs(dir, "m/n//o/", 0755, NULL), 0);
	assert_int_equal(fs_mkdirs(dir, "m/n/o", 0755, NULL), 0);
	assert_true(fs_exists(dir, "m/n/o"));
	assert_int_equal(fs_mkdirs(dir, folder, 0755, NULL), 0);
	fs_write_file(dir, "file", "", 0, 0600, NULL);
	assert_int_equal(fs_mkdirs(dir, "file", 0755, &err), ERR_IO);
	assert_string_equal(err.text, "file: Not a directory");
	assert_int_equal(fs_mkdirs(dir, "file/x", 0755, &err), ERR_IO);
	assert_int_equal(fs_mkdirs(dir, "", 0755, &err), ERR_NOT_FOUND);
}

static void a_dangling_link_exists(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_true(fs_exists(dir, "dangling"));
	assert_false(fs_exists(dir, "nowhere"));
}

static void opening_beneath_follows_no_link_and_leads_nowhere_else(void **state)
{
	struct err err = ERR_INIT;
	int fd;

	(void)state;
	assert_int_equal(fs_mkdirs(dir, "in/sub", 0755, NULL), 0);
	fs_write_file(dir, "in/sub/f", "x", 1, 0600, NULL);
	assert_int_equal(symlinkat("sub", dir, "in/link"), 0);
	assert_int_equal(mkfifoat(dir, "in/fifo", 0600), 0);
	fd = fs_open_beneath(dir, "in/sub/f", O_RDONLY, NULL);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	fs_close(&fd);
	fd = fs_open_beneath(dir, "in/fifo", O_RDONLY, NULL); /* without waiting for a writer */
	assert_true(fd >= 0);
	fs_close(&fd);
	assert_int_equal(fs_open_beneath(dir, "in/link/f", O_RDONLY, &err), ERR_INVALID);
	assert_string_equal(err.text, "in/link/f is a symbolic link or lies behind one");
	assert_int_equal(fs_open_beneath(dir, "in/link", O_RDONLY, &err), ERR_INVALID);
	assert_int_equal(fs_open_beneath(dir, "../x", O_RDONLY, &err), ERR_INVALID);
	assert_string_equal(err.text, "../x leads outside its folder");
	assert_int_equal(fs_open_beneath(dir, "/etc/passwd", O_RDONLY, &err), ERR_INVALID);
	assert_int_equal(fs_open_beneath(dir, "in/none", O_RDONLY, &err), ERR_NOT_FOUND);
}

static void closing_keeps_errno_and_forgets_the_descriptor(void **state)
{
	int fd = dup(dir);

	(void)state;
	errno = EDOM;
	fs_close(&fd);
	assert_int_equal(fd, -1);
	fs_close(&fd);
	assert_int_equal(errno, EDOM);
	fd = fs_open_dir(dir, ".", NULL);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	fs_close(&fd);
}

static void free_space_is_known_or_zero(void **state)
{
	(void)state;
	assert_true(fs_free_bytes(dir) > 0);
	assert_int_equal(fs_free_bytes(-1), 0);
}

static void sync_what_is_not_open(void *arg)
{
	fs_sync_fd(*(int *)arg);
}

static void a_failed_sync_aborts(void **state)
{
	int fd = -1;

	(void)state;
	fs_sync_dir(dir);
	fs_sync_volume(dir);
	assert_aborts(sync_what_is_not_open, &fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_large_file_is_read_whole),
		cmocka_unit_test(a_file_over_the_limit_is_refused_and_the_buffer_kept),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(a_durable_write_replaces_the_file_at_once),
		cmocka_unit_test(a_durable_write_that_fails_leaves_nothing_behind),
		cmocka_unit_test(a_full_device_is_told),
		cmocka_unit_test(folders_are_made_with_their_parents),
		cmocka_unit_test(a_dangling_link_exists),
		cmocka_unit_test(opening_beneath_follows_no_link_and_leads_nowhere_else),
		cmocka_unit_test(closing_keeps_errno_and_forgets_the_descriptor),
		cmocka_unit_test(free_space_is_known_or_zero),
		cmocka_unit_test(a_failed_sync_aborts),
	};

	umask(022);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
