/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - the folder of a slot: a workspace, and what else an attempt is given */
#include "workers/agent/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "workers/workspace/workspace.h"

static const char *const part_names[FOLDER_PART_COUNT] = {
	[FOLDER_SELF] = ".",
	[FOLDER_WORK] = "work",
	[FOLDER_TMP] = "tmp",
	[FOLDER_CHECKPOINT] = "checkpoint",
};

void folder_init(struct folder *f, struct blob_store *blobs, int parent_fd, const char *parent_path,
		 unsigned slot)
{
	*f = (struct folder){ .blobs = blobs, .parent_fd = parent_fd, .parent_path = parent_path };
	snprintf(f->name, sizeof(f->name), "%u", slot);
	f->paths[FOLDER_SELF] = mem_printf("%s/%s", parent_path, f->name);
	for (int i = FOLDER_WORK; i < FOLDER_PART_COUNT; i++)
		f->paths[i] = mem_printf("%s/%s", f->paths[FOLDER_SELF], part_names[i]);
	for (int i = 0; i < FOLDER_PART_COUNT; i++)
		f->fds[i] = -1;
}

void folder_finish(struct folder *f)
{
	folder_remove(f, NULL);
	for (int i = 0; i < FOLDER_PART_COUNT; i++)
		free(f->paths[i]);
}

/* Opens a part, making it where nobody has. */
static int open_part(struct folder *f, enum folder_part part, struct err *err)
{
	int self = part == FOLDER_SELF ? AT_FDCWD : f->fds[FOLDER_SELF];
	const char *path = part == FOLDER_SELF ? f->paths[part] : part_names[part];

	if ((part == FOLDER_TMP || part == FOLDER_CHECKPOINT) && mkdirat(self, path, 0755) < 0)
		return err_errno(err, errno, "%s", f->paths[part]);
	f->fds[part] = fs_open_dir(self, path, err);
	return f->fds[part] < 0 ? f->fds[part] : 0;
}

/* Attempts with parameters write over it, which does not date the folder anew. */
static int make_params(struct folder *f, struct err *err)
{
	return fs_write_file(AT_FDCWD, workspace_params_place(f->workspace), "", 0, 0644, err);
}

static int date_part(struct folder *f, enum folder_part part, struct err *err)
{
	static const struct timespec made[2] = { { 0 }, { 0 } };
	struct stat st;

	if (futimens(f->fds[part], made) < 0 || fstat(f->fds[part], &st) < 0)
		return err_errno(err, errno, "%s", f->paths[part]);
	f->changed[part] = st.st_ctim;
	return 0;
}

int folder_make(struct folder *f, struct err *err)
{
	int rc;

	if (f->workspace)
		return 0;
	rc = workspace_create(f->blobs, f->parent_fd, f->parent_path, f->name, &f->workspace, err);
	for (int i = 0; i < FOLDER_PART_COUNT && rc == 0; i++)
		rc = open_part(f, i, err);
	if (rc == 0)
		rc = make_params(f, err);
	for (int i = 0; i < FOLDER_PART_COUNT && rc == 0; i++)
		rc = date_part(f, i, err);
	if (rc < 0)
		folder_remove(f, NULL);
	return rc;
}

int folder_remove(struct folder *f, struct err *err)
{
	struct workspace *w = f->workspace;

	for (int i = 0; i < FOLDER_PART_COUNT; i++)
		fs_close(&f->fds[i]);
	f->workspace = NULL;
	return workspace_destroy(w, err);
}

bool folder_is_used(const struct folder *f, enum folder_part part)
{
	const struct timespec *changed = &f->changed[part];
	struct stat st;

	return fstat(f->fds[part], &st) < 0 || st.st_mtim.tv_sec != 0 || st.st_mtim.tv_nsec != 0 ||
	       st.st_ctim.tv_sec != changed->tv_sec || st.st_ctim.tv_nsec != changed->tv_nsec;
}

bool folder_is_untouched(const struct folder *f)
{
	for (int i = 0; i < FOLDER_PART_COUNT; i++) {
		if (folder_is_used(f, i))
			return false;
	}
	return true;
}
