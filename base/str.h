/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - strings: tests, numbers with units, quoting, suggestions */
#ifndef INGOT_BASE_STR_H
#define INGOT_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_is_utf8(const char *s, size_t len); /* valid UTF-8, no overlong forms, no surrogates */
/* The length of the UTF-8 character that s[0..len) starts with, and its code
 * point in *ret (unless NULL); 0 where there is none: invalid, or len is 0. */
size_t str_utf8_next(const char *s, size_t len, uint32_t *ret);

/* Formats into out; a text that does not fit is cut between characters and ends
 * with "…" (size 4 at least). Returns the length written, without the NUL. */
size_t str_vformat(char *out, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* Damerau-Levenshtein distance (optimal string alignment), by bytes. */
size_t str_distance(const char *a, const char *b);
/* The nearest of names[0..count), lent, if it is no further than a third of its
 * length (or 1), else NULL: for "did you mean 'outputs'?". */
const char *str_suggest(const char *word, const char *const *names, size_t count);

/* Each reads the whole of s, nothing before or behind it, in plain decimal.
 * Returns 0, or ERR_INVALID and leaves the output alone. */
int str_to_i64(const char *s, int64_t *ret);
int str_to_u64(const char *s, uint64_t *ret);
int str_to_double(const char *s, double *ret); /* finite only */
/* "90s", "10m", "2h", "1d", "500ms", "1m30s" to milliseconds; a bare number is refused. */
int str_to_duration_ms(const char *s, int64_t *ret_ms);
/* "512MiB", "2GiB", "64KiB", "1.5GiB", "100MB" (decimal), "4096" (bytes). */
int str_to_size(const char *s, uint64_t *ret_bytes);

void str_format_duration(struct buf *b, int64_t ms); /* "0.3s" "12.0s" "1m03s" "2h05m" */
void str_format_size(struct buf *b, uint64_t bytes); /* "812 B" "1.2 MiB" */
/* Shortest decimal text that reads back as the same double: "0.1", "1e-07", "3". */
void str_format_double(struct buf *b, double v);
/* Appends s as one word of a POSIX shell, in single quotes unless it needs none. */
void str_shell_quote(struct buf *b, const char *s);
/* Appends s so that a terminal cannot be driven by it: control bytes, invalid
 * UTF-8, bidi controls become \xNN or \u{NNNN}; a tab becomes a space. */
void str_printable(struct buf *b, const char *s, size_t len);

#endif
