/* SPDX-License-Identifier: Apache-2.0 */
/* test_tree_folder.c - folders go into the store and come out the same */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/store/blob/blob_fixture.h"

static int put(struct fixture *f, const char *path, const struct tree_put_options *options,
	       struct tree *ret, struct digest *ret_digest)
{
	struct blob_batch *b = blob_batch_create(f->store);
	int fd = open_folder(path);
	int rc = tree_put_folder(b, fd, options, ret, &f->err);

	if (rc == 0)
		rc = tree_put(b, ret, ret_digest, &f->err);
	if (rc == 0)
		rc = blob_batch_commit(b, &f->err);
	blob_batch_destroy(b);
	close(fd);
	return rc;
}

static int place(struct fixture *f, const struct tree *t, const char *path, mode_t mode)
{
	int fd, rc;

	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	fd = open_folder(path);
	rc = tree_place(f->store, t, fd, mode, &f->err);
	close(fd);
	return rc;
}

static void make_sample(void)
{
	struct err err = ERR_INIT;

	ok(&err, fs_remove_tree(AT_FDCWD, "in", &err));
	write_file("in/a/b/c.txt", "deep");
	write_file("in/a-b", "beside");
	write_file("in/run.sh", "#!/bin/sh\n");
	write_file("in/same", "deep");
	assert_int_equal(chmod("in/run.sh", 0750), 0);
	assert_int_equal(mkdir("in/empty", 0700), 0);
	assert_int_equal(mkdir("in/empty/inner", 0700), 0);
	assert_int_equal(symlink("../a-b", "in/a/link"), 0);
	assert_int_equal(symlink("nowhere", "in/dangling"), 0);
}

static void a_folder_comes_out_as_it_went_in(void **state)
{
	const struct tree_put_options none = { 0 };
	struct fixture *f = *state;
	struct tree t, again, loaded = TREE_INIT;
	struct digest d, d2;
	struct stat st, st2;
	char target[32] = "";

	make_sample();
	ok(&f->err, put(f, "in", &none, &t, &d));
	assert_int_equal(t.count, 7);
	ok(&f->err, tree_load(f->store, &d, &loaded, &f->err));
	ok(&f->err, place(f, &loaded, "out", 0755));
	assert_file("out/a/b/c.txt", "deep");
	assert_file("out/a-b", "beside");
	assert_int_equal(stat("out/run.sh", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat("out/same", &st), 0);
	assert_int_equal(stat("out/a/b/c.txt", &st2), 0);
	assert_int_equal(st.st_ino, st2.st_ino);
	assert_int_equal(stat("out/empty/inner", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_true(readlink("out/a/link", target, sizeof(target)) > 0);
	assert_string_equal(target, "../a-b");
	ok(&f->err, put(f, "out", &none, &again, &d2));
	assert_true(digest_eq(&d, &d2)); /* 0750 and 0555 are both "executable" */
	tree_finish(&t);
	tree_finish(&again);
	tree_finish(&loaded);
}

static void placed_folders_can_be_read_only(void **state)
{
	const struct tree_put_options none = { 0 };
	struct fixture *f = *state;
	struct digest d;
	struct tree t;
	struct stat st;

	make_sample();
	ok(&f->err, put(f, "in", &none, &t, &d));
	ok(&f->err, place(f, &t, "out", 0555));
	assert_int_equal(stat("out/a/b", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat("out/empty", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_file("out/a/b/c.txt", "deep");
	tree_finish(&t);
}

static void what_is_in_the_way_is_named(void **state)
{
	const struct tree_put_options none = { 0 };
	struct fixture *f = *state;
	struct digest d;
	struct tree t;

	make_sample();
	ok(&f->err, put(f, "in", &none, &t, &d));
	write_file("file/a/b/c.txt", "mine");
	assert_int_equal(place(f, &t, "file", 0755), ERR_EXISTS);
	assert_string_equal(f->err.text, "a/b/c.txt is there already");
	assert_file("file/a/b/c.txt", "mine");
	write_file("folder/a", "mine");
	assert_int_equal(place(f, &t, "folder", 0755), ERR_EXISTS);
	assert_non_null(strstr(f->err.text, "a/b/c.txt has something in its way"));
	assert_int_equal(mkdir("link", 0755), 0);
	assert_int_equal(mkdir("elsewhere", 0755), 0);
	assert_int_equal(symlink("../elsewhere", "link/a"), 0);
	assert_int_equal(place(f, &t, "link", 0755), ERR_EXISTS);
	assert_false(fs_exists(AT_FDCWD, "elsewhere/b")); /* nothing goes through a link */
	tree_finish(&t);
}

static void refused(struct fixture *f, const char *what)
{
	const struct tree_put_options options = { .label = "output 'x' (in)" };
	struct digest d;
	struct tree t = TREE_INIT;

	assert_int_equal(put(f, "in", &options, &t, &d), ERR_INVALID);
	if (!strstr(f->err.text, what))
		fail_msg("'%s' instead of '%s'", f->err.text, what);
	assert_null(t.entries);
	ok(&f->err, fs_remove_tree(AT_FDCWD, "in", &f->err));
}

static void what_is_no_file_folder_or_tame_link_is_refused_by_name(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "in/a/socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	make_sample();
	assert_int_equal(mkfifo("in/a/fifo", 0644), 0);
	refused(f, "output 'x' (in): a/fifo is a device, a socket or a FIFO");
	make_sample();
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refused(f, "output 'x' (in): a/socket is a device, a socket or a FIFO");
	close(fd);
	make_sample();
	if (mknod("in/null", S_IFCHR | 0644, 0x103) == 0)
		refused(f, "output 'x' (in): null is a device, a socket or a FIFO");
	make_sample();
	assert_int_equal(symlink("/etc/passwd", "in/a/passwd"), 0);
	refused(f, "output 'x' (in): a/passwd is a link that leads outside");
	make_sample();
	assert_int_equal(symlink("../../x", "in/a/up"), 0);
	refused(f, "output 'x' (in): a/up is a link that leads outside");
	make_sample();
	write_file("in/new\nline", "x");
	refused(f, "is not a path inside a folder");
}

static void limits_hold(void **state)
{
	const struct tree_put_options small = { .max_bytes = 10, .label = "x" };
	const struct tree_put_options exact = { .max_bytes = 10 + 4 + 4 + 6 };
	const struct tree_put_options none = { 0 };
	struct fixture *f = *state;
	char path[3 * TREE_DEPTH_MAX] = "deep";
	struct digest d;
	struct tree t;

	make_sample();
	assert_int_equal(put(f, "in", &small, &t, &d), ERR_TOO_LARGE);
	assert_non_null(strstr(f->err.text, "makes the whole larger than allowed"));
	ok(&f->err, put(f, "in", &exact, &t, &d));
	tree_finish(&t);
	for (int i = 0; i <= TREE_DEPTH_MAX; i++)
		strcat(path, "/d");
	ok(&f->err, fs_mkdirs(AT_FDCWD, path, 0755, &f->err));
	assert_int_equal(put(f, "deep", &none, &t, &d), ERR_TOO_LARGE);
	assert_non_null(strstr(f->err.text, "is more than 64 folders deep"));
}

/* Only what was changed is read again: the others are made unreadable by a
 * content that would hash to something else, without a trace in their times. */
static void untouched_files_of_a_known_tree_are_not_read(void **state)
{
	const struct tree_put_options none = { 0 };
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = BLOB_MTIME } };
	struct fixture *f = *state;
	struct tree t, again;
	struct digest d, d2;

	make_sample();
	ok(&f->err, put(f, "in", &none, &t, &d));
	ok(&f->err, place(f, &t, "out", 0755));
	scribble("out/a-b", "BESIDE");
	assert_int_equal(chmod("out/a-b", 0444), 0);
	assert_int_equal(utimensat(AT_FDCWD, "out/a-b", times, 0), 0);
	assert_int_equal(unlink("out/same"), 0);
	write_file("out/same", "other");
	const struct tree_put_options known = { .known = &t };
	ok(&f->err, put(f, "out", &known, &again, &d2));
	assert_true(digest_eq(&tree_find(&again, "a-b")->digest, &tree_find(&t, "a-b")->digest));
	assert_false(digest_eq(&tree_find(&again, "same")->digest, &tree_find(&t, "same")->digest));
	tree_finish(&t);
	tree_finish(&again);
}

static void a_missing_blob_stops_the_placing(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;
	struct digest absent;

	hash_bytes("absent", 6, &absent);
	ok(&f->err, tree_add_file(&t, "a/b", false, &absent, 6, &f->err));
	ok(&f->err, tree_seal(&t, &f->err));
	assert_int_equal(place(f, &t, "out", 0755), ERR_NOT_FOUND);
	assert_false(fs_exists(AT_FDCWD, "out/a/b"));
	tree_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_folder_comes_out_as_it_went_in),
		fixture_test(placed_folders_can_be_read_only),
		fixture_test(what_is_in_the_way_is_named),
		fixture_test(what_is_no_file_folder_or_tame_link_is_refused_by_name),
		fixture_test(limits_hold),
		fixture_test(untouched_files_of_a_known_tree_are_not_read),
		fixture_test(a_missing_blob_stops_the_placing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
