/* SPDX-License-Identifier: Apache-2.0 */
/* log_file.h - the logs of attempts, as files below the home's logs/
 *
 * logs/RUN/INDEX-ATTEMPT.log; none for an attempt that wrote nothing.
 */
#ifndef INGOT_SCHEDULER_DAEMON_LOG_FILE_H
#define INGOT_SCHEDULER_DAEMON_LOG_FILE_H

#include <stdint.h>

struct buf;
struct err;
struct json_writer;

enum { LOG_FILE_PATH_SIZE = 64, LOG_FILE_TAIL_BYTES = 16 * 1024 };

/* The path below the home. */
void log_file_path(uint64_t run, uint32_t index, uint32_t attempt, char out[LOG_FILE_PATH_SIZE]);
/* A descriptor; ERR_NOT_FOUND where the attempt wrote nothing. */
int log_file_open(int home_fd, uint64_t run, uint32_t index, uint32_t attempt, struct err *err);
/* Appends the last lines, at most count and LOG_FILE_TAIL_BYTES. */
void log_file_tail(int home_fd, uint64_t run, uint32_t index, uint32_t attempt, uint32_t count,
		   struct buf *out);
/* Writes the lines of a text into an open array. */
void log_file_write_lines(const struct buf *text, struct json_writer *w);

#endif
