/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - one shape for every failure: a negative code and, optionally, a text
 *
 * A function that can fail returns an int: 0 or more is success, a negative
 * `enum err_code` is failure, and its last parameter is a `struct err *` that
 * may be NULL. The text is written once, where the cause is known:
 *
 *	return err_set(err, ERR_NOT_FOUND, "no such run: %s", name);
 *
 * Nothing is added on the way up. Only cli/, web/, scheduler/daemon/ and
 * workers/agent/ print or log it. A failed function leaves its outputs alone.
 */
#ifndef INGOT_BASE_ERR_H
#define INGOT_BASE_ERR_H

#include <stddef.h>

/* XX(name, text, class, exit code of the command line, HTTP status) */
#define ERR_TABLE(XX)                                                                              \
	XX(FAILED, "failed", USER, 1, 422)                                                         \
	XX(NOT_FOUND, "no such thing", USER, 1, 404)                                               \
	XX(EXISTS, "exists already", USER, 1, 409)                                                 \
	XX(USAGE, "used wrongly", USER, 2, 400)                                                    \
	XX(INVALID, "invalid input", USER, 2, 422)                                                 \
	XX(TOO_LARGE, "over a limit", USER, 2, 413)                                                \
	XX(GATE, "a gate was not met", USER, 3, 422)                                               \
	XX(DENIED, "not allowed", USER, 4, 403)                                                    \
	XX(STATE, "not possible in this state", USER, 1, 409)                                      \
	XX(FENCED, "the lease is over", PERMANENT, 1, 409)                                         \
	XX(CONFLICT, "conflicts with what is recorded", PERMANENT, 1, 409)                         \
	XX(DAMAGED, "stored data is damaged", PERMANENT, 5, 500)                                   \
	XX(VERSION, "made by another version", PERMANENT, 5, 409)                                  \
	XX(NO_SPACE, "no space left", RETRYABLE, 5, 507)                                           \
	XX(BUSY, "in use", RETRYABLE, 5, 503)                                                      \
	XX(UNREACHABLE, "cannot be reached", RETRYABLE, 5, 502)                                    \
	XX(IO, "input or output failed", RETRYABLE, 5, 500)                                        \
	XX(PROTOCOL, "the other end broke the protocol", PERMANENT, 5, 400)                        \
	XX(TIMEOUT, "timed out", RETRYABLE, 124, 504)                                              \
	XX(INTERRUPTED, "interrupted", USER, 130, 499)                                             \
	XX(SYSTEM, "the system refused", RETRYABLE, 5, 500)

enum err_class { ERR_CLASS_USER, ERR_CLASS_RETRYABLE, ERR_CLASS_PERMANENT, ERR_CLASS_COUNT };

enum err_ordinal {
#define XX(name, text, class, exit_code, http) ERR_ORDINAL_##name,
	ERR_TABLE(XX)
#undef XX
	ERR_ORDINAL_COUNT
};

enum err_code {
	ERR_OK = 0,
#define XX(name, text, class, exit_code, http) ERR_##name = -(ERR_ORDINAL_##name + 1),
	ERR_TABLE(XX)
#undef XX
};

enum { ERR_TEXT_SIZE = 1024, ERR_HINT_SIZE = 256 };

/* Never allocates; a text that does not fit is cut with "…". */
struct err {
	int code;                 /* 0, or an enum err_code */
	char text[ERR_TEXT_SIZE]; /* one line (a definition's mistakes: several) */
	char hint[ERR_HINT_SIZE]; /* the way out, or empty */
};

#define ERR_INIT { 0 }

/* Fills err (NULL is fine), empties its hint, returns code. errno is kept. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, with ": " and the text of errnum appended; ENOSPC and EDQUOT become
 * ERR_NO_SPACE, ENOENT ERR_NOT_FOUND, EACCES and EPERM ERR_DENIED, else ERR_IO. */
int err_errno(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Sets the hint of a filled err; returns err->code (or ERR_FAILED for NULL). */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *err);
/* Copies src into dst (either may be NULL); returns src's code, ERR_FAILED for NULL. */
int err_copy(struct err *dst, const struct err *src);

const char *err_name(int code);        /* "not_found"; "ok" for 0; "unknown" otherwise */
const char *err_describe(int code);    /* the table's text */
enum err_class err_class_of(int code); /* PERMANENT for an unknown code */
int err_exit_code(int code);           /* of the command line; 0 for 0 */
int err_http_status(int code);
int err_from_name(const char *name);   /* ERR_FAILED for an unknown name */

#endif
