/* SPDX-License-Identifier: Apache-2.0 */
/* test_pack_write.c - archives of a tree: the same bytes always, and back again */
#include <time.h>

#include "store/pack/pack.h"
#include "tests/unit/store/blob/blob_fixture.h"

static const char long_name[] =
	"a/very/long/path/that/does/not/fit/into/the/hundred/bytes/of/an/old/header/of/a/tar/archive/"
	"whatever/its/prefix/holds/file.txt";

static void put(struct fixture *f, struct tree *t)
{
	struct digest hello, script, empty;

	put_text(f, "hello\n", &hello);
	put_text(f, "#!/bin/sh\n", &script);
	put_text(f, "", &empty);
	ok(&f->err, tree_add_file(t, "a/b.txt", false, &hello, 6, &f->err));
	ok(&f->err, tree_add_file(t, "run.sh", true, &script, 10, &f->err));
	ok(&f->err, tree_add_file(t, "nothing", false, &empty, 0, &f->err));
	ok(&f->err, tree_add_file(t, "\xc3\xa9t\xc3\xa9", false, &hello, 6, &f->err));
	ok(&f->err, tree_add_file(t, long_name, false, &hello, 6, &f->err));
	ok(&f->err, tree_add_link(t, "a/link", "../run.sh", &f->err));
	ok(&f->err, tree_add_folder(t, "empty/inner", &f->err));
	ok(&f->err, tree_seal(t, &f->err));
}

static void pack(struct fixture *f, const struct tree *t, enum pack_format format, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	ok(&f->err, pack_write(f->store, t, format, fd, &f->err));
	close(fd);
}

static void hash_file(const char *path, struct digest *ret)
{
	struct err err = ERR_INIT;
	struct buf content = BUF_INIT;

	ok(&err, fs_read_file(AT_FDCWD, path, 1 << 20, &content, &err));
	hash_bytes(content.data, content.len, ret);
	buf_finish(&content);
}

static void every_format_reads_back_as_the_same_tree(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;
	struct buf text = BUF_INIT, text2 = BUF_INIT;

	put(f, &t);
	tree_encode(&t, &text);
	for (int i = 0; i < PACK_FORMAT_COUNT; i++) {
		struct blob_batch *b = blob_batch_create(f->store);
		struct tree back;
		int fd;

		pack(f, &t, (enum pack_format)i, "archive");
		fd = open("archive", O_RDONLY | O_CLOEXEC);
		ok(&f->err, pack_extract(b, fd, "archive", &pack_limits_default, &back, &f->err));
		buf_clear(&text2);
		tree_encode(&back, &text2);
		assert_string_equal(buf_str(&text2), buf_str(&text));
		tree_finish(&back);
		blob_batch_destroy(b);
		close(fd);
	}
	buf_finish(&text);
	buf_finish(&text2);
	tree_finish(&t);
}

static void the_bytes_depend_on_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;
	struct digest first[PACK_FORMAT_COUNT], second;

	put(f, &t);
	for (int i = 0; i < PACK_FORMAT_COUNT; i++) {
		pack(f, &t, (enum pack_format)i, "archive");
		hash_file("archive", &first[i]);
	}
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	umask(077);
	usleep(1100000); /* into another second */
	for (int i = 0; i < PACK_FORMAT_COUNT; i++) {
		pack(f, &t, (enum pack_format)i, "archive");
		hash_file("archive", &second);
		assert_true(digest_eq(&first[i], &second));
	}
	umask(022);
	unsetenv("TZ");
	tzset();
	tree_finish(&t);
}

static void other_programs_read_them(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;

	put(f, &t);
	pack(f, &t, PACK_TAR, "archive.tar");
	assert_int_equal(mkdir("out", 0755), 0);
	assert_int_equal(system("tar -xf archive.tar -C out"), 0);
	assert_file("out/a/b.txt", "hello\n");
	assert_file("out/a/link", "#!/bin/sh\n");
	assert_int_equal(access("out/run.sh", X_OK), 0);
	assert_int_equal(access("out/empty/inner", X_OK), 0);
	tree_finish(&t);
}

static void a_pipe_gets_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;
	struct digest file, piped;
	FILE *pipe;

	put(f, &t);
	pack(f, &t, PACK_TAR, "archive");
	hash_file("archive", &file);
	pipe = popen("cat > piped", "w");
	assert_non_null(pipe);
	ok(&f->err, pack_write(f->store, &t, PACK_TAR, fileno(pipe), &f->err));
	pclose(pipe);
	hash_file("piped", &piped);
	assert_true(digest_eq(&file, &piped));
	tree_finish(&t);
}

static void what_cannot_be_packed_is_said(void **state)
{
	struct fixture *f = *state;
	struct tree t = TREE_INIT;
	struct digest absent;
	int fd;

	hash_bytes("absent", 6, &absent);
	ok(&f->err, tree_add_file(&t, "gone", false, &absent, 6, &f->err));
	ok(&f->err, tree_seal(&t, &f->err));
	fd = open("archive", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(pack_write(f->store, &t, PACK_TAR, fd, &f->err), ERR_NOT_FOUND);
	close(fd);
	tree_finish(&t);
	put(f, &t);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pack_write(f->store, &t, PACK_TAR, fd, &f->err), ERR_NO_SPACE);
	close(fd);
	tree_finish(&t);
}

static void a_name_tells_the_format(void **state)
{
	enum pack_format format = PACK_FORMAT_COUNT;
	struct err err = ERR_INIT;
	(void)state;

	ok(&err, pack_format_of("a.tar", &format, &err));
	assert_int_equal(format, PACK_TAR);
	ok(&err, pack_format_of("a.b.tar.zst", &format, &err));
	assert_int_equal(format, PACK_TAR_ZST);
	ok(&err, pack_format_of("x.zip", &format, &err));
	assert_int_equal(format, PACK_ZIP);
	assert_int_equal(pack_format_of("x.rar", &format, &err), ERR_INVALID);
	assert_string_equal(err.text, "x.rar does not end in .tar, .tar.zst or .zip");
	assert_string_equal(pack_format_suffix(PACK_TAR_ZST), ".tar.zst");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(every_format_reads_back_as_the_same_tree),
		fixture_test(the_bytes_depend_on_nothing_else),
		fixture_test(other_programs_read_them),
		fixture_test(a_pipe_gets_the_same_bytes),
		fixture_test(what_cannot_be_packed_is_said),
		cmocka_unit_test(a_name_tells_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
