/* SPDX-License-Identifier: Apache-2.0 */
/* home.c - the folder that all state lives in, and its lock */
#include "scheduler/daemon/home.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

static const char *const folders[] = { "blobs", "logs", "repos", "work", "checkpoints" };

int home_open(const char *path, struct err *err)
{
	int fd, rc = fs_mkdirs(AT_FDCWD, path, 0700, err);

	if (rc < 0)
		return rc;
	fd = fs_open_dir(AT_FDCWD, path, err);
	for (size_t i = 0; fd >= 0 && i < countof(folders); i++) {
		rc = fs_mkdirs(fd, folders[i], 0700, err);
		if (rc < 0) {
			fs_close(&fd);
			return rc;
		}
	}
	return fd;
}

int home_lock(int home_fd, const char *path, struct err *err)
{
	int fd = openat(home_fd, "ingot.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, errno, "%s/ingot.lock", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		fs_close(&fd);
		return err_set(err, ERR_BUSY, "another scheduler runs in %s", path);
	}
	return fd;
}
