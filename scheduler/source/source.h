/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - from a repository to a commit's files: the client of ingot-helper
 *
 * libgit2, libcurl and libarchive meet foreign bytes only in ingot-helper, a
 * process with limits of its own. This is the scheduler's end. The calls block and
 * are meant for a worker thread:
 *
 *	1. source_client_create()   starts one helper process
 *	2. source_snapshot()        a commit and the listing of its tree
 *	3. source_import()          file contents into the blob store, as one durable batch
 *	   source_fetch_url()       a file from the web into the blob store
 *	   source_pack()            a file or folder of the blob store as an archive
 *	   source_unpack()          an archive in the blob store as a folder there
 *	   any number of them, one after another, in any order
 *	4. source_client_destroy()  ends the helper
 *
 * source_client_cancel() may be called from any thread meanwhile. A client whose
 * helper has died, was cancelled or ran out of time answers every further call with
 * that error: make a new one. Nothing half is left behind in any of these cases.
 */
#ifndef INGOT_SCHEDULER_SOURCE_SOURCE_H
#define INGOT_SCHEDULER_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "scheduler/source/source_list.h"
#include "store/pack/pack.h"

struct arena;
struct err;
struct source_client;

enum {
	SOURCE_DEFINITION_MAX_BYTES = 256 * 1024, /* one more is kept: its reader refuses it */
	SOURCE_CHANGES_NAMED = 20,                /* uncommitted changes that a snapshot names */
	SOURCE_SNAPSHOT_TIMEOUT_MS = 600 * 1000,  /* usual: the first fetch of a large one */
	SOURCE_IMPORT_TIMEOUT_MS = 600 * 1000,
	SOURCE_FETCH_TIMEOUT_MS = 3600 * 1000,
	SOURCE_PACK_TIMEOUT_MS = 3600 * 1000,
};

/* What to look at. */
struct source_spec {
	const char *repository; /* an absolute path in a repository; or a URL: file, https, ssh,
	                           git, http (this host only); or USER@HOST:PATH */
	const char *ref;        /* branch, tag, full ref, or commit id (unique, from 7 digits
	                           on); NULL: HEAD */
	bool dirty;             /* snapshot the work tree, .gitignore respected; paths only */
};

struct source_definition {
	const char *path; /* "ingot.yaml" or ".ingot/NAME.yaml" */
	const char *text; /* may hold any byte; a NUL stands behind it */
	size_t len;       /* at most SOURCE_DEFINITION_MAX_BYTES + 1 */
};

struct source_snapshot {
	const char *repository; /* its identity, for source_import(): the real path, or the URL
	                           without a password */
	const char *commit;     /* 40 hex digits */
	const char *tree;
	const char *ref;        /* "refs/heads/main"; NULL for a commit id or a detached HEAD */
	const char *branch;     /* "main"; NULL where ref is no branch */
	const char *author;     /* "Name <mail>", UTF-8, without control bytes */
	const char *summary;    /* first line of the message, likewise */
	int64_t committed_at_ms;
	bool dirty;             /* the commit is one of ours, of uncommitted changes */
	struct source_list files;
	const struct source_definition *definitions; /* ingot.yaml first, then by path */
	size_t definition_count;
	const char *const *changes; /* paths with uncommitted changes, the first of them */
	size_t change_named;        /* how many of them are in changes */
	size_t change_count;        /* how many there are; 0 for a URL */
	const char *const *warnings; /* whole sentences for people, without control bytes */
	size_t warning_count;
};

struct source_blob {
	struct digest digest;
	uint64_t size_bytes;
};

/* Where the helper is: $INGOT_HELPER, or from the running program ingot-helper,
 * ../libexec/ingot/ingot-helper, or (in a build folder) helper/ingot-helper. The caller
 * frees. ERR_NOT_FOUND. */
int source_helper_path(char **ret, struct err *err);

/* Starts the helper for a home (an absolute path; its repos/ and blobs/ are made where
 * missing). ERR_NOT_FOUND, ERR_SYSTEM where it does not start, ERR_VERSION where it
 * belongs to another version. */
int source_client_create(const char *helper_path, const char *home_dir, struct source_client **ret,
			 struct err *err);
/* Ends the helper and all that it started. NULL is fine. */
void source_client_destroy(struct source_client *c);
/* Makes the call in progress, and every later one, return ERR_INTERRUPTED. From any
 * thread, until source_client_destroy(). */
void source_client_cancel(struct source_client *c);

/* Resolves a commit and lists its tree. The commit stays in the home's mirror of the
 * repository, so that source_import() works later too. All of *ret is in arena.
 * Errors, each with the object and the way out:
 *   ERR_NOT_FOUND    no repository there; no such ref, with the nearest as hint
 *   ERR_STATE        no commit yet
 *   ERR_DENIED       owned by somebody else; not readable; authentication failed
 *   ERR_UNREACHABLE  the server is not there
 *   ERR_DAMAGED      an object is missing or broken
 *   ERR_TOO_LARGE    more than SOURCE_FILES_MAX files, or too much to fetch
 *   ERR_INVALID      a URL or ref that is none; dirty with a URL
 *   ERR_TIMEOUT, ERR_INTERRUPTED */
int source_snapshot(struct source_client *c, const struct source_spec *spec, int64_t timeout_ms,
		    struct arena *arena, struct source_snapshot *ret, struct err *err);

/* Puts blobs of that repository (a snapshot's identity) into the blob store, durable as
 * one batch; what is there already is not written again. ret has room for count, in the order of
 * oids. Errors: ERR_NOT_FOUND (no such object in the mirror), ERR_DAMAGED,
 * ERR_TOO_LARGE, ERR_NO_SPACE, ERR_TIMEOUT, ERR_INTERRUPTED. */
int source_import(struct source_client *c, const char *repository, const char *const *oids,
		  size_t count, int64_t timeout_ms, struct source_blob *ret, struct err *err);

struct source_url {
	const char *url;        /* https://…, without the "#sha256=" */
	struct digest expected; /* what has another digest never enters the store */
	uint64_t max_bytes;
	bool allow_private;     /* loopback, private and link-local addresses, and http:// */
};

/* Downloads into the blob store. ERR_UNREACHABLE, ERR_DENIED (an address that is not
 * allowed, or 401, 403), ERR_NOT_FOUND (404, 410), ERR_CONFLICT (another digest: both are
 * named), ERR_TOO_LARGE, ERR_NO_SPACE, ERR_TIMEOUT, ERR_INTERRUPTED. */
int source_fetch_url(struct source_client *c, const struct source_url *what, int64_t timeout_ms,
		     struct source_blob *ret, struct err *err);

struct source_pack_spec {
	struct digest digest;
	bool is_tree;     /* of a folder; otherwise of one file */
	const char *name; /* of that file in the archive; NULL for a folder */
	enum pack_format format;
	const char *path; /* absolute: the file to make, which must not be there yet */
};

/* Writes an archive. On failure the file is gone again. ERR_NOT_FOUND and ERR_DAMAGED of blobs,
 * ERR_EXISTS, ERR_NO_SPACE, ERR_TIMEOUT, ERR_INTERRUPTED (then part of the file may be there). */
int source_pack(struct source_client *c, const struct source_pack_spec *what, int64_t timeout_ms,
		uint64_t *ret_size_bytes, struct err *err);

/* Reads an archive (tar, tar.gz, tar.zst, zip) that is a blob; the result is the digest of the
 * folder and the size of all its files. label names it in messages. ERR_INVALID and
 * ERR_TOO_LARGE as those of pack_extract(), ERR_NOT_FOUND, ERR_DAMAGED, ERR_NO_SPACE,
 * ERR_TIMEOUT, ERR_INTERRUPTED. */
int source_unpack(struct source_client *c, const struct digest *archive, const char *label,
		  int64_t timeout_ms, struct source_blob *ret, struct err *err);

#endif
