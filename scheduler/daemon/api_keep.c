/* SPDX-License-Identifier: Apache-2.0 */
/* api_keep.c - what is kept and what is not: gc, fsck
 *
 * gc: runs beyond the newest `keep_runs` of their pipeline are marked as collected,
 * durably; then, in a thread, every blob that no record refers to and that nobody
 * wanted for an hour is removed. A blob that an upload found to be there a moment
 * ago stays.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/reader.h"
#include "scheduler/daemon/request.h"
#include "store/blob/blob.h"
#include "store/blob/tree.h"
#include "store/records/batch.h"
#include "store/records/query_keep.h"
#include "store/records/writer.h"
#include "workers/wire/grant.h"

enum { GC_KEEP_RUNS = 100, GC_UNWANTED_S = 3600 };

/* The digests that records refer to, folders expanded. */
struct kept {
	struct blob_store *blobs;
	struct map set; /* hex */
	struct err err;
};

static bool keep_one(struct kept *k, const struct digest *d)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(d, hex);
	return map_set(&k->set, hex, k) == NULL;
}

static int keep(void *arg, const struct digest *digest, bool is_tree)
{
	struct kept *k = arg;
	struct tree t = TREE_INIT;

	if (!keep_one(k, digest) || !is_tree)
		return 0;
	if (tree_load(k->blobs, digest, &t, &k->err) == 0) {
		for (size_t i = 0; i < t.count; i++) {
			if (t.entries[i].kind == TREE_FILE || t.entries[i].kind == TREE_EXECUTABLE)
				keep_one(k, &t.entries[i].digest);
		}
	}
	tree_finish(&t);
	return 0;
}

struct gc {
	struct request *request;
	struct daemon *daemon;
	bool dry_run;
	struct digest *folders; /* of the inputs of steps that are not over */
	size_t folder_count, folder_cap;
	struct kept kept;
	uint64_t removed, bytes, stayed;
	int rc;
	struct err err;
};

static int collect_blob(void *arg, const struct digest *digest, uint64_t size_bytes)
{
	struct gc *g = arg;
	char hex[DIGEST_HEX_SIZE];
	int rc = 1;

	digest_hex(digest, hex);
	if (map_has(&g->kept.set, hex)) {
		g->stayed++;
		return 0;
	}
	if (!g->dry_run)
		rc = blob_remove(g->daemon->blobs, digest, GC_UNWANTED_S, &g->err);
	if (rc > 0) {
		g->removed++;
		g->bytes += size_bytes;
	} else if (rc == 0) {
		g->stayed++;
	}
	return rc < 0 && rc != ERR_NOT_FOUND ? rc : 0;
}

static void gc_work(void *arg)
{
	struct gc *g = arg;
	struct db *db = reader_lock(g->daemon->reader);

	g->kept.blobs = g->daemon->blobs;
	g->rc = query_kept(db, keep, &g->kept, &g->err);
	reader_unlock(g->daemon->reader);
	for (size_t i = 0; i < g->folder_count; i++)
		keep(&g->kept, &g->folders[i], true);
	if (g->rc == 0)
		g->rc = blob_list(g->daemon->blobs, collect_blob, g, &g->err);
	if (g->rc == 0 && !g->dry_run)
		blob_store_sweep(g->daemon->blobs, NULL);
}

static void gc_done(void *arg)
{
	struct gc *g = arg;
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	if (g->rc < 0) {
		request_fail(g->request, &g->err);
	} else {
		json_write_object(&w, NULL);
		json_write_int(&w, "removed", (int64_t)g->removed);
		json_write_int(&w, "bytes", (int64_t)g->bytes);
		json_write_int(&w, "kept", (int64_t)g->stayed);
		json_write_end(&w);
		request_reply(g->request, out.data, out.len);
	}
	buf_finish(&out);
	map_finish(&g->kept.set);
	free(g->folders);
	free(g);
}

static void note_folder(struct gc *g, const struct wire_input *input)
{
	if (!input->is_tree)
		return;
	g->folders = mem_grow(g->folders, &g->folder_cap, g->folder_count + 1,
			      sizeof(*g->folders));
	g->folders[g->folder_count++] = input->digest;
}

/* No record names a folder that was composed, or unpacked from an archive. */
static void note_folders(struct gc *g, const struct live_run *run)
{
	for (uint32_t i = 0; i < run->plan->count; i++) {
		const struct live_step *s = &run->steps[i];

		if (!s->inputs || step_state_is_terminal(s->state))
			continue;
		for (size_t k = 0; k < run->plan->steps[i].def->input_count; k++)
			note_folder(g, &s->inputs[k]);
	}
}

static void on_marked(void *arg)
{
	struct gc *g = arg;
	uint64_t id;
	void *run;

	for (size_t i = 0; idmap_next(&g->daemon->runs, &i, &id, &run);)
		note_folders(g, run);
	job_start(g->daemon, gc_work, gc_done, g);
}

static int mark_run(void *arg, uint64_t run)
{
	batch_run_collect(arg, run, clock_wall_ms());
	return 0;
}

void api_gc(struct request *r)
{
	struct gc *g = mem_alloc(sizeof(*g));
	int64_t keep_runs;
	int rc = api_count_arg(r->args, "keep_runs", UINT32_MAX, &keep_runs, &g->err);

	g->request = r;
	g->daemon = r->daemon;
	g->dry_run = request_flag(r, "dry_run");
	if (rc == 0 && !g->dry_run)
		rc = query_collectable_runs(r->daemon->db,
					    keep_runs ? (uint32_t)keep_runs : GC_KEEP_RUNS,
					    mark_run, writer_batch(r->daemon->writer), &g->err);
	if (rc < 0) {
		request_fail(r, &g->err);
		free(g);
		return;
	}
	daemon_when_durable(r->daemon, on_marked, g);
}

/* ── fsck ─────────────────────────────────────────────────────────────── */

struct check {
	struct request *request;
	struct daemon *daemon;
	struct buf out;
	struct json_writer w;
	uint64_t checked, bytes;
	struct kept needed;
	int rc;
	struct err err;
};

static void write_problem(void *arg, const char *kind, const char *what, const char *message)
{
	struct check *c = arg;

	json_write_object(&c->w, NULL);
	json_write_string(&c->w, "kind", kind);
	json_write_string(&c->w, "what", what);
	json_write_string(&c->w, "message", message);
	json_write_end(&c->w);
}

static int check_blob(void *arg, const struct digest *digest, uint64_t size_bytes)
{
	struct check *c = arg;
	char text[DIGEST_TEXT_SIZE];

	c->checked++;
	c->bytes += size_bytes;
	if (blob_verify(c->daemon->blobs, digest, &c->err) < 0) {
		digest_text(digest, text);
		write_problem(c, "damaged", text, c->err.text);
	}
	return 0;
}

/* After the damaged ones were moved away: what records refer to must be there. */
static void check_missing(struct check *c)
{
	struct map_entry *e;

	for (size_t i = 0; map_next(&c->needed.set, &i, &e);) {
		struct digest d;

		if (digest_parse(e->key, &d) == 0 && !blob_exists(c->daemon->blobs, &d))
			write_problem(c, "missing", e->key, "records refer to it; what made it "
				      "runs again when it is needed");
	}
}

/* Records are read first; reading every content again takes long, and others wait for
 * the connection. */
static int check_records(struct check *c)
{
	struct db *db = reader_lock(c->daemon->reader);
	int rc = query_kept(db, keep, &c->needed, &c->err);

	if (rc >= 0)
		rc = query_fsck(db, write_problem, c, &c->err);
	reader_unlock(c->daemon->reader);
	return rc;
}

static void fsck_work(void *arg)
{
	struct check *c = arg;

	json_write_object(&c->w, NULL);
	json_write_array(&c->w, "problems");
	c->rc = check_records(c);
	if (c->rc >= 0)
		c->rc = blob_list(c->daemon->blobs, check_blob, c, &c->err);
	if (c->rc >= 0)
		check_missing(c);
	json_write_end(&c->w);
	json_write_int(&c->w, "checked", (int64_t)c->checked);
	json_write_int(&c->w, "bytes", (int64_t)c->bytes);
	json_write_end(&c->w);
}

static void fsck_done(void *arg)
{
	struct check *c = arg;

	if (c->rc < 0)
		request_fail(c->request, &c->err);
	else
		request_reply(c->request, c->out.data, c->out.len);
	map_finish(&c->needed.set);
	buf_finish(&c->out);
	free(c);
}

void api_fsck(struct request *r)
{
	struct check *c = mem_alloc(sizeof(*c));

	c->request = r;
	c->daemon = r->daemon;
	c->needed.blobs = r->daemon->blobs;
	c->w.out = &c->out;
	job_start(r->daemon, fsck_work, fsck_done, c);
}
