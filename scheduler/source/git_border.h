/* SPDX-License-Identifier: Apache-2.0 */
/* git_border.h - the border where libgit2's errors become ours */
#ifndef INGOT_SCHEDULER_SOURCE_GIT_BORDER_H
#define INGOT_SCHEDULER_SOURCE_GIT_BORDER_H

#include <stddef.h>

#include <git2.h>

struct err;

/* Fills err from what libgit2 said last, behind "<what>: ", without control bytes, and
 * returns the code: ERR_DENIED, ERR_NO_SPACE, ERR_TOO_LARGE (memory), ERR_VERSION
 * (a format that libgit2 does not know), ERR_NOT_FOUND or, for all that an intact
 * repository does not do, ERR_DAMAGED. */
int git_failure(struct err *err, int git_rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for an object that has to be there: ERR_DAMAGED, "<what>: missing or damaged". */
int git_failure_object(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads a blob whole; the caller frees it with git_odb_object_free(). label names it in
 * messages. ERR_TOO_LARGE above the limit, before anything is read; ERR_DAMAGED. */
int git_read_blob(git_odb *odb, const char *label, const git_oid *oid, size_t limit_bytes,
		  git_odb_object **ret, struct err *err);

#endif
