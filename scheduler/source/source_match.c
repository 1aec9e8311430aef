/* SPDX-License-Identifier: Apache-2.0 */
/* source_match.c - which files of a tree the patterns of a step take
 *
 * A pattern that takes nothing is a mistake worth stopping for: the step would
 * run without a file that its author meant it to have.
 */
#include "scheduler/source/source_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "scheduler/source/glob.h"

/* A suggestion compares a word with every path; beyond these nobody waits for it. */
enum { SUGGESTIONS_MAX = 20000 };

int source_pattern_check(const char *pattern, struct err *err)
{
	struct glob g;

	return glob_parse(pattern, &g, err);
}

bool source_patterns_take(const char *const *patterns, size_t count, const char *path)
{
	for (size_t i = count; i-- > 0;) {
		struct glob g;
		int rc = glob_parse(patterns[i], &g, NULL);

		BUG_ON(rc < 0);
		if (glob_covers(&g, path))
			return !g.negated;
	}
	return false;
}

/* The last glob that covers the path decides; all that cover it are marked used. */
static bool globs_take(const struct glob *globs, size_t count, bool *used, const char *path)
{
	bool taken = false;

	for (size_t i = 0; i < count; i++) {
		if (!glob_covers(&globs[i], path))
			continue;
		used[i] = true;
		taken = !globs[i].negated;
	}
	return taken;
}

static int refuse_entry(const struct source_entry *entry, struct err *err)
{
	struct buf name = BUF_INIT;

	str_printable(&name, entry->path, strlen(entry->path));
	err_set(err, ERR_INVALID, "a step cannot have '%s' of the repository: it %s",
		buf_str(&name), entry->refusal);
	if (path_is_inside(entry->path))
		err_hint(err, "leave it out: sources: [\"**\", \"!/%s\"]", buf_str(&name));
	else
		err_hint(err, "name the sources that the step needs");
	buf_finish(&name);
	return ERR_INVALID;
}

/* A file of the same name in another folder, else the nearest path. */
static const char *nearest_path(const struct source_list *tree, const char *word)
{
	size_t count = tree->count < SUGGESTIONS_MAX ? tree->count : SUGGESTIONS_MAX;
	const char **paths = mem_array(count + 1, sizeof(*paths));
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		paths[i] = tree->entries[i].path;
		if (!nearest && strcmp(path_base(paths[i]), path_base(word)) == 0)
			nearest = paths[i];
	}
	if (!nearest)
		nearest = str_suggest(word, paths, count);
	free(paths);
	return nearest;
}

static int report_unused(const struct source_list *tree, const char *pattern, const struct glob *g,
			 struct err *err)
{
	char *word = mem_strndup(g->text, g->len);
	const char *nearest = nearest_path(tree, word);

	err_set(err, ERR_INVALID, "sources: '%s' matches nothing in the commit", pattern);
	if (nearest)
		err_hint(err, "did you mean '%s'?", nearest);
	free(word);
	return ERR_INVALID;
}

static int parse_all(const char *const *patterns, size_t count, struct glob *globs,
		     struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int rc = glob_parse(patterns[i], &globs[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Lists what is taken in out, which has room for the whole tree. */
static int take_entries(const struct source_list *tree, const struct glob *globs, size_t count,
			bool *used, struct source_entry *out, size_t *ret_taken, struct err *err)
{
	size_t taken = 0;

	for (size_t i = 0; i < tree->count; i++) {
		const struct source_entry *entry = &tree->entries[i];

		if (!globs_take(globs, count, used, entry->path))
			continue;
		if (entry->kind == SOURCE_REFUSED)
			return refuse_entry(entry, err);
		out[taken++] = *entry;
	}
	*ret_taken = taken;
	return 0;
}

static int match(const struct source_list *tree, const char *const *patterns, size_t count,
		 struct source_entry *out, size_t *ret_taken, struct err *err)
{
	struct glob *globs = mem_array(count + 1, sizeof(*globs));
	bool *used = mem_array(count + 1, sizeof(*used));
	int rc = parse_all(patterns, count, globs, err);

	if (rc == 0)
		rc = take_entries(tree, globs, count, used, out, ret_taken, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (!used[i] && !globs[i].negated)
			rc = report_unused(tree, patterns[i], &globs[i], err);
	free(used);
	free(globs);
	return rc;
}

int source_list_match(const struct source_list *tree, const char *const *patterns, size_t count,
		      struct arena *arena, struct source_list *ret, struct err *err)
{
	static const char *const everything[] = { "**" };
	struct source_entry *taken = mem_array(tree->count + 1, sizeof(*taken));
	struct source_list list = { 0 };
	int rc = 0;

	if (!patterns && tree->count > 0)
		rc = match(tree, everything, countof(everything), taken, &list.count, err);
	else if (patterns)
		rc = match(tree, patterns, count, taken, &list.count, err);
	if (rc == 0) {
		list.entries = arena_copy(arena, taken, list.count * sizeof(*taken));
		*ret = list;
	}
	free(taken);
	return rc;
}
