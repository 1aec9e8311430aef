/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - what a long-running process says, on standard error
 *
 * A line is built on the stack and leaves in one write(2), so that lines of
 * several processes on one file do not mix, and nothing is allocated: mem.c
 * speaks through here when memory is out.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { LINE_SIZE = 4096 }; /* PIPE_BUF: a write up to here is atomic in a pipe */

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[LOG_LEVEL_COUNT] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARN] = { "warn", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

/* Set by log_init() before any thread starts, read-only afterwards. */
static struct {
	const char *program;
	enum log_level level;
	bool journal;
} config = { .level = LOG_LEVEL_INFO };

void log_init(const char *program, enum log_level level)
{
	const char *wanted = getenv("INGOT_LOG");

	config.program = program;
	config.level = level;
	config.journal = getenv("JOURNAL_STREAM") != NULL;
	for (size_t i = 0; wanted && i < countof(levels); i++)
		if (str_eq(wanted, levels[i].name))
			config.level = (enum log_level)i;
}

/* Returns the bytes written to line. */
static size_t write_prefix(char *line, size_t size, enum log_level level)
{
	char now[CLOCK_RFC3339_SIZE];
	int len;

	if (config.journal) {
		len = snprintf(line, size, "<%d>", levels[level].priority);
	} else {
		clock_rfc3339(clock_wall_ms(), now);
		len = snprintf(line, size, "%s %-5s ", now, levels[level].name);
	}
	if (config.program)
		len += snprintf(line + len, size - (size_t)len, "%.64s: ", config.program);
	return (size_t)len;
}

static void say(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];
	int saved = errno;
	size_t len;
	ssize_t written;

	if (level > config.level)
		return;
	len = write_prefix(line, sizeof(line), level);
	len += str_vformat(line + len, sizeof(line) - len, fmt, ap);
	/* One message is one line, whatever a name in it holds. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[len] = '\n'; /* in the place of the NUL */
	written = write(STDERR_FILENO, line, len + 1);
	(void)written; /* nobody is left to tell */
	errno = saved;
}

#define DEFINE_LOG(verb, level)                                                                    \
	void log_##verb(const char *fmt, ...)                                                      \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		say(level, fmt, ap);                                                               \
		va_end(ap);                                                                        \
	}

DEFINE_LOG(error, LOG_LEVEL_ERROR)
DEFINE_LOG(warn, LOG_LEVEL_WARN)
DEFINE_LOG(info, LOG_LEVEL_INFO)
DEFINE_LOG(debug, LOG_LEVEL_DEBUG)

_Noreturn void log_bug(const char *file, int line, const char *condition)
{
	log_error("bug: %s:%d: %s", file, line, condition);
	abort();
}
