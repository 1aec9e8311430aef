/* SPDX-License-Identifier: Apache-2.0 */
/* import.c - a step's sources, from Git into the blob store as a tree */
#include "scheduler/daemon/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/helper.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/reader.h"
#include "scheduler/source/source.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "store/records/batch.h"
#include "store/records/query_cache.h"
#include "store/records/writer.h"

enum { LINK_TARGET_MAX = 4096 };

struct waiter {
	void (*done)(void *arg, const struct digest *tree, const struct err *err);
	void *arg;
};

/* One list on its way. */
struct import {
	struct imports *owner;
	struct digest list;
	char *repository;
	char *text;
	struct waiter *waiters;
	size_t waiter_count, waiter_cap;
	/* The job's: */
	struct arena arena;
	struct source_list entries;
	struct git_blob_row *blobs; /* beside entries */
	struct git_blob_row *fresh; /* those that were read just now */
	size_t fresh_count;
	struct digest tree;
	int rc;
	struct err err;
};

struct imports {
	struct daemon *daemon;
	struct map by_list; /* hex of the list's digest -> struct import, on their way */
	struct map trees;   /* hex of the list's digest -> struct digest of the tree, known */
};

struct imports *imports_create(struct daemon *d)
{
	struct imports *m = mem_alloc(sizeof(*m));

	m->daemon = d;
	return m;
}

static void import_destroy(struct import *im)
{
	arena_finish(&im->arena);
	free(im->repository);
	free(im->text);
	free(im->waiters);
	free(im);
}

void imports_destroy(struct imports *m)
{
	struct map_entry *e;

	if (!m)
		return;
	for (size_t i = 0; map_next(&m->by_list, &i, &e);)
		import_destroy(e->value);
	for (size_t i = 0; map_next(&m->trees, &i, &e);)
		free(e->value);
	map_finish(&m->by_list);
	map_finish(&m->trees);
	free(m);
}

/* ── in a thread ──────────────────────────────────────────────────────── */

static void hex_to_oid(const char *hex, uint8_t oid[20])
{
	for (int i = 0; i < 20; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		oid[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
}

static int read_list(struct import *im, bool **ret_known)
{
	struct db *db = reader_lock(im->owner->daemon->reader);
	int rc = source_list_parse(im->text, strlen(im->text), &im->arena, &im->entries, &im->err);

	if (rc == 0) {
		im->blobs = arena_array(&im->arena, im->entries.count, sizeof(*im->blobs));
		for (size_t i = 0; i < im->entries.count; i++)
			hex_to_oid(im->entries.entries[i].oid, im->blobs[i].oid);
		*ret_known = arena_array(&im->arena, im->entries.count, sizeof(**ret_known));
		rc = query_git_blobs(db, im->blobs, *ret_known, im->entries.count, &im->err);
	}
	reader_unlock(im->owner->daemon->reader);
	return rc < 0 ? rc : 0;
}

/* Has the helper read what is not known, or known but not in the store any more. */
static int fetch_unknown(struct import *im, const bool *known)
{
	size_t count = im->entries.count, wanted = 0;
	const char **oids = arena_array(&im->arena, count, sizeof(*oids));
	size_t *places = arena_array(&im->arena, count, sizeof(*places));
	struct source_blob *got = arena_array(&im->arena, count, sizeof(*got));
	struct source_client *client;
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (known[i] && blob_exists(im->owner->daemon->blobs, &im->blobs[i].digest))
			continue;
		oids[wanted] = im->entries.entries[i].oid;
		places[wanted++] = i;
	}
	if (wanted == 0)
		return 0;
	rc = helper_take(im->owner->daemon->helper, &client, &im->err);
	if (rc < 0)
		return rc;
	rc = source_import(client, im->repository, oids, wanted, SOURCE_IMPORT_TIMEOUT_MS, got,
			   &im->err);
	helper_give(im->owner->daemon->helper, client, rc == 0);
	im->fresh = arena_array(&im->arena, wanted, sizeof(*im->fresh));
	for (size_t i = 0; rc == 0 && i < wanted; i++) {
		struct git_blob_row *b = &im->blobs[places[i]];

		b->digest = got[i].digest;
		b->size_bytes = got[i].size_bytes;
		im->fresh[im->fresh_count++] = *b;
	}
	return rc;
}

static int add_link(struct import *im, struct tree *t, const char *path, const struct digest *d)
{
	struct buf target = BUF_INIT;
	int rc = blob_read(im->owner->daemon->blobs, d, LINK_TARGET_MAX, &target, &im->err);

	if (rc == 0)
		rc = tree_add_link(t, path, buf_str(&target), &im->err);
	buf_finish(&target);
	return rc;
}

static int make_tree(struct import *im)
{
	struct blob_batch *batch = blob_batch_create(im->owner->daemon->blobs);
	struct tree t = TREE_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < im->entries.count; i++) {
		const struct source_entry *e = &im->entries.entries[i];

		if (e->kind == SOURCE_LINK)
			rc = add_link(im, &t, e->path, &im->blobs[i].digest);
		else
			rc = tree_add_file(&t, e->path, e->kind == SOURCE_EXECUTABLE,
					   &im->blobs[i].digest, im->blobs[i].size_bytes, &im->err);
	}
	if (rc == 0)
		rc = tree_seal(&t, &im->err);
	if (rc == 0)
		rc = tree_put(batch, &t, &im->tree, &im->err);
	if (rc == 0)
		rc = blob_batch_commit(batch, &im->err);
	tree_finish(&t);
	blob_batch_destroy(batch);
	return rc;
}

static void import_work(void *arg)
{
	struct import *im = arg;
	bool *known = NULL;
	struct db *db = reader_lock(im->owner->daemon->reader);

	im->rc = query_source_tree(db, &im->list, &im->tree, NULL);
	reader_unlock(im->owner->daemon->reader);
	if (im->rc == 0 && blob_exists(im->owner->daemon->blobs, &im->tree))
		return;
	known = arena_array(&im->arena, SOURCE_FILES_MAX, sizeof(*known));
	im->rc = read_list(im, &known);
	if (im->rc == 0)
		im->rc = fetch_unknown(im, known);
	if (im->rc == 0)
		im->rc = make_tree(im);
}

/* ── on the loop again ────────────────────────────────────────────────── */

static void import_done(void *arg)
{
	struct import *im = arg;
	struct imports *m = im->owner;
	struct batch *batch = writer_batch(m->daemon->writer);
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&im->list, hex);
	map_remove(&m->by_list, hex);
	if (im->rc == 0) {
		batch_git_blobs(batch, im->fresh, im->fresh_count);
		batch_source_tree(batch, &im->list, &im->tree);
		free(map_set(&m->trees, hex, memcpy(mem_alloc(sizeof(im->tree)), &im->tree,
						    sizeof(im->tree))));
	}
	for (size_t i = 0; i < im->waiter_count; i++) {
		struct waiter *w = &im->waiters[i];

		w->done(w->arg, im->rc == 0 ? &im->tree : NULL, im->rc == 0 ? NULL : &im->err);
	}
	import_destroy(im);
}

void imports_need(struct imports *m, const char *repository, const struct digest *list,
		  const char *text,
		  void (*done)(void *arg, const struct digest *tree, const struct err *err),
		  void *arg)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest *tree;
	struct import *im;

	digest_hex(list, hex);
	tree = map_get(&m->trees, hex);
	if (tree && blob_exists(m->daemon->blobs, tree)) {
		done(arg, tree, NULL);
		return;
	}
	im = map_get(&m->by_list, hex);
	if (!im) {
		im = mem_alloc(sizeof(*im));
		im->owner = m;
		im->list = *list;
		im->repository = mem_strdup(repository);
		im->text = mem_strdup(text);
		map_set(&m->by_list, hex, im);
		job_start(m->daemon, import_work, import_done, im);
	}
	im->waiters = mem_grow(im->waiters, &im->waiter_cap, im->waiter_count + 1,
			       sizeof(*im->waiters));
	im->waiters[im->waiter_count++] = (struct waiter){ done, arg };
}
