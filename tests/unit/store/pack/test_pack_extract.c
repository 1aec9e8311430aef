/* SPDX-License-Identifier: Apache-2.0 */
/* test_pack_extract.c - tame archives become trees, hostile ones a message
 *
 * The archives are tests/fuzz/corpus/archive/, made by tests/fuzz/make_archives.py.
 */
#include <dirent.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/pack/pack.h"
#include "tests/unit/store/blob/blob_fixture.h"

enum { SLOW_MS = 5000 }; /* no archive may keep anybody busy for longer */

static int extract_limited(struct fixture *f, const char *name, const struct pack_limits *limits,
			   struct tree *ret)
{
	struct blob_batch *b = blob_batch_create(f->store);
	char *path = mem_printf("%s/%s", ARCHIVES, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	assert_true(fd >= 0);
	rc = pack_extract(b, fd, name, limits, ret, &f->err);
	if (rc == 0)
		ok(&f->err, blob_batch_commit(b, &f->err));
	blob_batch_destroy(b);
	close(fd);
	free(path);
	return rc;
}

static int extract(struct fixture *f, const char *name, struct tree *ret)
{
	return extract_limited(f, name, &pack_limits_default, ret);
}

static const struct tree_entry *entry(const struct tree *t, const char *path, enum tree_kind kind)
{
	const struct tree_entry *e = tree_find(t, path);

	if (!e)
		fail_msg("no %s", path);
	assert_int_equal(e->kind, kind);
	return e;
}

static void tame_archives_become_trees(void **state)
{
	static const char *const names[] = { "tame.tar", "tame.tar.gz", "tame-pax.tar" };
	struct fixture *f = *state;
	struct digest hello;

	hash_bytes("hello\n", 6, &hello);
	for (size_t i = 0; i < countof(names); i++) {
		struct tree t;

		ok(&f->err, extract(f, names[i], &t));
		assert_int_equal(t.count, 6);
		assert_true(digest_eq(&entry(&t, "a/b.txt", TREE_FILE)->digest, &hello));
		assert_true(digest_eq(&entry(&t, "again", TREE_FILE)->digest, &hello));
		assert_int_equal(entry(&t, "again", TREE_FILE)->size_bytes, 6);
		entry(&t, "run.sh", TREE_EXECUTABLE);
		entry(&t, "empty", TREE_FOLDER);
		entry(&t, "\xc3\xa9t\xc3\xa9", TREE_FILE);
		assert_string_equal(entry(&t, "a/link", TREE_LINK)->target, "b.txt");
		assert_int_equal(blob_verify(f->store, &hello, &f->err), 0);
		tree_finish(&t);
	}
}

static void a_zip_becomes_a_tree(void **state)
{
	struct fixture *f = *state;
	struct tree t;

	ok(&f->err, extract(f, "tame.zip", &t));
	assert_int_equal(t.count, 4);
	entry(&t, "a/b.txt", TREE_FILE);
	entry(&t, "run.sh", TREE_EXECUTABLE);
	entry(&t, "\xc3\xa9t\xc3\xa9", TREE_FILE);
	assert_string_equal(entry(&t, "a/link", TREE_LINK)->target, "b.txt");
	tree_finish(&t);
	ok(&f->err, extract(f, "tame-dot-slash.tar", &t));
	assert_int_equal(t.count, 1);
	entry(&t, "a/b", TREE_FILE);
	tree_finish(&t);
}

static void set_id_bits_are_dropped(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct tree t;
	int fd;

	ok(&f->err, extract(f, "tame-setuid.zip", &t));
	entry(&t, "su", TREE_EXECUTABLE);
	tree_finish(&t);
	ok(&f->err, extract(f, "tame-setuid.tar", &t));
	assert_int_equal(mkdir("out", 0755), 0);
	fd = open_folder("out");
	ok(&f->err, tree_place(f->store, &t, fd, 0755, &f->err));
	close(fd);
	assert_int_equal(stat("out/su", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat("out/d", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	tree_finish(&t);
}

/* So libarchive reads it: some programs write plain files with that mode. */
static void a_fifo_of_a_zip_is_a_plain_file(void **state)
{
	struct fixture *f = *state;
	struct tree t;

	ok(&f->err, extract(f, "special-fifo.zip", &t));
	assert_int_equal(entry(&t, "fifo", TREE_FILE)->size_bytes, 0);
	tree_finish(&t);
}

static const struct {
	const char *name;
	const char *message; /* a part of it */
} hostile[] = {
	{ "path-absolute.tar", "/tmp/x is not a path inside a folder" },
	{ "path-up.tar", "../x is not a path inside a folder" },
	{ "path-up-later.tar", "a/../../x is not a path inside a folder" },
	{ "path-up-pax.tar", "../../x is not a path inside a folder" },
	{ "path-control.tar", "is not a path inside a folder" },
	{ "path-empty.tar", "" },
	{ "path-long.tar", "is not a path inside a folder" },
	{ "path-deep.tar", "is more than 64 folders deep" },
	{ "path-twice.tar", "a is there twice" },
	{ "path-twice-dotted.tar", "a is there twice" },
	{ "path-below-file.tar", "a is no folder, but has something below it" },
	{ "path-folder-and-file.tar", "a is there twice" },
	{ "path-absolute.zip", "/tmp/x is not a path inside a folder" },
	{ "path-up.zip", "../x is not a path inside a folder" },
	{ "path-twice.zip", "a is there twice" },
	{ "link-absolute.tar", "l is a link that leads outside" },
	{ "link-up.tar", "a/l is a link that leads outside" },
	{ "link-up-late.tar", "l is a link that leads outside" },
	{ "link-then-below.tar", "l is a link that leads outside" },
	{ "link-inside-then-below.tar", "l is no folder, but has something below it" },
	{ "link-empty.tar", "" },
	{ "link-absolute.zip", "l is a link that leads outside" },
	{ "link-up.zip", "l is a link that leads outside" },
	{ "hard-absolute.tar", "h is a hard link to what is no earlier file" },
	{ "hard-up.tar", "h is a hard link to what is no earlier file" },
	{ "hard-missing.tar", "h is a hard link to what is no earlier file" },
	{ "hard-later.tar", "h is a hard link to what is no earlier file" },
	{ "hard-to-link.tar", "h is a hard link to what is no earlier file" },
	{ "hard-to-itself.tar", "h is a hard link to what is no earlier file" },
	{ "hard-with-content.tar", "h is a hard link with a content of its own" },
	{ "special-char.tar", "null is a device, a socket or a FIFO" },
	{ "special-block.tar", "disk is a device, a socket or a FIFO" },
	{ "special-fifo.tar", "fifo is a device, a socket or a FIFO" },
	{ "special-char.zip", "null is a device, a socket or a FIFO" },
	{ "special-socket.zip", "socket is a device, a socket or a FIFO" },
	{ "bomb-ratio.tar.gz", "zeros unpacks to far more than the archive holds" },
	{ "bomb-ratio.zip", "zeros unpacks to far more than the archive holds" },
	{ "bomb-nested.tar.gz", "the archive is compressed more than once" },
	{ "bomb-overlap.zip", "unpacks to far more than the archive holds" },
	{ "bomb-sparse.tar", "sparse unpacks to far more than the archive holds" },
	{ "bomb-headers.tar.gz", "the archive" },
	{ "bomb-pax-header.tar", "the archive" },
	{ "damaged-cut.tar", "the archive" },
	{ "damaged-checksum.tar", "the archive" },
	{ "damaged-negative-size.tar", "" },
	{ "damaged-huge-size.tar", "the archive" },
	{ "damaged-cut.tar.gz", "the archive" },
	{ "damaged-cut.zip", "the archive" },
	{ "damaged-crc.zip", "the archive" },
	{ "damaged-offset.zip", "the archive" },
	{ "encrypted.zip", "a is encrypted" },
	{ "other-empty", "the archive" },
	{ "other-text", "the archive" },
	{ "other-cpio", "the archive" },
	{ "other-7z", "the archive" },
	{ "other-xz", "the archive" },
	{ "other-gzip-of-text", "the archive" },
};

static void hostile_archives_are_refused_with_a_reason(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(hostile); i++) {
		int64_t start = clock_mono_us();
		struct tree t = TREE_INIT;
		int rc = extract(f, hostile[i].name, &t);

		if (rc != ERR_INVALID && rc != ERR_TOO_LARGE)
			fail_msg("%s: taken, with %zu entries", hostile[i].name, t.count);
		if (!str_starts(f->err.text, hostile[i].name) ||
		    !strstr(f->err.text, hostile[i].message) || strchr(f->err.text, '\033'))
			fail_msg("%s: '%s'", hostile[i].name, f->err.text);
		if (clock_mono_us() - start > SLOW_MS * 1000)
			fail_msg("%s: too slow", hostile[i].name);
		assert_null(t.entries);
	}
	assert_true(countof(hostile) >= 24);
}

static bool is_expected_to_be_refused(const char *name)
{
	for (size_t i = 0; i < countof(hostile); i++)
		if (str_eq(hostile[i].name, name))
			return true;
	return false;
}

/* Whatever is taken stays inside when it is placed: nothing but the folder that it
 * was placed in appears, and every link in it leads to the inside. */
static void what_is_taken_stays_inside(void **state)
{
	struct fixture *f = *state;
	DIR *folder = opendir(ARCHIVES);
	struct dirent *file;
	size_t taken = 0;

	assert_non_null(folder);
	while ((file = readdir(folder))) {
		struct tree t;
		int fd;

		if (file->d_name[0] == '.' || is_expected_to_be_refused(file->d_name) ||
		    extract(f, file->d_name, &t) < 0)
			continue;
		taken++;
		ok(&f->err, fs_mkdirs(AT_FDCWD, "jail/out", 0755, &f->err));
		fd = open_folder("jail/out");
		ok(&f->err, tree_place(f->store, &t, fd, 0755, &f->err));
		close(fd);
		for (size_t i = 0; i < t.count; i++) {
			char *path = mem_printf("jail/out/%s", t.entries[i].path);
			char *real = realpath(path, NULL);

			if (real && !strstr(real, "/jail/out/"))
				fail_msg("%s: %s leads to %s", file->d_name, path, real);
			free(real);
			free(path);
		}
		assert_int_equal(rename("jail/out", "gone"), 0);
		assert_int_equal(rmdir("jail"), 0); /* nothing beside it */
		ok(&f->err, fs_remove_tree(AT_FDCWD, "gone", &f->err));
		tree_finish(&t);
	}
	closedir(folder);
	assert_true(taken >= 7);
}

static void limits_hold(void **state)
{
	struct pack_limits few = pack_limits_default, small = pack_limits_default;
	struct fixture *f = *state;
	struct tree t;

	few.max_entries = 2999;
	assert_int_equal(extract_limited(f, "bomb-count.tar.gz", &few, &t), ERR_TOO_LARGE);
	assert_string_equal(f->err.text, "bomb-count.tar.gz: f2999 is one entry too many");
	few.max_entries = 3000;
	ok(&f->err, extract_limited(f, "bomb-count.tar.gz", &few, &t));
	assert_int_equal(t.count, 3000);
	tree_finish(&t);
	small.max_bytes = 16; /* hello, a script of 10 bytes, and x */
	assert_int_equal(extract_limited(f, "tame.tar", &small, &t), ERR_TOO_LARGE);
	assert_non_null(strstr(f->err.text, "makes the contents larger than allowed"));
	small.max_bytes = 17;
	ok(&f->err, extract_limited(f, "tame.tar", &small, &t));
	tree_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(tame_archives_become_trees),
		fixture_test(a_zip_becomes_a_tree),
		fixture_test(set_id_bits_are_dropped),
		fixture_test(a_fifo_of_a_zip_is_a_plain_file),
		fixture_test(hostile_archives_are_refused_with_a_reason),
		fixture_test(what_is_taken_stays_inside),
		fixture_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
