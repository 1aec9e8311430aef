/* SPDX-License-Identifier: Apache-2.0 */
/* work.c - a worker's own folder, and those of the dead
 *
 * Between the making of a folder and its locking another worker's sweep may lock
 * it first and take it away; so whoever has the lock looks whether the folder still
 * has its name, and else makes another.
 */
#include "workers/agent/work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

enum { TRIES = 16 };

/* A descriptor of the folder with its lock, or -1 where somebody lives in it or it
 * has gone. */
static int lock_folder(int parent_fd, const char *name)
{
	int fd = fs_open_dir(parent_fd, name, NULL);
	struct stat locked, named;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 &&
	    fstatat(parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    locked.st_ino == named.st_ino)
		return fd;
	close(fd);
	return -1;
}

/* Takes the folder, unless it is in use, out of everybody's sight, and removes it. */
static void remove_dead(struct work *w, const char *name)
{
	struct err err = ERR_INIT;
	int fd = lock_folder(w->parent_fd, name);

	if (fd < 0)
		return;
	if (renameat(w->parent_fd, name, w->fd, "dead") == 0) {
		log_info("removing what the worker %s left", name);
		if (fs_remove_tree(w->fd, "dead", &err) < 0)
			log_error("%s", err.text);
	}
	close(fd);
}

static void sweep(struct work *w)
{
	int fd = fs_open_dir(w->parent_fd, ".", NULL);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder)
		return;
	for (struct dirent *e; (e = readdir(folder));) {
		if (e->d_name[0] != '.')
			remove_dead(w, e->d_name);
	}
	closedir(folder);
}

static int make_own(struct work *w, const char *worker, struct err *err)
{
	for (int i = 0; i < TRIES && w->fd < 0; i++) {
		free(w->name);
		w->name = i == 0 ? mem_printf("%s.%d", worker, (int)getpid())
				 : mem_printf("%s.%d-%d", worker, (int)getpid(), i);
		if (mkdirat(w->parent_fd, w->name, 0755) == 0)
			w->fd = lock_folder(w->parent_fd, w->name);
		else if (errno != EEXIST)
			return err_errno(err, errno, "work folder %s", w->name);
	}
	if (w->fd < 0)
		return err_set(err, ERR_BUSY, "work folder %s is in use", w->name);
	return 0;
}

int work_init(struct work *w, int home_fd, const char *home, const char *worker, struct err *err)
{
	int rc = fs_mkdirs(home_fd, "work", 0755, err);

	*w = (struct work){ .parent_fd = -1, .fd = -1 };
	if (rc == 0)
		rc = w->parent_fd = fs_open_dir(home_fd, "work", err);
	if (rc >= 0)
		rc = make_own(w, worker, err);
	if (rc < 0)
		return rc;
	w->path = mem_printf("%s/work/%s", home, w->name);
	sweep(w);
	return 0;
}

void work_finish(struct work *w)
{
	struct err err = ERR_INIT;

	if (w->fd >= 0 && fs_remove_tree(w->parent_fd, w->name, &err) < 0)
		log_error("%s", err.text);
	fs_close(&w->fd);
	fs_close(&w->parent_fd);
	free(w->path);
	free(w->name);
}
