/* SPDX-License-Identifier: Apache-2.0 */
/* test_blob_batch.c - what is put is named only by a commit, once, and never torn */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "tests/unit/store/blob/blob_fixture.h"

enum { LARGE = (9 << 20) + 12345 };

static size_t staged_files(void)
{
	DIR *staging = opendir("blobs/staging");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(staging))) {
		char path[300];
		struct dirent *file;
		DIR *session;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "blobs/staging/%s", entry->d_name);
		session = opendir(path);
		while ((file = readdir(session)))
			count += file->d_name[0] != '.';
		closedir(session);
	}
	closedir(staging);
	return count;
}

static size_t sessions(void)
{
	struct stat st;

	assert_int_equal(stat("blobs/staging", &st), 0);
	return st.st_nlink - 2;
}

static char *large_content(void)
{
	char *data = mem_alloc(LARGE);

	for (size_t i = 0; i < LARGE; i++)
		data[i] = (char)(i * 2654435761u >> 13);
	return data;
}

static void nothing_has_a_name_before_the_commit(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest one, two;

	ok(&f->err, blob_batch_bytes(b, "one", 3, &one, &f->err));
	ok(&f->err, blob_batch_bytes(b, "two", 3, &two, &f->err));
	assert_false(blob_exists(f->store, &one));
	assert_int_equal(staged_files(), 2);
	ok(&f->err, blob_batch_commit(b, &f->err));
	assert_true(blob_exists(f->store, &one));
	assert_true(blob_exists(f->store, &two));
	assert_int_equal(staged_files(), 0);
	ok(&f->err, blob_batch_bytes(b, "three", 5, &one, &f->err));
	ok(&f->err, blob_batch_commit(b, &f->err));
	assert_true(blob_exists(f->store, &one));
	blob_batch_destroy(b);
}

static void a_dropped_batch_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest d;

	ok(&f->err, blob_batch_bytes(b, "one", 3, &d, &f->err));
	blob_batch_destroy(b);
	assert_false(blob_exists(f->store, &d));
	assert_int_equal(staged_files(), 0);
	blob_batch_destroy(NULL);
}

static void equal_contents_are_stored_once(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest one, two;

	ok(&f->err, blob_batch_bytes(b, "same", 4, &one, &f->err));
	ok(&f->err, blob_batch_bytes(b, "same", 4, &two, &f->err));
	assert_true(digest_eq(&one, &two));
	assert_int_equal(staged_files(), 1);
	ok(&f->err, blob_batch_commit(b, &f->err));
	ok(&f->err, blob_batch_bytes(b, "same", 4, &two, &f->err));
	assert_int_equal(staged_files(), 0); /* known already: not written again */
	ok(&f->err, blob_batch_commit(b, &f->err));
	blob_batch_destroy(b);
}

/* Above and below the limit for single fsyncs. */
static void many_contents_share_one_commit(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest digests[1000];

	for (uint32_t i = 0; i < countof(digests); i++)
		ok(&f->err, blob_batch_bytes(b, &i, sizeof(i), &digests[i], &f->err));
	ok(&f->err, blob_batch_commit(b, &f->err));
	for (uint32_t i = 0; i < countof(digests); i++) {
		assert_true(blob_exists(f->store, &digests[i]));
		assert_int_equal(blob_verify(f->store, &digests[i], &f->err), 0);
	}
	blob_batch_destroy(b);
}

static void a_large_file_is_hashed_as_it_is_copied(void **state)
{
	struct fixture *f = *state;
	char *data = large_content();
	struct digest expected, d;
	uint64_t size;

	hash_bytes(data, LARGE, &expected);
	ok(&f->err, fs_write_file(AT_FDCWD, "large", data, LARGE, 0644, &f->err));
	ok(&f->err, blob_put_path(f->store, AT_FDCWD, "large", &d, &size, &f->err));
	assert_true(digest_eq(&d, &expected));
	assert_int_equal(size, LARGE);
	assert_int_equal(blob_verify(f->store, &d, &f->err), 0);
	ok(&f->err, blob_put_path(f->store, AT_FDCWD, "large", &d, &size, &f->err));
	assert_true(digest_eq(&d, &expected));
	assert_int_equal(staged_files(), 0);
	free(data);
}

/* One byte below, at and above where the ways of copying part. */
static void sizes_around_the_limits_are_kept(void **state)
{
	static const size_t limits[] = { 0, 1 << 20, 4 << 20 };
	struct fixture *f = *state;
	char *data = large_content();

	for (size_t i = 0; i < 3 * countof(limits); i++) {
		size_t len = limits[i / 3] + i % 3 - (i >= 3);
		struct digest expected, d;
		uint64_t size;

		hash_bytes(data, len, &expected);
		ok(&f->err, fs_write_file(AT_FDCWD, "x", data, len, 0644, &f->err));
		ok(&f->err, blob_put_path(f->store, AT_FDCWD, "x", &d, &size, &f->err));
		assert_int_equal(size, len);
		assert_true(digest_eq(&d, &expected));
		assert_int_equal(blob_verify(f->store, &d, &f->err), 0);
	}
	free(data);
}

static void only_regular_files_are_put_and_no_link_is_followed(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	uint64_t size;

	assert_int_equal(mkfifo("fifo", 0644), 0);
	write_file("folder/file", "x");
	assert_int_equal(symlink("folder", "link"), 0);
	assert_int_equal(symlink("/etc/passwd", "passwd"), 0);
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "fifo", &d, &size, &f->err), ERR_INVALID);
	assert_string_equal(f->err.text, "fifo is not a regular file");
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "folder", &d, &size, &f->err),
			 ERR_INVALID);
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "link/file", &d, &size, &f->err),
			 ERR_INVALID);
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "passwd", &d, &size, &f->err),
			 ERR_INVALID);
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "../x", &d, &size, &f->err), ERR_INVALID);
	assert_int_equal(blob_put_path(f->store, AT_FDCWD, "gone", &d, &size, &f->err),
			 ERR_NOT_FOUND);
}

static void a_file_that_changes_while_it_is_read_is_refused(void **state)
{
	struct fixture *f = *state;
	char *data = large_content();
	pid_t writer;
	int busy = 0;

	ok(&f->err, fs_write_file(AT_FDCWD, "large", data, LARGE, 0644, &f->err));
	writer = fork_child();
	if (writer == 0) {
		int fd = open("large", O_WRONLY | O_APPEND);

		for (;;)
			if (write(fd, "more", 4) != 4 || usleep(200) < 0)
				_exit(1);
	}
	for (int i = 0; i < 20 && !busy; i++) {
		struct digest d;
		uint64_t size;
		int rc = blob_put_path(f->store, AT_FDCWD, "large", &d, &size, &f->err);

		busy = rc == ERR_BUSY;
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	assert_true(busy);
	assert_string_equal(f->err.text, "large changed while it was read");
	free(data);
}

static void a_writer_takes_pieces_and_checks_the_digest(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct blob_writer *w;
	struct digest expected, wrong, d;
	uint64_t size;

	hash_bytes("hello world", 11, &expected);
	hash_bytes("something else", 14, &wrong);
	ok(&f->err, blob_writer_create(b, &w, &f->err));
	ok(&f->err, blob_writer_write(w, "hello ", 6, &f->err));
	ok(&f->err, blob_writer_write(w, "world", 5, &f->err));
	ok(&f->err, blob_writer_finish(w, &expected, &d, &size, &f->err));
	blob_writer_destroy(w);
	assert_int_equal(size, 11);
	ok(&f->err, blob_batch_commit(b, &f->err));
	assert_int_equal(blob_verify(f->store, &expected, &f->err), 0);

	ok(&f->err, blob_writer_create(b, &w, &f->err));
	ok(&f->err, blob_writer_write(w, "hello", 5, &f->err));
	assert_int_equal(blob_writer_finish(w, &wrong, &d, &size, &f->err), ERR_INVALID);
	blob_writer_destroy(w);
	ok(&f->err, blob_writer_create(b, &w, &f->err)); /* cut off */
	blob_writer_destroy(w);
	ok(&f->err, blob_batch_commit(b, &f->err));
	assert_false(blob_exists(f->store, &wrong));
	assert_int_equal(staged_files(), 0);
	blob_batch_destroy(b);
}

static void a_damaged_blob_makes_room_for_the_same_content(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	char path[80];

	put_text(f, "hello\n", &d);
	scribble(blob_path(&d, path), "J");
	put_text(f, "hello\n", &d);
	assert_file(path, "hello\n");
	assert_int_equal(blob_verify(f->store, &d, &f->err), 0);
}

static void an_untouched_link_is_known_without_reading(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest d, other;
	struct stat st;

	put_text(f, "hello\n", &d);
	put_text(f, "other\n", &other);
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "link", &f->err));
	assert_int_equal(stat("link", &st), 0);
	assert_true(blob_batch_known(b, &st, &d));
	assert_false(blob_batch_known(b, &st, &other));
	scribble("link", "J");
	assert_int_equal(stat("link", &st), 0);
	assert_false(blob_batch_known(b, &st, &d));
	blob_batch_destroy(b);
}

static void sweeping_spares_the_living(void **state)
{
	struct fixture *f = *state;
	struct blob_batch *b = blob_batch_create(f->store);
	struct digest d;
	pid_t child;

	ok(&f->err, blob_batch_bytes(b, "mine", 4, &d, &f->err));
	child = fork_child();
	if (child == 0) {
		struct blob_store *s;

		if (blob_store_open("blobs", &s, NULL) < 0 ||
		    blob_batch_bytes(blob_batch_create(s), "theirs", 6, &d, NULL) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	assert_int_equal(sessions(), 2);
	assert_int_equal(staged_files(), 2);
	assert_int_equal(blob_store_sweep(f->store, &f->err), 1);
	assert_int_equal(sessions(), 1);
	assert_int_equal(staged_files(), 1);
	ok(&f->err, blob_batch_commit(b, &f->err));
	assert_true(blob_exists(f->store, &d));
	blob_batch_destroy(b);
}

static void a_full_disk_is_said_and_harms_nothing(void **state)
{
	struct fixture *f = *state;
	struct blob_store *s;
	struct digest d, small;
	char *data = large_content();
	uint64_t size;

	assert_int_equal(mkdir("disk", 0755), 0);
	if (mount("ingot-test", "disk", "tmpfs", 0, "size=4m") < 0) {
		print_message("no tmpfs can be mounted here: %s\n", strerror(errno));
		free(data);
		skip();
	}
	ok(&f->err, fs_write_file(AT_FDCWD, "large", data, LARGE, 0644, &f->err));
	ok(&f->err, blob_store_open("disk/blobs", &s, &f->err));
	ok(&f->err, blob_put_bytes(s, "small", 5, &small, &f->err));
	assert_int_equal(blob_put_path(s, AT_FDCWD, "large", &d, &size, &f->err), ERR_NO_SPACE);
	assert_non_null(strstr(f->err.text, "cannot write to the blob store disk/blobs"));
	assert_int_equal(blob_verify(s, &small, &f->err), 0);
	ok(&f->err, blob_put_bytes(s, "after", 5, &d, &f->err)); /* the failed one freed its space */
	assert_true(blob_exists(s, &d));
	blob_store_close(s);
	assert_int_equal(umount("disk"), 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(nothing_has_a_name_before_the_commit),
		fixture_test(a_dropped_batch_leaves_nothing),
		fixture_test(equal_contents_are_stored_once),
		fixture_test(many_contents_share_one_commit),
		fixture_test(a_large_file_is_hashed_as_it_is_copied),
		fixture_test(sizes_around_the_limits_are_kept),
		fixture_test(only_regular_files_are_put_and_no_link_is_followed),
		fixture_test(a_file_that_changes_while_it_is_read_is_refused),
		fixture_test(a_writer_takes_pieces_and_checks_the_digest),
		fixture_test(a_damaged_blob_makes_room_for_the_same_content),
		fixture_test(an_untouched_link_is_known_without_reading),
		fixture_test(sweeping_spares_the_living),
		fixture_test(a_full_disk_is_said_and_harms_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
