/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c - the folder of one attempt, made and removed */
#include "workers/workspace/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "workers/workspace/workspace_priv.h"

static void release(struct workspace *w)
{
	fs_close(&w->work_fd);
	fs_close(&w->points_fd);
	free(w->name);
	free(w->work_name);
	free(w->work_path);
	free(w->params_path);
	free(w->metrics_path);
	free(w);
}

static int make_folders(const struct workspace *w, struct err *err)
{
	if (mkdirat(w->parent_fd, w->name, 0755) < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "the workspace %s is there already", w->name);
	if (mkdirat(w->parent_fd, w->work_name, 0755) < 0) /* fails too if the first one did */
		return err_errno(err, errno, "cannot make the workspace %s", w->work_path);
	return 0;
}

int workspace_create(struct blob_store *store, int parent_fd, const char *parent_path,
		     const char *name, struct workspace **ret, struct err *err)
{
	struct workspace *w = mem_alloc(sizeof(*w));
	int rc;

	w->store = store;
	w->parent_fd = parent_fd;
	w->work_fd = -1;
	w->points_fd = -1;
	w->name = mem_strdup(name);
	w->work_name = mem_printf("%s/work", name);
	w->work_path = mem_printf("%s/%s/work", parent_path, name);
	w->params_path = mem_printf("%s/%s/params.json", parent_path, name);
	w->metrics_path = mem_printf("%s/%s/metrics", parent_path, name);
	rc = make_folders(w, err);
	if (rc < 0) {
		release(w);
		return rc;
	}
	*ret = w;
	return 0;
}

int workspace_destroy(struct workspace *w, struct err *err)
{
	int rc = 0;

	if (!w)
		return 0;
	if (unlinkat(w->parent_fd, w->work_name, AT_REMOVEDIR) < 0 ||
	    unlinkat(w->parent_fd, w->name, AT_REMOVEDIR) < 0)
		rc = fs_remove_tree(w->parent_fd, w->name, err);
	release(w);
	return rc;
}

const char *workspace_path(const struct workspace *w)
{
	return w->work_path;
}

const char *workspace_params_place(const struct workspace *w)
{
	return w->params_path;
}

const char *workspace_params_path(const struct workspace *w)
{
	return w->has_params ? w->params_path : NULL;
}

const char *workspace_metrics_path(const struct workspace *w)
{
	return w->metrics_path;
}

int workspace_work_fd(struct workspace *w, struct err *err)
{
	if (w->work_fd < 0)
		w->work_fd = fs_open_beneath(w->parent_fd, w->work_name, O_RDONLY | O_DIRECTORY,
					     err);
	return w->work_fd;
}

void workspace_label(const char *what, const char *name, const char *path,
		     char out[WORKSPACE_LABEL_SIZE])
{
	snprintf(out, WORKSPACE_LABEL_SIZE, "%s '%s' (%s)", what, name, path);
}
