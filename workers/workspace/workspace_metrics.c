/* SPDX-License-Identifier: Apache-2.0 */
/* workspace_metrics.c - the metrics file at the end, and the live ones on the way */
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
#include "workers/wire/grant.h"
#include "workers/workspace/metrics.h"
#include "workers/workspace/points.h"
#include "workers/workspace/workspace_priv.h"

enum { POINTS_READ_MAX = 1 << 20, POINTS_CHUNK = 64 << 10 };

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int read_made(struct workspace *w, const char *path, struct buf *text, struct err *err)
{
	char label[WORKSPACE_LABEL_SIZE];
	int fd, rc;

	snprintf(label, sizeof(label), "metrics file %s", path);
	fd = workspace_open_made(w, label, path, err);
	if (fd < 0)
		return fd;
	if (!is_regular(fd))
		rc = err_set(err, ERR_INVALID, "%s is no regular file", label);
	else
		rc = fs_read_fd(fd, METRICS_FILE_MAX, text, NULL);
	if (rc == ERR_TOO_LARGE)
		err_set(err, rc, "%s is larger than 1 MiB", label);
	else if (rc == ERR_IO)
		err_errno(err, errno, "%s cannot be read", label);
	fs_close(&fd);
	return rc;
}

int workspace_read_metrics(struct workspace *w, const struct wire_grant *g, struct arena *arena,
			   struct wire_metric **ret, uint32_t *ret_count, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc;

	if (!g->metrics) {
		*ret = NULL;
		*ret_count = 0;
		return 0;
	}
	rc = read_made(w, g->metrics, &text, err);
	if (rc == 0)
		rc = metrics_parse(g->metrics, buf_str(&text), text.len, arena, ret, ret_count,
				   err);
	buf_finish(&text);
	return rc;
}

/* 1 if the file is open, 0 if there is none yet. */
static int open_points(struct workspace *w, struct err *err)
{
	char *path;
	int fd;

	if (w->points_fd >= 0)
		return 1;
	path = mem_printf("%s/metrics", w->name);
	fd = fs_open_beneath(w->parent_fd, path, O_RDONLY, NULL);
	free(path);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || !is_regular(fd)) {
		fs_close(&fd);
		return err_set(err, ERR_INVALID, "the file of live metrics is no regular file");
	}
	w->points_fd = fd;
	return 1;
}

int workspace_read_points(struct workspace *w, struct points *points, struct err *err)
{
	char *chunk;
	ssize_t got = 0;
	int total = 0;
	int rc = open_points(w, err);

	if (rc <= 0)
		return rc;
	chunk = mem_alloc(POINTS_CHUNK);
	while (total < POINTS_READ_MAX) {
		got = pread(w->points_fd, chunk, POINTS_CHUNK, w->points_offset);
		if (got <= 0)
			break;
		points_feed(points, chunk, (size_t)got);
		w->points_offset += got;
		total += (int)got;
	}
	free(chunk);
	if (got < 0)
		return err_errno(err, errno, "live metrics cannot be read");
	return total;
}
