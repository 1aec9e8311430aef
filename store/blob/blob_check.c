/* SPDX-License-Identifier: Apache-2.0 */
/* blob_check.c - blobs judged: damaged or whole, wanted or not
 *
 * Removal and confirmation meet without a lock. A blob's access time says when
 * somebody last put it or found it there. A collector moves an unwanted blob out
 * of sight first and reads that time again; a putter sets the time first and looks
 * for the name again. One of the two notices the other:
 *
 *	putter     sets the time; the name is there: good  | it is not: writes it anew
 *	collector  moves the name away; the time is new: moves it back  | old: unlinks
 *
 * (Setting a time by name may reach an inode that was moved meanwhile. That is why
 * the putter has to look again.) What was just put can be out of sight for an
 * instant, if it was unwanted for long before; it is not lost.
 *
 * Reading sets the access time too, on some file systems; that keeps a blob
 * longer and harms nobody.
 */
#include "store/blob/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/blob/blob_priv.h"

enum { FOLDERS = 256, DAMAGED_NAME_SIZE = sizeof("damaged/") + DIGEST_HEX_SIZE };

int blob_confirm(struct blob_store *s, const char *name)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };

	return utimensat(s->root_fd, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Moves what fd is open on away from its name. If the name meanwhile belongs to
 * another inode, which somebody put there because this one is damaged, it stays. */
static void set_aside(struct blob_store *s, const char *name, const char *aside, int fd)
{
	struct stat ours, moved;

	if (renameat(s->root_fd, name, s->root_fd, aside) < 0)
		return;
	if (fstat(fd, &ours) == 0 &&
	    fstatat(s->root_fd, aside, &moved, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino != moved.st_ino)
		renameat2(s->root_fd, aside, s->root_fd, name, RENAME_NOREPLACE);
}

static int quarantine(struct blob_store *s, const struct digest *d, bool executable, int fd,
		      struct err *err)
{
	char name[BLOB_NAME_SIZE];
	char aside[DAMAGED_NAME_SIZE];
	char hex[DIGEST_HEX_SIZE];

	blob_name(d, executable, name);
	digest_hex(d, hex);
	snprintf(aside, sizeof(aside), "damaged/%s", hex);
	set_aside(s, name, aside, fd);
	if (executable)
		unlinkat(s->root_fd, aside, 0);
	err_set(err, ERR_DAMAGED,
		"blob sha256:%s is damaged: its content is another now; moved to %s/%s", hex,
		s->path, aside);
	err_hint(err, "run again the steps that made it; 'ingot fsck' names them");
	return ERR_DAMAGED;
}

int blob_recheck(struct blob_store *s, const struct digest *d, bool executable, struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = BLOB_MTIME } };
	char name[BLOB_NAME_SIZE];
	struct digest found;
	uint64_t size_bytes;
	struct stat st;
	int fd, rc;

	blob_name(d, executable, name);
	fd = openat(s->root_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, errno, "blob %s/%s", s->path, name);
	rc = blob_copy(s, fd, name, NULL, (uint64_t)st.st_size, &found, &size_bytes, err);
	if (rc == ERR_IO || (rc == 0 && !digest_eq(&found, d)))
		rc = quarantine(s, d, executable, fd, err);
	else if (rc == 0 && (fchmod(fd, executable ? BLOB_MODE_EXECUTABLE : BLOB_MODE) < 0 ||
			     futimens(fd, times) < 0))
		rc = err_errno(err, errno, "blob %s/%s", s->path, name);
	fs_close(&fd);
	return rc;
}

int blob_verify(struct blob_store *s, const struct digest *d, struct err *err)
{
	char name[BLOB_NAME_SIZE];
	int rc = blob_recheck(s, d, false, err);

	blob_name(d, true, name);
	if (rc < 0 || !fs_exists(s->root_fd, name))
		return rc;
	rc = blob_recheck(s, d, true, err);
	return rc == ERR_DAMAGED ? 1 : rc;
}

struct listing {
	int (*each)(void *arg, const struct digest *d, uint64_t size_bytes);
	void *arg;
};

static int list_folder(DIR *folder, const struct listing *l)
{
	struct dirent *entry;
	struct digest d;
	struct stat st;
	int rc = 0;

	while (rc == 0 && (entry = readdir(folder)))
		if (strlen(entry->d_name) == DIGEST_HEX_SIZE - 1 &&
		    digest_parse(entry->d_name, &d) == 0 &&
		    fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			rc = l->each(l->arg, &d, (uint64_t)st.st_size);
	return rc;
}

int blob_list(struct blob_store *s,
	      int (*each)(void *arg, const struct digest *d, uint64_t size_bytes), void *arg,
	      struct err *err)
{
	const struct listing listing = { each, arg };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < FOLDERS; i++) {
		char name[3];
		DIR *folder;
		int fd;

		snprintf(name, sizeof(name), "%02x", i);
		fd = openat(s->root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		folder = fd < 0 ? NULL : fdopendir(fd);
		if (!folder) {
			rc = err_errno(err, errno, "cannot read %s/%s", s->path, name);
			fs_close(&fd);
			return rc;
		}
		rc = list_folder(folder, &listing);
		closedir(folder);
	}
	return rc;
}

static bool is_wanted(const struct stat *st, int64_t unwanted_s)
{
	return clock_wall_ms() / 1000 - st->st_atim.tv_sec < unwanted_s;
}

/* Takes the name away and looks again; see the top of this file. */
static int take_away(struct blob_store *s, const char *name, int64_t unwanted_s, struct err *err)
{
	struct stat st;
	uint64_t number;
	int rc = blob_staging_take(s, name, &number, &st, err);

	if (rc < 0)
		return rc;
	if (is_wanted(&st, unwanted_s) && blob_staging_name(s, number, name) == 0)
		return 0;
	blob_staging_remove(s, number);
	return 1;
}

int blob_remove(struct blob_store *s, const struct digest *d, int64_t unwanted_s, struct err *err)
{
	char name[BLOB_NAME_SIZE];
	struct stat st;
	int rc;

	blob_name(d, false, name);
	if (fstatat(s->root_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "blob %s/%s", s->path, name);
	if (is_wanted(&st, unwanted_s))
		return 0;
	rc = take_away(s, name, unwanted_s, err);
	if (rc > 0) {
		blob_name(d, true, name);
		unlinkat(s->root_fd, name, 0);
	}
	return rc;
}
