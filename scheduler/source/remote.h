/* SPDX-License-Identifier: Apache-2.0 */
/* remote.h - bringing a commit from elsewhere into a mirror */
#ifndef INGOT_SCHEDULER_SOURCE_REMOTE_H
#define INGOT_SCHEDULER_SOURCE_REMOTE_H

#include <git2.h>

struct arena;
struct err;
struct mirror;
struct resolved;

/* Finds the commit that a ref of a repository at a URL means and brings it, with its
 * history, into the mirror, unless it is there already. One connection where nothing is new;
 * none for a whole commit id that is there. The lock is taken where something is written,
 * and still held on return. Errors as those of source_snapshot(). */
int remote_bring(struct mirror *m, const char *url, const char *ref, struct arena *arena,
		 struct resolved *ret, struct err *err);

/* Brings one commit of a repository on this machine, without its history. path is its folder of
 * objects and refs, name what people call it. */
int remote_bring_local(struct mirror *m, const char *name, const char *path,
		       const git_oid *commit, struct err *err);

#endif
