/* SPDX-License-Identifier: Apache-2.0 */
/* source_list.h - the files of a commit, and which of them a step sees
 *
 * PURE: no file, no Git, no clock. A list is sorted by path, bytewise, and no
 * path comes twice. It lives in an arena together with its strings.
 */
#ifndef INGOT_SCHEDULER_SOURCE_SOURCE_LIST_H
#define INGOT_SCHEDULER_SOURCE_SOURCE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct digest;
struct err;

// Patterns are those of .gitignore(5), read as "what to take" (lines of their own here,
// since a comment of the other kind would end at the first of them):
//
//	src/a.py      that file, or all below that folder: without a wildcard a
//	              pattern is a path from the root (the one difference to
//	              .gitignore, where it would be looked for in every folder)
//	src/          all below the folder src; never a file of that name
//	*.csv         in every folder, for it has no '/' but at its end
//	data/*.csv    in data alone: a '/' at the start or inside anchors
//	**/x          in every folder; x/** all below; a/**/b with any number of folders
//	              between; elsewhere "**" is "*"
//	* ? [a-z] [!a] [[:digit:]]   never match '/'; do match a leading dot
//	\*  \!        the character itself
//	!old/         takes out again what an earlier pattern took
//
// The last pattern that matches a path, or a folder above it, decides. "./" in front
// is dropped. A list that begins with "!" starts from nothing.

enum {
	SOURCE_OID_HEX_SIZE = 41,         /* a Git object id (SHA-1) in hex, with its NUL */
	SOURCE_FILES_MAX = 200000,        /* of one tree; more is ERR_TOO_LARGE */
	SOURCE_PATTERN_MAX_BYTES = 4096,  /* of one pattern, as for a path */
};

enum source_kind {
	SOURCE_FILE,       /* mode 0644 */
	SOURCE_EXECUTABLE, /* mode 0755 */
	SOURCE_LINK,       /* a symbolic link that stays inside; its blob is its target */
	SOURCE_REFUSED,    /* in the tree, but no step can have it: see refusal */
	SOURCE_KIND_COUNT
};

struct source_entry {
	const char *path;              /* '/' between parts; path_is_inside() unless refused */
	enum source_kind kind;
	char oid[SOURCE_OID_HEX_SIZE]; /* of the blob; of whatever it is where refused */
	const char *refusal;           /* why, "is a submodule"; NULL unless refused */
};

struct source_list {
	const struct source_entry *entries;
	size_t count;
};

/* The file mode of Git, "100644"; "refused" for SOURCE_REFUSED. */
const char *source_kind_mode(enum source_kind kind);

/* The entry at that path, lent, or NULL. */
const struct source_entry *source_list_lookup(const struct source_list *list, const char *path);

/* Says whether a pattern is well formed: not empty, no "..", no control byte, not
 * longer than SOURCE_PATTERN_MAX_BYTES. ERR_INVALID with the reason. */
int source_pattern_check(const char *pattern, struct err *err);

/* Whether the patterns, in their order, take that path: for lists that are not
 * files of a commit, such as the paths of a push trigger. Patterns are checked. */
bool source_patterns_take(const char *const *patterns, size_t count, const char *path);

/* The entries of tree that a step sees. patterns NULL: the whole tree; count 0 with
 * patterns not NULL: nothing. The result's array is in arena, its strings are
 * those of tree. Errors:
 *   ERR_INVALID    a pattern is malformed, or takes nothing (with the nearest path
 *                  as hint; a "!" pattern may match nothing), or takes an entry that
 *                  is refused (named, with the reason; the hint is the "!" pattern) */
int source_list_match(const struct source_list *tree, const char *const *patterns, size_t count,
		      struct arena *arena, struct source_list *ret, struct err *err);

/* Canonical text: a line "<mode> <oid> <path>\n" for each entry, in order. In a path
 * backslash, control bytes and what is not UTF-8 are \xNN, so the text is one
 * line an entry and UTF-8. BUG_ON a refused entry. */
void source_list_text(const struct source_list *list, struct buf *out);
/* SHA-256 of that text. */
void source_list_digest(const struct source_list *list, struct digest *ret);
/* Reads it back, strings in arena. ERR_INVALID where it is not canonical: a bad
 * line, a path out of order or not inside. */
int source_list_parse(const char *text, size_t len, struct arena *arena, struct source_list *ret,
		      struct err *err);

enum source_change_kind {
	SOURCE_ADDED,
	SOURCE_REMOVED,
	SOURCE_CHANGED, /* content, mode or kind */
	SOURCE_CHANGE_KIND_COUNT
};

struct source_change {
	enum source_change_kind kind;
	const char *path;
};

struct source_changes {
	const struct source_change *changes; /* sorted by path */
	size_t count;
};

/* "added", "removed", "changed" */
const char *source_change_name(enum source_change_kind kind);

/* What differs between two lists; the array is in arena, the paths are theirs. */
void source_list_diff(const struct source_list *before, const struct source_list *after,
		      struct arena *arena, struct source_changes *ret);

#endif
