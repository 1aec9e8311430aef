/* SPDX-License-Identifier: Apache-2.0 */
/* listing.h - all files of a commit's tree, judged */
#ifndef INGOT_SCHEDULER_SOURCE_LISTING_H
#define INGOT_SCHEDULER_SOURCE_LISTING_H

#include <git2.h>

#include "scheduler/source/source.h"

struct arena;
struct err;

enum {
	LISTING_TIME_MS = 10 * 1000,
	LISTING_PATHS_MAX_BYTES = 64 << 20,
	LISTING_DEFINITIONS_MAX = 256,
};

/* Lists the tree, sorted, in arena. What no step can have is listed as refused, with the
 * reason; a folder that is deeper than TREE_DEPTH_MAX as one entry. ERR_TOO_LARGE (files,
 * time, bytes of paths), ERR_DAMAGED. */
int listing_make(git_repository *repo, const git_oid *tree, struct arena *arena,
		 struct source_list *ret, struct err *err);

/* The definitions among these files, with their contents. */
int listing_definitions(git_repository *repo, const struct source_list *files,
			struct arena *arena, const struct source_definition **ret,
			size_t *ret_count, struct err *err);

/* Whether the tree says that Git LFS keeps some of its files. */
bool listing_uses_lfs(git_repository *repo, const struct source_list *files);

#endif
