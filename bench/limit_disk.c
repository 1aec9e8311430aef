/* SPDX-License-Identifier: Apache-2.0 */
/* limit_disk.c - F, CP, CPL, MK: what the file system gives */
#include "bench/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "bench/samples.h"

enum { SYNC_BYTES = 4096 };

int limit_sync(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err)
{
	static const char page[SYNC_BYTES];
	int64_t before = clock_mono_us(), now = before;
	int64_t end = before + (int64_t)(setup->seconds * 1e6);
	int fd = openat(setup->dirfd, "sync", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	int rc = 0;

	(void)variant;
	if (fd < 0)
		return err_errno(err, errno, "%s/sync", setup->dir);
	while (rc == 0 && now < end) {
		int64_t turn = now;

		rc = fs_write_all(fd, page, sizeof(page), err);
		if (rc == 0 && fdatasync(fd) < 0)
			rc = err_errno(err, errno, "fdatasync");
		now = clock_mono_us();
		samples_add(turns, now - turn);
	}
	fs_close(&fd);
	*ret_value = (double)turns->count * 1e6 / (double)(now - before);
	return rc;
}

/* A file of random bytes: nothing on the way can cheat. */
static int make_large(const struct limit_setup *setup, char *buffer, struct err *err)
{
	int fd = openat(setup->dirfd, "large", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return err_errno(err, errno, "%s/large", setup->dir);
	for (uint64_t left = setup->large_bytes; rc == 0 && left > 0;) {
		size_t part = left < LIMIT_BUFFER ? (size_t)left : LIMIT_BUFFER;

		hash_random(buffer, part);
		rc = fs_write_all(fd, buffer, part, err);
		left -= part;
	}
	if (rc == 0)
		fs_sync_fd(fd);
	fs_close(&fd);
	return rc;
}

static int copy_once(int from, int to, char *buffer, bool durable, struct err *err)
{
	ssize_t len;
	int rc = 0;

	lseek(from, 0, SEEK_SET);
	while (rc == 0 && (len = read(from, buffer, LIMIT_BUFFER)) > 0)
		rc = fs_write_all(to, buffer, (size_t)len, err);
	if (rc == 0 && len < 0)
		rc = err_errno(err, errno, "reading the large file");
	if (rc == 0 && durable)
		fs_sync_fd(to);
	return rc;
}

int limit_copy_large(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		     double *ret_value, struct err *err)
{
	char *buffer = mem_alloc(LIMIT_BUFFER);
	int rc = make_large(setup, buffer, err), from = -1, to = -1;
	int64_t spent = 0;

	if (rc == 0)
		from = openat(setup->dirfd, "large", O_RDONLY | O_CLOEXEC);
	while (rc == 0 && (double)spent < setup->seconds * 1e6) {
		int64_t before;

		to = openat(setup->dirfd, "copy", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		before = clock_mono_us();
		rc = copy_once(from, to, buffer, variant == 1, err);
		samples_add(turns, clock_mono_us() - before);
		spent += turns->us[turns->count - 1];
		fs_close(&to);
		unlinkat(setup->dirfd, "copy", 0);
	}
	fs_close(&from);
	unlinkat(setup->dirfd, "large", 0);
	free(buffer);
	if (rc == 0)
		*ret_value = (double)setup->large_bytes * (double)turns->count / (double)spent;
	return rc;
}

static int make_one(int dirfd, unsigned folder, unsigned n, char *content, struct err *err)
{
	char name[32];
	int fd, rc;

	snprintf(name, sizeof(name), "%02u/%06u", folder, n);
	snprintf(content, LIMIT_SMALL_BYTES, "file %u\n", n); /* no two alike */
	fd = openat(dirfd, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, errno, "%s", name);
	rc = fs_write_all(fd, content, LIMIT_SMALL_BYTES, err);
	fs_close(&fd);
	return rc;
}

/* Fills the new folder `name` with the small files, in a hundred folders one after the other. */
static int make_small(const struct limit_setup *setup, const char *name, struct samples *turns,
		      struct err *err)
{
	char content[LIMIT_SMALL_BYTES] = { 0 }, folder[64];
	int dirfd, rc = 0;

	for (unsigned i = 0; rc == 0 && i < 100; i++) {
		snprintf(folder, sizeof(folder), "%s/%02u", name, i);
		rc = fs_mkdirs(setup->dirfd, folder, 0755, err);
	}
	if (rc < 0)
		return rc;
	dirfd = fs_open_dir(setup->dirfd, name, err);
	for (unsigned i = 0; rc == 0 && i < setup->files; i++) {
		int64_t before = clock_mono_us();

		rc = make_one(dirfd, (unsigned)((uint64_t)i * 100 / setup->files), i, content, err);
		samples_add(turns, clock_mono_us() - before);
	}
	fs_close(&dirfd);
	return rc;
}

int limit_make(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err)
{
	int64_t spent = 0;
	int rc = make_small(setup, "made", turns, err);

	(void)variant;
	for (size_t i = 0; i < turns->count; i++)
		spent += turns->us[i];
	*ret_value = (double)turns->count * 1e6 / (double)(spent > 0 ? spent : 1);
	fs_remove_tree(setup->dirfd, "made", NULL);
	return rc;
}

static int run_cp(const char *options, const char *from, const char *to, struct err *err)
{
	char *argv[] = { "cp", (char *)options, (char *)from, (char *)to, NULL };
	pid_t child;
	int status = -1;

	if (posix_spawnp(&child, "cp", NULL, NULL, argv, environ) != 0)
		return err_set(err, ERR_NOT_FOUND, "cp cannot be started");
	if (waitpid(child, &status, 0) < 0 || status != 0)
		return err_set(err, ERR_FAILED, "cp %s %s %s failed", options, from, to);
	return 0;
}

int limit_copy_small(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		     double *ret_value, struct err *err)
{
	struct samples making = SAMPLES_INIT;
	char *from = mem_printf("%s/small", setup->dir), *to = mem_printf("%s/small-copy", setup->dir);
	int rc = make_small(setup, "small", &making, err);
	int64_t spent = 0;

	while (rc == 0 && (double)spent < setup->seconds * 1e6) {
		int64_t before = clock_mono_us();

		rc = run_cp(variant == COPY_LINKS ? "-al" : "-a", from, to, err);
		samples_add(turns, clock_mono_us() - before);
		spent += turns->us[turns->count - 1];
		fs_remove_tree(setup->dirfd, "small-copy", NULL);
	}
	fs_remove_tree(setup->dirfd, "small", NULL);
	samples_finish(&making);
	free(from);
	free(to);
	if (rc == 0)
		*ret_value = (double)setup->files * (double)turns->count * 1e6 / (double)spent;
	return rc;
}
