/* SPDX-License-Identifier: Apache-2.0 */
/* worktree.h - what a work tree has that its commit has not */
#ifndef INGOT_SCHEDULER_SOURCE_WORKTREE_H
#define INGOT_SCHEDULER_SOURCE_WORKTREE_H

#include <stddef.h>

#include <git2.h>

struct arena;
struct err;

struct worktree_changes {
	git_diff *diff;             /* from HEAD's tree to the work tree */
	const git_diff_delta **all; /* the changes among its deltas, lent from it */
	size_t count;
	const char *const *named;   /* the first SOURCE_CHANGES_NAMED paths, printable, in arena */
	size_t named_count;
};

/* Compares the work tree with HEAD, .gitignore respected; nothing is written, no filter or
 * hook is run. A bare repository has no changes. */
int worktree_compare(git_repository *repo, const git_oid *head, struct arena *arena,
		     struct worktree_changes *ret, struct err *err);
void worktree_changes_finish(struct worktree_changes *c);

/* Writes the work tree into the mirror (its lock is held, and it has HEAD's tree): HEAD's tree
 * with the changes applied, and a commit with HEAD as parent, by "ingot" and at HEAD's time, so
 * that the same content has the same id. ERR_BUSY if a file changes meanwhile,
 * ERR_TOO_LARGE, ERR_DENIED, ERR_NO_SPACE. */
int worktree_write(git_repository *repo, const struct worktree_changes *changes,
		   const git_oid *head, git_repository *mirror, git_oid *ret, struct err *err);

#endif
