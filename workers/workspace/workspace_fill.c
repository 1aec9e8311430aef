/* SPDX-License-Identifier: Apache-2.0 */
/* workspace_fill.c - what a step finds: sources, inputs, parameters
 *
 * Sources come first, then inputs, each where nothing is yet. Folders on the way
 * are made with care for links among the sources: nothing is placed through one.
 */
#include "workers/workspace/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "store/blob/blob.h"
#include "store/blob/tree.h"
#include "workers/wire/grant.h"
#include "workers/workspace/workspace_priv.h"

/* The folder that path lies in: "." for a path of one part. The caller frees. */
static char *parent_of(const char *path)
{
	const char *base = path_base(path);

	return base == path ? mem_strdup(".") : mem_strndup(path, (size_t)(base - path - 1));
}

/* What making or opening a folder says where a file or a link is. */
static bool is_in_the_way(int errnum)
{
	return errnum == EEXIST || errnum == ENOTDIR || errnum == ELOOP || errnum == ENOENT;
}

/* Makes the folder that path lies in. Returns a descriptor of it. */
static int make_parent(struct workspace *w, const char *label, const char *path, struct err *err)
{
	int work_fd = workspace_work_fd(w, err);
	char *parent;
	int fd = -1;

	if (work_fd < 0)
		return work_fd;
	parent = parent_of(path);
	if (fs_mkdirs(work_fd, parent, 0755, NULL) == 0)
		fd = fs_open_beneath(work_fd, parent, O_RDONLY | O_DIRECTORY, NULL);
	if (fd < 0 && is_in_the_way(errno))
		fd = err_set(err, ERR_EXISTS,
			     "%s: '%s' cannot be made a folder: a source or input is in the way",
			     label, parent);
	else if (fd < 0)
		fd = err_errno(err, errno, "%s", label);
	free(parent);
	return fd;
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Whether the step is going to write there. */
static bool is_written(const struct wire_grant *g, const char *path)
{
	for (uint32_t i = 0; i < g->output_count; i++)
		if (is_at_or_below(path, g->outputs[i].path))
			return true;
	return g->metrics && str_eq(path, g->metrics);
}

/* A repository may hold what its pipeline makes. The step then gets a copy that
 * it can write to, in place of the read-only link. */
static int free_written(struct workspace *w, const struct wire_grant *g, const struct tree *sources,
			struct err *err)
{
	for (size_t i = 0; i < sources->count; i++) {
		const struct tree_entry *e = &sources->entries[i];
		mode_t mode = e->kind == TREE_EXECUTABLE ? 0755 : 0644;
		int rc;

		if (e->kind == TREE_LINK || e->kind == TREE_FOLDER || !is_written(g, e->path))
			continue;
		unlinkat(w->work_fd, e->path, 0);
		rc = blob_copy_out(w->store, &e->digest, mode, w->work_fd, e->path, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int place_sources(struct workspace *w, const struct wire_grant *g, struct err *err)
{
	struct tree sources = { .label = "the sources" };
	int fd = workspace_work_fd(w, err);
	int rc = fd;

	if (fd >= 0)
		rc = tree_load(w->store, &g->sources, &sources, err);
	if (rc == 0)
		rc = tree_place(w->store, &sources, fd, 0755, err);
	if (rc == 0)
		rc = free_written(w, g, &sources, err);
	tree_finish(&sources);
	return rc;
}

static int in_the_way(const char *label, struct err *err)
{
	return err_set(err, ERR_EXISTS, "%s: a source or another input is there already", label);
}

static int place_folder(struct workspace *w, const struct wire_input *input, const char *label,
			int parent, struct err *err)
{
	const char *name = path_base(input->path);
	struct tree tree = { .label = label };
	int fd = -1;
	int rc = tree_load(w->store, &input->digest, &tree, err);

	if (rc == 0 && mkdirat(parent, name, 0755) < 0)
		rc = errno == EEXIST ? in_the_way(label, err) : err_errno(err, errno, "%s", label);
	if (rc == 0)
		rc = fd = fs_open_beneath(parent, name, O_RDONLY | O_DIRECTORY, err);
	if (rc >= 0)
		rc = tree_place(w->store, &tree, fd, 0555, err);
	if (rc == 0 && fchmod(fd, 0555) < 0)
		rc = err_errno(err, errno, "%s", label);
	fs_close(&fd);
	tree_finish(&tree);
	return rc;
}

static int place_input(struct workspace *w, const struct wire_input *input, struct err *err)
{
	char label[WORKSPACE_LABEL_SIZE];
	int parent, rc;

	workspace_label("input", input->name, input->path, label);
	parent = make_parent(w, label, input->path, err);
	if (parent < 0)
		return parent;
	if (input->is_tree) {
		rc = place_folder(w, input, label, parent, err);
	} else {
		rc = blob_link(w->store, &input->digest, false, BLOB_SIZE_UNKNOWN, parent,
			       path_base(input->path), err);
		if (rc == ERR_EXISTS)
			in_the_way(label, err);
	}
	fs_close(&parent);
	return rc;
}

static int make_output_folder(struct workspace *w, const struct wire_output *output,
			      struct err *err)
{
	char label[WORKSPACE_LABEL_SIZE];
	int parent;

	if (!strchr(output->path, '/'))
		return 0;
	workspace_label("output", output->name, output->path, label);
	parent = make_parent(w, label, output->path, err);
	if (parent < 0)
		return parent;
	fs_close(&parent);
	return 0;
}

static void write_pairs(struct json_writer *json, const char *key, const struct wire_pair *pairs,
			uint32_t count)
{
	json_write_object(json, key);
	for (uint32_t i = 0; i < count; i++)
		json_write_raw(json, pairs[i].name, pairs[i].value);
	json_write_end(json);
}

/* Not emptied first: a file that is cut to nothing and written again is written out by
 * ext4 when it is closed. */
static int overwrite(const char *path, const struct buf *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	int rc = fd < 0 ? err_errno(err, errno, "%s", path)
			: fs_write_all(fd, buf_str(text), text->len, err);

	if (rc == 0 && ftruncate(fd, (off_t)text->len) < 0)
		rc = err_errno(err, errno, "%s", path);
	fs_close(&fd);
	return rc;
}

/* The file is there already where the folder was used before: written over, it does
 * not date the folder anew. What an earlier attempt was given is wiped in any case. */
static int write_params(struct workspace *w, const struct wire_grant *g, struct err *err)
{
	struct buf text = BUF_INIT;
	struct json_writer json = { .out = &text };
	bool had_params = w->has_params;
	int rc;

	w->has_params = false;
	if (!g->param_count && !g->matrix_count)
		return had_params ? overwrite(w->params_path, &text, err) : 0;

	json_write_object(&json, NULL);
	write_pairs(&json, "params", g->params, g->param_count);
	write_pairs(&json, "matrix", g->matrix, g->matrix_count);
	json_write_end(&json);
	buf_char(&text, '\n');
	rc = overwrite(w->params_path, &text, err);
	buf_finish(&text);
	w->has_params = rc == 0;
	return rc;
}

int workspace_fill(struct workspace *w, const struct wire_grant *g, struct err *err)
{
	int rc = g->has_sources ? place_sources(w, g, err) : 0;

	for (uint32_t i = 0; rc == 0 && i < g->input_count; i++)
		rc = place_input(w, &g->inputs[i], err);
	for (uint32_t i = 0; rc == 0 && i < g->output_count; i++)
		rc = make_output_folder(w, &g->outputs[i], err);
	if (rc == 0)
		rc = write_params(w, g, err);
	return rc;
}
