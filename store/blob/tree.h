/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - folders in the blob store
 *
 * A folder is kept as a tree: a blob whose bytes list the folder's files by path,
 * each with the digest of its content, so that what two folders have in common
 * is stored once. The digest of a folder is the digest of that list, which
 * FORMAT.md gives byte by byte. The digest of a single file is that of its
 * content; whoever keeps a digest also keeps which of the two it is.
 *
 * Building one:
 *	1. struct tree t = TREE_INIT;
 *	2. tree_add_...() in any order
 *	3. tree_seal(), which sorts, checks the whole and makes it read-only
 *	4. tree_put(), tree_place(), tree_encode(), ...
 *	5. tree_finish(), whatever happened
 * tree_decode(), tree_load() and tree_put_folder() give sealed ones.
 *
 * What every sealed tree keeps to: no path is absolute, has a ".." or lies behind
 * a file or link; a link points to inside the tree; nothing is in it twice.
 */
#ifndef INGOT_STORE_TREE_H
#define INGOT_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/hash.h"

struct blob_batch;
struct blob_store;
struct buf;
struct err;

enum {
	TREE_ENTRIES_MAX = 1000000,
	TREE_DEPTH_MAX = 64,            /* parts of a path; as many folders are open at a time */
	TREE_MANIFEST_MAX = 256 << 20   /* bytes */
};

enum tree_kind { TREE_FILE, TREE_EXECUTABLE, TREE_LINK, TREE_FOLDER, TREE_KIND_COUNT };

struct tree_entry {
	const char *path;
	enum tree_kind kind;
	uint64_t size_bytes;  /* of a file's content, else 0 */
	struct digest digest; /* of a file's content, else zero */
	const char *target;   /* of a link, else NULL */
};

struct tree {
	const char *label; /* lent: names the whole in messages; NULL: none */
	struct arena arena;
	struct tree_entry *entries; /* once sealed: as strcmp orders paths; empty folders only */
	size_t count, cap;
	uint64_t size_bytes; /* of all files */
};

#define TREE_INIT { 0 }

void tree_finish(struct tree *t); /* usable again */

/* All copy their strings. ERR_INVALID for a path or target that leads outside,
 * ERR_TOO_LARGE over a limit. */
int tree_add_file(struct tree *t, const char *path, bool executable, const struct digest *d,
		  uint64_t size_bytes, struct err *err);
int tree_add_link(struct tree *t, const char *path, const char *target, struct err *err);
int tree_add_folder(struct tree *t, const char *path, struct err *err);
/* All of a sealed tree, below the folder `path`. */
int tree_add_tree(struct tree *t, const char *path, const struct tree *sub, struct err *err);
/* ERR_INVALID if something is there twice, or below something that is no folder. */
int tree_seal(struct tree *t, struct err *err);

/* For whoever fills a tree: "LABEL: PATH WHY", the path made printable and cut if
 * it is long. Returns code. */
int tree_refuse(const struct tree *t, int code, const char *path, const char *why,
		struct err *err);

/* NULL if the path has no entry; a folder that is not empty has none. */
const struct tree_entry *tree_find(const struct tree *t, const char *path);
/* Calls each() for what differs, by path: before is NULL for what b alone has,
 * after for what a alone has. */
void tree_diff(const struct tree *a, const struct tree *b,
	       void (*each)(void *arg, const struct tree_entry *before,
			    const struct tree_entry *after),
	       void *arg);

void tree_encode(const struct tree *t, struct buf *out);
/* Reads exactly what tree_encode writes; ERR_INVALID for anything else. t is
 * finished on failure. */
int tree_decode(const void *data, size_t len, struct tree *t, struct err *err);

/* Puts the list itself; the contents are put by whoever adds them. */
int tree_put(struct blob_batch *b, const struct tree *t, struct digest *ret, struct err *err);
int tree_load(struct blob_store *s, const struct digest *d, struct tree *t, struct err *err);

struct tree_put_options {
	const char *label;        /* as tree.label */
	const struct tree *known; /* what was placed at this folder; files that still are the same
				   * inode as its blob are not read again. NULL: nothing */
	uint64_t max_bytes;       /* of all contents; 0: no limit */
};

/* Puts the contents of all files below the open folder dirfd, and fills *ret with
 * the tree. Links are kept as links. ERR_INVALID, naming the path, for a FIFO,
 * socket, device or a link that leads outside; ERR_BUSY for a file that changed
 * while it was read. */
int tree_put_folder(struct blob_batch *b, int dirfd, const struct tree_put_options *options,
		    struct tree *ret, struct err *err);

/* Makes the tree's folders and links and puts its files below the open folder
 * dirfd, as blob_link() does. Folders that are there already are used; those of
 * the tree get folder_mode in the end. ERR_EXISTS, naming the path, if something
 * else is in the way. On failure some of it is there. */
int tree_place(struct blob_store *s, const struct tree *t, int dirfd, mode_t folder_mode,
	       struct err *err);

#endif
