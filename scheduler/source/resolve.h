/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h - from what a person calls a commit to the commit
 *
 * In this order, as git does: a full ref, a tag, a branch, a remote's branch, a commit
 * id. A name that is both a tag and a branch is the tag, with a warning.
 */
#ifndef INGOT_SCHEDULER_SOURCE_RESOLVE_H
#define INGOT_SCHEDULER_SOURCE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include <git2.h>

struct arena;
struct err;

enum { RESOLVE_PREFIX_MIN = 7 };

/* Where a name may be meant. */
enum {
	RESOLVE_FULL,
	RESOLVE_BELOW_REFS,
	RESOLVE_TAG,
	RESOLVE_BRANCH,
	RESOLVE_REMOTE,
	RESOLVE_NAMES
};

struct resolved {
	git_oid commit;
	const char *ref;     /* full name, in arena; NULL for a commit id or a detached HEAD */
	const char *warning; /* in arena, or NULL */
};

/* The full names to look for, in order; in arena, the unused ones NULL. NULL or "HEAD" gives
 * "HEAD" alone. ERR_INVALID if it can be no ref at all. */
int resolve_candidates(const char *ref, struct arena *arena, const char *ret[RESOLVE_NAMES],
		       struct err *err);

/* Whether the text can be a commit id: 7 to 40 hex digits. */
bool resolve_is_id(const char *ref);

/* Resolves within a local repository; object names it in messages. Errors: ERR_STATE (no
 * commit yet), ERR_NOT_FOUND (with the nearest ref as hint), ERR_INVALID (no commit, or
 * an ambiguous id), ERR_DAMAGED. */
int resolve_local(git_repository *repo, const char *object, const char *ref, struct arena *arena,
		  struct resolved *ret, struct err *err);

/* The commit that an id of 7 or more digits begins, tags peeled. ERR_NOT_FOUND,
 * ERR_INVALID (ambiguous). */
int resolve_id(git_repository *repo, const char *object, const char *id, git_oid *ret,
	       struct err *err);

/* "no ref 'mian' in X", with the nearest of names as hint; returns ERR_NOT_FOUND. */
int resolve_unknown(const char *object, const char *ref, const char *const *names, size_t count,
		    struct err *err);
/* The warning of a name that is a tag and a branch. */
const char *resolve_both_warning(const char *ref, struct arena *arena);
/* "X has no commit yet"; returns ERR_STATE. */
int resolve_unborn(const char *object, struct err *err);
/* "refs/heads/main" to "main"; other refs as they are. */
const char *resolve_short_name(const char *full);

#endif
