/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.h - a bare repository of ours per repository of theirs, under repos/
 *
 * What a run used stays in it: refs/ingot/<commit> exists only once all of that
 * commit's tree is there, and keeps git gc from it. refs/origin/ holds all branches
 * and tags of the other side, where they had to be fetched. Anybody may read it at
 * any time; whoever writes holds its lock, a file beside it.
 */
#ifndef INGOT_SCHEDULER_SOURCE_MIRROR_H
#define INGOT_SCHEDULER_SOURCE_MIRROR_H

#include <stdbool.h>

#include <git2.h>

struct err;

struct mirror {
	git_repository *repo;
	char *path;
	int lock_fd; /* -1 while not locked */
};

#define MIRROR_INIT { .lock_fd = -1 }

/* Opens the mirror of an identity below a home, making it where it is missing (create)
 * or with ERR_NOT_FOUND. */
int mirror_open(const char *home, const char *identity, bool create, struct mirror *ret,
		struct err *err);
void mirror_close(struct mirror *m); /* also unlocks; a MIRROR_INIT is fine */

/* Takes the lock, waiting for whoever has it, and removes what a killed holder left. Held
 * already is fine. */
int mirror_lock(struct mirror *m, struct err *err);
void mirror_unlock(struct mirror *m);

/* Whether the commit is kept, with all of its tree. */
bool mirror_keeps(struct mirror *m, const git_oid *commit);
/* Keeps a commit that is known to be there whole. The lock is held. */
int mirror_keep(struct mirror *m, const git_oid *commit, struct err *err);
/* Whether a kept or fetched history holds the commit; only where histories are whole. */
bool mirror_reaches(struct mirror *m, const git_oid *commit);

#endif
