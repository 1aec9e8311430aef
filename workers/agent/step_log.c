/* SPDX-License-Identifier: Apache-2.0 */
/* step_log.c - the log file of an attempt: standard output and error, as they come */
#include "workers/agent/step_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

enum {
	MARKER_SIZE = 80,
	LINE_SIZE = 1024,
	LINE_SEARCH = 4096, /* a cut is moved to the next line's start, if it is that near */
	COPY_SIZE = 256 << 10,
	PUNCH_FACTOR = 2,   /* of the limit; what the file may take until it is punched */
};

void step_log_init(struct step_log *l, int logs_fd, int spare_fd, unsigned slot)
{
	*l = (struct step_log){ .logs_fd = logs_fd, .spare_fd = spare_fd, .fd = -1 };
	snprintf(l->spare, sizeof(l->spare), "log-%u", slot);
}

void step_log_finish(struct step_log *l)
{
	if (l->fd >= 0 && !l->is_named)
		unlinkat(l->spare_fd, l->spare, 0);
	fs_close(&l->fd);
}

int step_log_begin(struct step_log *l, const char *name, uint64_t limit_bytes, struct err *err)
{
	if (l->fd < 0)
		l->fd = openat(l->spare_fd, l->spare,
			       O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (l->fd < 0)
		return err_errno(err, errno, "log %s", name);
	l->name = name;
	l->is_named = false;
	l->limit_bytes = limit_bytes ? limit_bytes : STEP_LOG_LIMIT;
	return 0;
}

static void make_parent(struct step_log *l)
{
	char *parent = mem_strndup(l->name, (size_t)(path_base(l->name) - l->name));

	fs_mkdirs(l->logs_fd, parent, 0755, NULL);
	free(parent);
}

/* The spare gets the log's name. */
static void name_it(struct step_log *l)
{
	int rc = renameat(l->spare_fd, l->spare, l->logs_fd, l->name);

	if (rc < 0 && errno == ENOENT) {
		make_parent(l);
		rc = renameat(l->spare_fd, l->spare, l->logs_fd, l->name);
	}
	if (rc < 0)
		log_error("log %s: %s", l->name, strerror(errno));
	l->is_named = rc == 0;
}

void step_log_look(struct step_log *l)
{
	uint64_t half = l->limit_bytes / 2;
	struct stat st;

	if (fstat(l->fd, &st) < 0 || st.st_size == 0)
		return;
	if (!l->is_named)
		name_it(l);
	if ((uint64_t)st.st_blocks * 512 > PUNCH_FACTOR * l->limit_bytes)
		fallocate(l->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)half,
			  st.st_size - (off_t)(2 * half));
}

void step_log_say(struct step_log *l, const char *fmt, ...)
{
	char text[LINE_SIZE], line[LINE_SIZE + 16];
	va_list ap;
	int len;

	va_start(ap, fmt);
	str_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	len = snprintf(line, sizeof(line), "[ingot: %s]\n", text);
	fs_write_all(l->fd, line, (size_t)len, NULL);
}

/* Where the line that offset is in ends, if that is near; else the offset itself. */
static uint64_t line_end(int fd, uint64_t offset)
{
	char near[LINE_SEARCH];
	ssize_t got = pread(fd, near, sizeof(near), (off_t)offset - 1);
	const char *end = got > 0 ? memchr(near, '\n', (size_t)got) : NULL;

	return end ? offset + (uint64_t)(end - near) : offset;
}

/* Moves the bytes from..size forward to `to`. */
static int move_tail(int fd, uint64_t from, uint64_t size, uint64_t to)
{
	char *chunk = mem_alloc(COPY_SIZE);
	ssize_t got = 0;

	while (from < size && (got = pread(fd, chunk, COPY_SIZE, (off_t)from)) > 0 &&
	       pwrite(fd, chunk, (size_t)got, (off_t)to) == got) {
		from += (uint64_t)got;
		to += (uint64_t)got;
	}
	free(chunk);
	return from < size ? -1 : ftruncate(fd, (off_t)to);
}

/* Cuts the middle out. The file is opened anew, as one that is opened for
 * appending cannot be written to in its middle. Returns the new size. */
static uint64_t cut(struct step_log *l, uint64_t size)
{
	int fd = openat(l->logs_fd, l->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	uint64_t head, tail;
	char marker[MARKER_SIZE], last = '\n';
	size_t len;

	if (fd < 0)
		return size;
	head = line_end(fd, l->limit_bytes / 2);
	tail = line_end(fd, size - l->limit_bytes / 2);
	(void)!pread(fd, &last, 1, (off_t)head - 1);
	len = (size_t)snprintf(marker, sizeof(marker), "%s[ingot: %" PRIu64 " bytes left out]\n",
			       last == '\n' ? "" : "\n", tail - head);
	if (pwrite(fd, marker, len, (off_t)head) == (ssize_t)len &&
	    move_tail(fd, tail, size, head + len) == 0)
		size = head + len + (size - tail);
	else
		log_error("log %s: %s", l->name, strerror(errno));
	close(fd);
	return size;
}

uint64_t step_log_end(struct step_log *l)
{
	uint64_t size;
	struct stat st;

	if (fstat(l->fd, &st) < 0 || st.st_size == 0) {
		l->name = NULL;
		return 0;
	}
	if (!l->is_named)
		name_it(l);
	size = (uint64_t)st.st_size;
	if (l->is_named && size > l->limit_bytes + LINE_SEARCH + MARKER_SIZE)
		size = cut(l, size);
	if (!l->is_named)
		unlinkat(l->spare_fd, l->spare, 0);
	fs_close(&l->fd);
	l->name = NULL;
	return size;
}
