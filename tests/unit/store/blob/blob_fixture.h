/* SPDX-License-Identifier: Apache-2.0 */
/* blob_fixture.h - a store in a folder of its own, for each test that wants one
 *
 * The working directory is that folder: tests name files as "blobs/..." and "x".
 */
#ifndef INGOT_TESTS_BLOB_FIXTURE_H
#define INGOT_TESTS_BLOB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"

/* A call that must succeed; shows its error text if not. */
#define ok(err, call)                                                                              \
	do {                                                                                       \
		int ok_rc = (call);                                                                \
		if (ok_rc < 0)                                                                     \
			fail_msg("%s: %s", #call, (err)->text);                                    \
	} while (0)

struct fixture {
	char folder[64];
	struct blob_store *store;
	struct err err;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	const char *parent = getenv("TMPDIR");

	snprintf(f->folder, sizeof(f->folder), "%.40s/ingot-test-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(f->folder) || chdir(f->folder) < 0 ||
	    blob_store_open("blobs", &f->store, &f->err) < 0)
		return -1;
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	int rc;

	blob_store_close(f->store);
	rc = chdir("/");
	if (rc == 0)
		rc = fs_remove_tree(AT_FDCWD, f->folder, NULL);
	free(f);
	return rc;
}

#define fixture_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* Makes parents too. */
static inline void write_file(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	char *slash = strrchr(path, '/');

	if (slash) {
		char *parent = mem_strndup(path, (size_t)(slash - path));

		ok(&err, fs_mkdirs(AT_FDCWD, parent, 0755, &err));
		free(parent);
	}
	ok(&err, fs_write_file(AT_FDCWD, path, text, strlen(text), 0644, &err));
}

static inline void assert_file(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	struct buf content = BUF_INIT;

	ok(&err, fs_read_file(AT_FDCWD, path, 1 << 20, &content, &err));
	assert_string_equal(buf_str(&content), text);
	buf_finish(&content);
}

static inline char *blob_path(const struct digest *d, char out[80])
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(d, hex);
	snprintf(out, 80, "blobs/%.2s/%s", hex, hex);
	return out;
}

static inline void put_text(struct fixture *f, const char *text, struct digest *ret)
{
	ok(&f->err, blob_put_bytes(f->store, text, strlen(text), ret, &f->err));
}

/* Writes through the read-only mode, as a step of the same user can. */
static inline void scribble(const char *path, const char *text)
{
	int fd;

	assert_int_equal(chmod(path, 0644), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

/* fork(), but the child does not outlive a test that fails. */
static inline pid_t fork_child(void)
{
	pid_t child = fork();

	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

static inline int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

#endif
