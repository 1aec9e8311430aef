/* SPDX-License-Identifier: Apache-2.0 */
/* log_file.c - the logs of attempts, as files below the home's logs/ */
#include "scheduler/daemon/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"

void log_file_path(uint64_t run, uint32_t index, uint32_t attempt, char out[LOG_FILE_PATH_SIZE])
{
	snprintf(out, LOG_FILE_PATH_SIZE, "logs/%llu/%u-%u.log", (unsigned long long)run, index,
		 attempt);
}

int log_file_open(int home_fd, uint64_t run, uint32_t index, uint32_t attempt, struct err *err)
{
	char path[LOG_FILE_PATH_SIZE];
	int fd;

	log_file_path(run, index, attempt, path);
	fd = openat(home_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 ? fd : err_errno(err, errno, "%s", path);
}

/* Where the last `count` lines of the text begin. */
static size_t last_lines(const char *text, size_t len, uint32_t count)
{
	size_t at = len;

	if (at && text[at - 1] == '\n')
		at--;
	while (at > 0) {
		if (text[at - 1] == '\n' && --count == 0)
			break;
		at--;
	}
	return at;
}

void log_file_tail(int home_fd, uint64_t run, uint32_t index, uint32_t attempt, uint32_t count,
		   struct buf *out)
{
	int fd = log_file_open(home_fd, run, index, attempt, NULL);
	char text[LOG_FILE_TAIL_BYTES];
	struct stat st;
	ssize_t n = -1;
	size_t at;

	if (fd >= 0 && fstat(fd, &st) == 0)
		n = pread(fd, text, sizeof(text),
			  st.st_size > (off_t)sizeof(text) ? st.st_size - (off_t)sizeof(text) : 0);
	fs_close(&fd);
	if (n <= 0)
		return;
	at = last_lines(text, (size_t)n, count);
	n -= text[n - 1] == '\n';
	buf_append(out, text + at, (size_t)n - at);
}

void log_file_write_lines(const struct buf *text, struct json_writer *w)
{
	const char *at = buf_str(text), *end = at + text->len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct buf line = BUF_INIT;

		if (!stop)
			stop = end;
		buf_append(&line, at, (size_t)(stop - at));
		json_write_string(w, NULL, buf_str(&line));
		buf_finish(&line);
		at = stop + 1;
	}
}
