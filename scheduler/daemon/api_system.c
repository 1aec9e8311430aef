/* SPDX-License-Identifier: Apache-2.0 */
/* api_system.c - the scheduler itself: who it is, how it does, that it may go */
#include <jansson.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/request.h"
#include "scheduler/engine/engine.h"
#include "store/blob/blob.h"
#include "store/db/db.h"
#include "store/records/query_workers.h"

enum { FREE_MIN_MIB = 1024, SAMPLE_BLOBS = 32, QUEUE_MAX = 1000 };

void api_hello(struct request *r)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	json_write_object(&w, NULL);
	json_write_string(&w, "version", INGOT_VERSION);
	json_write_int(&w, "pid", getpid());
	json_write_int(&w, "epoch", (int64_t)r->daemon->epoch);
	json_write_string(&w, "home", r->daemon->home);
	json_write_end(&w);
	request_reply(r, out.data, out.len);
	buf_finish(&out);
}

void api_shutdown(struct request *r)
{
	struct err err = ERR_INIT;
	struct daemon *d = r->daemon;
	size_t open = engine_open_runs(d->engine);

	if (open && !request_flag(r, "force")) {
		err_set(&err, ERR_BUSY, "%zu runs have not ended", open);
		err_hint(&err, "wait for them, cancel them, or force it: they go on at the next start");
		request_fail(r, &err);
		return;
	}
	request_reply(r, "{}", 2);
	daemon_stop(d);
}

/* ── queue ────────────────────────────────────────────────────────────── */

static void name_step(void *ctx, uint64_t step, struct buf *out)
{
	uint32_t index;
	struct live_run *run = live_of_step(ctx, step, &index);

	if (run)
		buf_printf(out, "%s", run->plan->steps[index].name);
}

static void write_queued(struct live_run *run, uint32_t *count, struct json_writer *w)
{
	struct daemon *d = run->daemon;

	for (uint32_t i = 0; i < run->plan->count && *count < QUEUE_MAX; i++) {
		struct buf why = BUF_INIT;

		if (step_state_is_terminal(run->steps[i].state))
			continue;
		engine_why(d->engine, step_id(run->id, i), name_step, d, daemon_now(), &why);
		json_write_object(w, NULL);
		json_write_int(w, "run", (int64_t)run->id);
		json_write_string(w, "step", run->plan->steps[i].name);
		json_write_string(w, "state", step_state_name(run->steps[i].state));
		json_write_string(w, "why", buf_str(&why));
		json_write_end(w);
		buf_finish(&why);
		(*count)++;
	}
}

void api_queue_list(struct request *r)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	uint32_t count = 0;
	uint64_t id;
	void *run;

	json_write_object(&w, NULL);
	json_write_array(&w, "steps");
	for (size_t i = 0; idmap_next(&r->daemon->runs, &i, &id, &run);)
		write_queued(run, &count, &w);
	json_write_end(&w);
	json_write_end(&w);
	request_reply(r, out.data, out.len);
	buf_finish(&out);
}

/* ── doctor ───────────────────────────────────────────────────────────── */

static void write_check(struct json_writer *w, const char *name, const char *state,
			const char *message, const char *fix)
{
	json_write_object(w, NULL);
	json_write_string(w, "name", name);
	json_write_string(w, "state", state);
	json_write_string(w, "message", message);
	json_write_string(w, "fix", fix);
	json_write_end(w);
}

static void check_disk(struct daemon *d, struct json_writer *w)
{
	uint64_t bytes = fs_free_bytes(d->home_fd);
	struct buf text = BUF_INIT;
	bool is_low = bytes < (uint64_t)FREE_MIN_MIB << 20;

	str_format_size(&text, bytes);
	buf_printf(&text, " free in %s", d->home);
	write_check(w, "disk", is_low ? "warn" : "ok", buf_str(&text),
		    is_low ? "free some space, or collect with 'ingot gc'" : NULL);
	buf_finish(&text);
}

static void check_records(struct db *db, struct json_writer *w)
{
	struct record_counts counts;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (db_quick_check(db, &err) < 0 || query_counts(db, &counts, &err) < 0) {
		write_check(w, "records", "fail", err.text, "run 'ingot fsck'");
		return;
	}
	buf_printf(&text, "%lld runs, %lld steps, %lld results, database of ",
		   (long long)counts.runs, (long long)counts.steps, (long long)counts.results);
	str_format_size(&text, (uint64_t)counts.database_bytes);
	write_check(w, "records", "ok", buf_str(&text), NULL);
	buf_finish(&text);
}

struct sample {
	struct blob_store *blobs;
	int seen;
	int damaged;
	struct err err;
};

static int verify_sample(void *arg, const struct digest *digest, uint64_t size_bytes)
{
	struct sample *s = arg;

	(void)size_bytes;
	if (blob_verify(s->blobs, digest, &s->err) < 0)
		s->damaged++;
	return ++s->seen == SAMPLE_BLOBS;
}

static void check_store(struct daemon *d, struct json_writer *w)
{
	struct sample s = { .blobs = d->blobs };
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	blob_list(d->blobs, verify_sample, &s, &err);
	buf_printf(&text, "%d of %d blobs looked at are damaged", s.damaged, s.seen);
	write_check(w, "store", s.damaged ? "fail" : "ok", buf_str(&text),
		    s.damaged ? "run 'ingot fsck'" : NULL);
	buf_finish(&text);
}

int api_doctor(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
	       struct err *err)
{
	struct json_writer w = { .out = out };

	(void)args;
	(void)err;
	json_write_object(&w, NULL);
	json_write_array(&w, "checks");
	check_disk(d, &w);
	check_records(db, &w);
	check_store(d, &w);
	json_write_end(&w);
	json_write_end(&w);
	return 0;
}
