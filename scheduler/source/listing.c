/* SPDX-License-Identifier: Apache-2.0 */
/* listing.c - all files of a commit's tree, judged
 *
 * A tree object is bytes that anybody may have written: names with slashes, the
 * same name twice, modes with setuid, a tree of a hundred entries that are one
 * tree of a hundred entries and so on. Only three kinds of files come out, and
 * the walk counts, keeps time and has an end to its depth.
 */
#include "scheduler/source/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"
#include "scheduler/source/git_name.h"
#include "store/blob/tree.h"

enum {
	MODE_KIND = 0170000,
	MODE_FILE = 0100000,
	MODE_LINK = 0120000,
	MODE_TREE = 0040000,
	MODE_SUBMODULE = 0160000,
	MODE_EXECUTABLE = 0100,
	LINK_MAX_BYTES = 4096,
};

struct walk {
	git_repository *repo;
	git_odb *odb;
	struct arena *arena;
	struct source_entry *entries;
	size_t count;
	size_t cap;
	size_t visited; /* entries of trees, trees too: a bomb may have no file at all */
	int64_t deadline_us;
	struct buf path; /* of the folder in hand, with a slash behind it */
};

static int add_entry(struct walk *w, const char *path, const git_oid *oid, enum source_kind kind,
		     const char *refusal)
{
	struct source_entry *entry;

	w->entries = mem_grow(w->entries, &w->cap, w->count + 1, sizeof(*w->entries));
	entry = &w->entries[w->count++];
	*entry = (struct source_entry){ .path = path, .kind = kind, .refusal = refusal };
	git_oid_tostr(entry->oid, sizeof(entry->oid), oid);
	return 0;
}

static int check_limits(struct walk *w, struct err *err)
{
	if (++w->visited > SOURCE_FILES_MAX)
		return err_set(err, ERR_TOO_LARGE, "the commit has more than %d files",
			       SOURCE_FILES_MAX);
	if (w->arena->used_bytes > LISTING_PATHS_MAX_BYTES)
		return err_set(err, ERR_TOO_LARGE, "the commit's paths are more than %d MiB",
			       LISTING_PATHS_MAX_BYTES >> 20);
	if (clock_mono_us() > w->deadline_us)
		return err_set(err, ERR_TOO_LARGE, "listing the commit took more than %d s",
			       LISTING_TIME_MS / 1000);
	return 0;
}

/* Sets *ret_refusal to why no step can have this link, or NULL. */
static int judge_link(struct walk *w, const char *path, const git_oid *oid,
		      const char **ret_refusal, struct err *err)
{
	git_odb_object *object = NULL;
	char *target;
	int rc = git_read_blob(w->odb, path, oid, LINK_MAX_BYTES, &object, err);

	*ret_refusal = NULL;
	if (rc == ERR_TOO_LARGE) {
		*ret_refusal = "is a symbolic link with too long a target";
		return 0;
	}
	if (rc < 0)
		return rc;
	target = mem_strndup(git_odb_object_data(object), git_odb_object_size(object));
	if (strlen(target) != git_odb_object_size(object) || !path_link_is_inside(path, target))
		*ret_refusal = "is a symbolic link that leads outside";
	free(target);
	git_odb_object_free(object);
	return 0;
}

static const char *judge_name(const char *name, const char *path)
{
	if (git_name_is_git(name))
		return "has a name that Git keeps for itself";
	if (strchr(name, '/') || !path_is_inside(path))
		return "has a name that no file can safely have";
	return NULL;
}

static void cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
}

static int walk_tree(struct walk *w, const git_oid *oid, int depth, struct err *err);

static int walk_entry(struct walk *w, const git_tree_entry *entry, int depth, struct err *err)
{
	const char *name = git_tree_entry_name(entry);
	const git_oid *oid = git_tree_entry_id(entry);
	unsigned int mode = (unsigned int)git_tree_entry_filemode_raw(entry);
	const char *path, *refusal;
	int rc = check_limits(w, err);

	if (rc < 0)
		return rc;
	path = arena_printf(w->arena, "%s%s", buf_str(&w->path), name);
	refusal = judge_name(name, path);
	if (refusal)
		return add_entry(w, path, oid, SOURCE_REFUSED, refusal);
	switch (mode & MODE_KIND) {
	case MODE_FILE:
		return add_entry(w, path, oid,
				 mode & MODE_EXECUTABLE ? SOURCE_EXECUTABLE : SOURCE_FILE, NULL);
	case MODE_LINK:
		rc = judge_link(w, path, oid, &refusal, err);
		return rc < 0 ? rc
			      : add_entry(w, path, oid, refusal ? SOURCE_REFUSED : SOURCE_LINK,
					  refusal);
	case MODE_TREE:
		if (depth + 1 >= TREE_DEPTH_MAX)
			return add_entry(w, path, oid, SOURCE_REFUSED, "is too deep in folders");
		buf_str_append(&w->path, name);
		buf_char(&w->path, '/');
		return walk_tree(w, oid, depth + 1, err);
	case MODE_SUBMODULE:
		return add_entry(w, path, oid, SOURCE_REFUSED, "is a submodule");
	default:
		return add_entry(w, path, oid, SOURCE_REFUSED, "is of no kind that Git has");
	}
}

static int walk_tree(struct walk *w, const git_oid *oid, int depth, struct err *err)
{
	size_t path_len = w->path.len;
	git_tree *tree = NULL;
	int rc = git_tree_lookup(&tree, w->repo, oid);

	if (rc < 0)
		return git_failure_object(err, "folder '%s' of the commit", buf_str(&w->path));
	for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
		rc = walk_entry(w, git_tree_entry_byindex(tree, i), depth, err);
		cut(&w->path, path_len);
	}
	git_tree_free(tree);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct source_entry *)a)->path,
		      ((const struct source_entry *)b)->path);
}

static void refuse(struct source_entry *entry, const char *why)
{
	entry->kind = SOURCE_REFUSED;
	entry->refusal = why;
}

/* Whether a folder above the path, which is changed and put back, is a file as well. */
static bool has_file_above(const struct source_list *list, char *path)
{
	bool found = false;

	for (char *slash = strchr(path, '/'); slash && !found; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		found = source_list_lookup(list, path) != NULL;
		*slash = '/';
	}
	return found;
}

/* A name that is there twice cannot be two files in a workspace. */
static void refuse_conflicts(struct source_entry *entries, size_t count)
{
	const struct source_list list = { entries, count };

	for (size_t i = 0; i < count; i++) {
		char *path = mem_strdup(entries[i].path);

		if (i > 0 && strcmp(entries[i - 1].path, path) == 0) {
			refuse(&entries[i - 1], "is there twice");
			refuse(&entries[i], "is there twice");
		} else if (has_file_above(&list, path)) {
			refuse(&entries[i], "is in a folder that is a file as well");
		}
		free(path);
	}
}

int listing_make(git_repository *repo, const git_oid *tree, struct arena *arena,
		 struct source_list *ret, struct err *err)
{
	struct walk w = { .repo = repo, .arena = arena };
	int rc;

	w.deadline_us = clock_mono_us() + LISTING_TIME_MS * INT64_C(1000);
	rc = git_repository_odb(&w.odb, repo);
	rc = rc < 0 ? git_failure(err, rc, "mirror") : walk_tree(&w, tree, 0, err);
	if (rc == 0 && w.count > 0) {
		qsort(w.entries, w.count, sizeof(*w.entries), by_path);
		refuse_conflicts(w.entries, w.count);
	}
	if (rc == 0)
		*ret = (struct source_list){
			arena_copy(arena, w.entries, w.count * sizeof(*w.entries)), w.count
		};
	git_odb_free(w.odb);
	free(w.entries);
	buf_finish(&w.path);
	return rc;
}
