/* SPDX-License-Identifier: Apache-2.0 */
/* workspace_collect.c - what is kept of a step: its outputs
 *
 * The step may have left anything: links, FIFOs, files that still change. What
 * counts is what the opened descriptor says and what was read from it.
 */
#include "workers/workspace/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "workers/wire/grant.h"
#include "workers/wire/message.h"
#include "workers/workspace/workspace_priv.h"

struct collecting {
	struct workspace *w;
	const struct wire_grant *g;
	struct blob_batch *batch;
	uint64_t total_bytes; /* of the outputs so far */
};

int workspace_open_made(struct workspace *w, const char *label, const char *path,
			struct err *err)
{
	int work_fd = workspace_work_fd(w, err);
	int fd;

	if (work_fd < 0)
		return work_fd;
	fd = fs_open_beneath(work_fd, path, O_RDONLY, NULL);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return err_set(err, ERR_NOT_FOUND, "%s was not made", label);
	case ELOOP:
		return err_set(err, ERR_INVALID, "%s is a symbolic link or lies behind one", label);
	case ENXIO:
		return err_set(err, ERR_INVALID, "%s is a socket or a device", label);
	default:
		return err_errno(err, errno, "%s cannot be read", label);
	}
}

/* The input that was placed at this path, or NULL. */
static const struct wire_input *input_at(const struct wire_grant *g, const char *path)
{
	for (uint32_t i = 0; i < g->input_count; i++)
		if (str_eq(g->inputs[i].path, path))
			return &g->inputs[i];
	return NULL;
}

/* What may still be kept: 0 is "no limit" to tree_put_folder(), so at least 1. */
static uint64_t bytes_left(const struct collecting *c)
{
	uint64_t limit = c->g->limits.disk_bytes;

	if (limit == 0)
		return 0;
	return limit > c->total_bytes ? limit - c->total_bytes : 1;
}

static int collect_file(struct collecting *c, const char *label, const char *path, int fd,
			const struct stat *st, struct wire_artifact *ret, struct err *err)
{
	const struct wire_input *input = input_at(c->g, path);
	uint64_t left = bytes_left(c);

	ret->files = 1;
	ret->size_bytes = (uint64_t)st->st_size;
	if (left && ret->size_bytes > left)
		return err_set(err, ERR_TOO_LARGE,
			       "%s makes the outputs larger than the step's disk limit", label);
	if (input && !input->is_tree && blob_batch_known(c->batch, st, &input->digest)) {
		ret->digest = input->digest;
		return 0;
	}
	return blob_batch_file(c->batch, fd, label, &ret->digest, &ret->size_bytes, err);
}

static uint64_t count_files(const struct tree *t)
{
	uint64_t files = 0;

	for (size_t i = 0; i < t->count; i++)
		files += t->entries[i].kind != TREE_FOLDER;
	return files;
}

static int collect_folder(struct collecting *c, const char *label, const char *path, int fd,
			  struct wire_artifact *ret, struct err *err)
{
	const struct wire_input *input = input_at(c->g, path);
	struct tree known = TREE_INIT, tree = TREE_INIT;
	struct tree_put_options options = { .label = label, .max_bytes = bytes_left(c) };
	int rc;

	if (input && input->is_tree && tree_load(c->w->store, &input->digest, &known, NULL) == 0)
		options.known = &known;
	rc = tree_put_folder(c->batch, fd, &options, &tree, err);
	if (rc == 0)
		rc = tree_put(c->batch, &tree, &ret->digest, err);
	if (rc == 0) {
		ret->is_tree = true;
		ret->size_bytes = tree.size_bytes;
		ret->files = count_files(&tree);
	}
	tree_finish(&tree);
	tree_finish(&known);
	return rc;
}

static int collect_one(struct collecting *c, const struct wire_output *output,
		       struct wire_artifact *ret, struct err *err)
{
	char label[WORKSPACE_LABEL_SIZE];
	struct stat st;
	int fd, rc;

	workspace_label("output", output->name, output->path, label);
	fd = workspace_open_made(c->w, label, output->path, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		rc = err_errno(err, errno, "%s cannot be read", label);
	else if (S_ISREG(st.st_mode))
		rc = collect_file(c, label, output->path, fd, &st, ret, err);
	else if (S_ISDIR(st.st_mode))
		rc = collect_folder(c, label, output->path, fd, ret, err);
	else
		rc = err_set(err, ERR_INVALID, "%s is a FIFO or a device", label);
	c->total_bytes += ret->size_bytes;
	fs_close(&fd);
	return rc;
}

int workspace_collect(struct workspace *w, const struct wire_grant *g, struct arena *arena,
		      struct wire_artifact **ret, struct err *err)
{
	struct collecting c = { .w = w, .g = g };
	struct wire_artifact *artifacts = arena_array(arena, g->output_count, sizeof(*artifacts));
	int rc = 0;

	if (g->output_count > 0)
		c.batch = blob_batch_create(w->store);
	for (uint32_t i = 0; rc == 0 && i < g->output_count; i++) {
		artifacts[i].name = arena_strdup(arena, g->outputs[i].name);
		rc = collect_one(&c, &g->outputs[i], &artifacts[i], err);
	}
	if (rc == 0 && c.batch)
		rc = blob_batch_commit(c.batch, err);
	if (rc == 0)
		*ret = artifacts;
	blob_batch_destroy(c.batch);
	return rc;
}
