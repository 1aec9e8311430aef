/* SPDX-License-Identifier: Apache-2.0 */
/* test_blob.c - blobs are found, handed out, noticed when touched, removed */
#include "tests/unit/store/blob/blob_fixture.h"

static const char hello[] = "hello\n";
static const char hello_digest[] =
	"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

static void a_blob_is_named_by_the_sha256_of_its_content(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	char text[DIGEST_TEXT_SIZE], path[80];
	struct stat st;

	put_text(f, hello, &d);
	digest_text(&d, text);
	assert_string_equal(text, hello_digest);
	assert_file(blob_path(&d, path), hello);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(st.st_mtim.tv_sec, 978307200);
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	assert_int_equal(st.st_nlink, 1);
}

static void a_blob_can_be_read_and_a_missing_one_is_named(void **state)
{
	struct fixture *f = *state;
	struct buf content = BUF_INIT;
	struct digest d, absent;
	uint64_t size;
	int fd = -1;

	put_text(f, hello, &d);
	hash_bytes("absent", 6, &absent);
	assert_true(blob_exists(f->store, &d));
	assert_false(blob_exists(f->store, &absent));
	ok(&f->err, blob_open(f->store, &d, &fd, &size, &f->err));
	assert_int_equal(size, 6);
	close(fd);
	ok(&f->err, blob_read(f->store, &d, 6, &content, &f->err));
	assert_string_equal(buf_str(&content), hello);
	assert_int_equal(blob_read(f->store, &d, 5, &content, &f->err), ERR_TOO_LARGE);
	fd = -7;
	assert_int_equal(blob_open(f->store, &absent, &fd, &size, &f->err), ERR_NOT_FOUND);
	assert_int_equal(fd, -7);
	assert_non_null(strstr(f->err.text, "is not in the blob store"));
	buf_finish(&content);
}

static void a_link_is_the_blob_itself_and_read_only(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	struct stat st, blob;
	char path[80];

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, false, 6, AT_FDCWD, "copy", &f->err));
	assert_int_equal(stat("copy", &st), 0);
	assert_int_equal(stat(blob_path(&d, path), &blob), 0);
	assert_int_equal(st.st_ino, blob.st_ino);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(blob_link(f->store, &d, false, 6, AT_FDCWD, "copy", &f->err), ERR_EXISTS);
}

static void executable_content_is_a_second_inode(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	struct stat plain, exec, again;

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, false, 6, AT_FDCWD, "plain", &f->err));
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "exec", &f->err));
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "again", &f->err));
	assert_int_equal(stat("plain", &plain), 0);
	assert_int_equal(stat("exec", &exec), 0);
	assert_int_equal(stat("again", &again), 0);
	assert_int_not_equal(plain.st_ino, exec.st_ino);
	assert_int_equal(exec.st_ino, again.st_ino);
	assert_int_equal(plain.st_mode & 07777, 0444);
	assert_int_equal(exec.st_mode & 07777, 0555);
	assert_int_equal(exec.st_mtim.tv_sec, BLOB_MTIME);
	assert_file("exec", hello);
}

static void an_executable_of_a_missing_blob_is_refused(void **state)
{
	struct fixture *f = *state;
	struct digest absent;

	hash_bytes("absent", 6, &absent);
	assert_int_equal(blob_link(f->store, &absent, true, 6, AT_FDCWD, "x", &f->err),
			 ERR_NOT_FOUND);
	assert_false(fs_exists(AT_FDCWD, "x"));
}

static void too_many_links_become_a_copy(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	struct stat st, blob;
	char path[80], name[16];
	int made = 0;

	put_text(f, hello, &d);
	blob_path(&d, path);
	for (; made < 70000; made++) { /* ext4 allows 65,000 */
		snprintf(name, sizeof(name), "n%d", made);
		if (link(path, name) < 0)
			break;
	}
	if (made == 70000)
		skip();
	ok(&f->err, blob_link(f->store, &d, false, 6, AT_FDCWD, "copy", &f->err));
	assert_int_equal(stat("copy", &st), 0);
	assert_int_equal(stat(path, &blob), 0);
	assert_int_not_equal(st.st_ino, blob.st_ino);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(st.st_mtim.tv_sec, BLOB_MTIME);
	assert_file("copy", hello);
}

static void a_blob_that_was_only_touched_is_healed(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	struct stat st;
	char path[80];

	put_text(f, hello, &d);
	scribble(blob_path(&d, path), hello); /* the same bytes: another time and mode */
	ok(&f->err, blob_link(f->store, &d, false, 6, AT_FDCWD, "copy", &f->err));
	assert_int_equal(stat("copy", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(st.st_mtim.tv_sec, BLOB_MTIME);
}

static void a_damaged_blob_is_not_handed_out_but_set_aside(void **state)
{
	struct fixture *f = *state;
	struct digest d;
	char path[80], aside[96];

	put_text(f, hello, &d);
	scribble(blob_path(&d, path), "jello\n");
	assert_int_equal(blob_link(f->store, &d, false, 6, AT_FDCWD, "copy", &f->err), ERR_DAMAGED);
	assert_non_null(strstr(f->err.text, hello_digest));
	assert_non_null(strstr(f->err.hint, "ingot fsck"));
	assert_false(fs_exists(AT_FDCWD, "copy"));
	assert_false(blob_exists(f->store, &d));
	snprintf(aside, sizeof(aside), "blobs/damaged/%s", hello_digest + strlen("sha256:"));
	assert_file(aside, "jello\n");
	put_text(f, hello, &d); /* and can be made anew */
	assert_file(path, hello);
}

static void a_step_that_writes_into_its_input_is_noticed_by_the_next(void **state)
{
	struct fixture *f = *state;
	struct buf content = BUF_INIT;
	struct digest d;
	uint64_t size;
	int fd;

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, false, 6, AT_FDCWD, "input", &f->err));
	scribble("input", "J");
	assert_int_equal(blob_open(f->store, &d, &fd, &size, &f->err), ERR_DAMAGED);
	assert_int_equal(blob_read(f->store, &d, 100, &content, &f->err), ERR_NOT_FOUND);
	buf_finish(&content);
}

static void a_damaged_executable_is_made_again_from_the_blob(void **state)
{
	struct fixture *f = *state;
	struct digest d;

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "one", &f->err));
	scribble("one", "J");
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "two", &f->err));
	assert_file("two", hello);
	assert_true(blob_exists(f->store, &d));
}

static void a_size_that_is_not_the_recorded_one_is_refused(void **state)
{
	struct fixture *f = *state;
	struct digest d;

	put_text(f, hello, &d);
	assert_int_equal(blob_link(f->store, &d, false, 7, AT_FDCWD, "x", &f->err), ERR_DAMAGED);
	assert_false(fs_exists(AT_FDCWD, "x"));
	assert_true(blob_exists(f->store, &d)); /* the record is wrong, not the blob */
}

static void verify_finds_damage_that_hides_its_traces(void **state)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = BLOB_MTIME } };
	struct fixture *f = *state;
	struct digest d;
	char path[80];

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "exec", &f->err));
	assert_int_equal(blob_verify(f->store, &d, &f->err), 0);
	scribble("exec", "J");
	assert_int_equal(blob_verify(f->store, &d, &f->err), 1);
	assert_int_equal(blob_verify(f->store, &d, &f->err), 0);
	scribble(blob_path(&d, path), "j");
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(blob_verify(f->store, &d, &f->err), ERR_DAMAGED);
	assert_false(blob_exists(f->store, &d));
}

struct seen {
	size_t count;
	uint64_t bytes;
	int stop;
};

static int see(void *arg, const struct digest *d, uint64_t size_bytes)
{
	struct seen *seen = arg;

	assert_false(digest_is_zero(d));
	seen->count++;
	seen->bytes += size_bytes;
	return seen->stop;
}

static void list_gives_each_blob_once(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { 0 };
	struct digest d;
	char text[16];

	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "%02d", i % 25);
		put_text(f, text, &d);
	}
	ok(&f->err, blob_link(f->store, &d, true, 2, AT_FDCWD, "exec", &f->err));
	write_file("blobs/ab/not-a-blob", "x");
	assert_int_equal(blob_list(f->store, see, &seen, &f->err), 0);
	assert_int_equal(seen.count, 25);
	assert_int_equal(seen.bytes, 50);
	seen = (struct seen){ .stop = 42 };
	assert_int_equal(blob_list(f->store, see, &seen, &f->err), 42);
	assert_int_equal(seen.count, 1);
}

static void remove_takes_only_what_nobody_wanted_lately(void **state)
{
	struct fixture *f = *state;
	const struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = BLOB_MTIME } };
	struct digest d, absent;
	char path[80];

	put_text(f, hello, &d);
	ok(&f->err, blob_link(f->store, &d, true, 6, AT_FDCWD, "exec", &f->err));
	assert_int_equal(blob_remove(f->store, &d, 3600, &f->err), 0);
	assert_int_equal(utimensat(AT_FDCWD, blob_path(&d, path), old, 0), 0);
	put_text(f, hello, &d); /* found there: wanted again */
	assert_int_equal(blob_remove(f->store, &d, 3600, &f->err), 0);
	assert_true(blob_exists(f->store, &d));
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(blob_remove(f->store, &d, 3600, &f->err), 1);
	assert_false(blob_exists(f->store, &d));
	snprintf(path + strlen(path), 3, ".x");
	assert_false(fs_exists(AT_FDCWD, path));
	assert_file("exec", hello); /* links in workspaces stay */
	hash_bytes("absent", 6, &absent);
	assert_int_equal(blob_remove(f->store, &absent, 0, &f->err), ERR_NOT_FOUND);
}

static void a_store_can_be_opened_again_and_not_made_of_a_file(void **state)
{
	struct fixture *f = *state;
	struct blob_store *again = NULL, *none = NULL;
	struct digest d;

	put_text(f, hello, &d);
	ok(&f->err, blob_store_open("blobs", &again, &f->err));
	assert_true(blob_exists(again, &d));
	assert_true(blob_store_free_bytes(again) > 0);
	blob_store_close(again);
	write_file("file", "x");
	assert_true(blob_store_open("file", &none, &f->err) < 0);
	assert_null(none);
	blob_store_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_blob_is_named_by_the_sha256_of_its_content),
		fixture_test(a_blob_can_be_read_and_a_missing_one_is_named),
		fixture_test(a_link_is_the_blob_itself_and_read_only),
		fixture_test(executable_content_is_a_second_inode),
		fixture_test(an_executable_of_a_missing_blob_is_refused),
		fixture_test(too_many_links_become_a_copy),
		fixture_test(a_blob_that_was_only_touched_is_healed),
		fixture_test(a_damaged_blob_is_not_handed_out_but_set_aside),
		fixture_test(a_step_that_writes_into_its_input_is_noticed_by_the_next),
		fixture_test(a_damaged_executable_is_made_again_from_the_blob),
		fixture_test(a_size_that_is_not_the_recorded_one_is_refused),
		fixture_test(verify_finds_damage_that_hides_its_traces),
		fixture_test(list_gives_each_blob_once),
		fixture_test(remove_takes_only_what_nobody_wanted_lately),
		fixture_test(a_store_can_be_opened_again_and_not_made_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
