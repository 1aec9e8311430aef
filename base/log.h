/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - what a long-running process says, on standard error; bugs
 *
 * One line each: time, level, program, message; control bytes become spaces.
 * With $JOURNAL_STREAM set time and level are left out and the line gets the
 * "<N>" prefix of sd-daemon(3). errno is kept, nothing is allocated.
 */
#ifndef INGOT_BASE_LOG_H
#define INGOT_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_COUNT
};

/* Called once, before any thread starts. program is kept, not copied; NULL is
 * fine. $INGOT_LOG (error, warn, info, debug) wins over level. Without a call
 * the level is info. */
void log_init(const char *program, enum log_level level);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For broken invariants, never for input: says where, and aborts. */
_Noreturn void log_bug(const char *file, int line, const char *condition);
#define BUG_ON(x)                                                                                  \
	do {                                                                                       \
		if (x)                                                                             \
			log_bug(__FILE__, __LINE__, #x);                                           \
	} while (0)

#endif
