/* SPDX-License-Identifier: Apache-2.0 */
/* fs_tree.c - whole trees removed
 *
 * A tree may be deeper than a path may be long or than we may have open files,
 * so nothing here recurses. Instead the tree is made flat: each folder found
 * in the top folder is emptied, and the folders in it are moved up into the top
 * folder, where a later pass finds them. Two folders are open at a time.
 *
 * No link is followed: names are single parts below an open folder, and folders
 * are opened with O_NOFOLLOW. After a crash half way, the rest is a tree again.
 */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

enum { MOVED_NAME_SIZE = 32 };

/* In here a failure is -1 with errno; fs_remove_tree() puts it into words. */

static DIR *open_folder(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;
	int fd = openat(dirfd, name, flags);
	DIR *folder;

	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dirfd, name, flags);
	if (fd < 0)
		return NULL;
	/* If this fails, removing what is inside will, and tells. */
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
		(void)fchmod(fd, S_IRWXU);
	folder = fdopendir(fd);
	if (!folder)
		fs_close(&fd);
	return folder;
}

static void close_folder(DIR *folder)
{
	int saved = errno;

	closedir(folder);
	errno = saved;
}

/* 1 with the next name, 0 at the end, -1. */
static int next_name(DIR *folder, const char **ret_name)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(folder);
		if (!entry)
			return errno ? -1 : 0;
	} while (entry->d_name[0] == '.' &&
		 (!entry->d_name[1] || (entry->d_name[1] == '.' && !entry->d_name[2])));
	*ret_name = entry->d_name;
	return 1;
}

/* 1 if removed, 0 if it is a folder, -1. */
static int unlink_unless_folder(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 1;
	return errno == EISDIR ? 0 : -1;
}

static int move_up(int from, const char *name, int top)
{
	char moved[MOVED_NAME_SIZE];
	uint64_t random;

	hash_random(&random, sizeof(random));
	snprintf(moved, sizeof(moved), ".removing-%016" PRIx64, random);
	if (renameat(from, name, top, moved) == 0)
		return 0;
	/* A folder that changes its parent must be writable itself. */
	if (errno != EACCES || fchmodat(from, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return renameat(from, name, top, moved);
}

/* Removes the folder called name of top; the folders in it move into top. */
static int remove_folder(int top, const char *name)
{
	DIR *folder = open_folder(top, name);
	const char *entry;
	int rc;

	if (!folder)
		return -1;
	while ((rc = next_name(folder, &entry)) > 0) {
		rc = unlink_unless_folder(dirfd(folder), entry);
		if (rc == 0)
			rc = move_up(dirfd(folder), entry, top);
		if (rc < 0)
			break;
	}
	close_folder(folder);
	return rc < 0 ? -1 : unlinkat(top, name, AT_REMOVEDIR);
}

/* One walk over the top folder: how many names there were, or -1. */
static int pass(DIR *top)
{
	const char *name;
	int seen = 0;
	int rc;

	rewinddir(top);
	while ((rc = next_name(top, &name)) > 0) {
		rc = unlink_unless_folder(dirfd(top), name);
		if (rc == 0)
			rc = remove_folder(dirfd(top), name);
		if (rc < 0)
			return -1;
		seen = 1;
	}
	return rc < 0 ? -1 : seen;
}

static int empty_folder(int dirfd, const char *path)
{
	DIR *top = open_folder(dirfd, path);
	int rc;

	if (!top)
		return -1;
	while ((rc = pass(top)) > 0)
		;
	close_folder(top);
	return rc;
}

int fs_remove_tree(int dirfd, const char *path, struct err *err)
{
	int rc = unlink_unless_folder(dirfd, path);

	if (rc == 0) {
		rc = empty_folder(dirfd, path);
		if (rc == 0)
			rc = unlinkat(dirfd, path, AT_REMOVEDIR);
	}
	return rc < 0 ? err_errno(err, errno, "removing %s", path) : 0;
}
