/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c - how the rows of a batch go into their tables
 *
 * Each table is a statement's head, its columns in order, and a function that
 * binds them in the same order. What may be written again says ON CONFLICT;
 * elsewhere a second row of one key is a bug and fails.
 */
#include "store/records/tables.h"

#include "store/db/stmt.h"
#include "store/records/batch_priv.h"

static void bind_document(struct stmt *s, int i, const void *row)
{
	const struct document *d = row;
	stmt_bind_digest(s, i++, &d->digest);
	stmt_bind_text(s, i++, d->kind);
	stmt_bind_text_len(s, i++, d->text, d->len);
}

const struct insert insert_document = {
	.head = "INSERT INTO document (digest, kind, text) VALUES ",
	.columns = 3,
	.tail = " ON CONFLICT DO NOTHING",
	.row_size = sizeof(struct document),
	.bind = bind_document,
};

static void bind_git_blob(struct stmt *s, int i, const void *row)
{
	const struct git_blob_row *g = row;
	stmt_bind_blob(s, i++, g->oid, sizeof(g->oid));
	stmt_bind_digest(s, i++, &g->digest);
	stmt_bind_i64(s, i++, (int64_t)g->size_bytes);
}

const struct insert insert_git_blob = {
	.head = "INSERT INTO git_blob (oid, digest, size) VALUES ",
	.columns = 3,
	.tail = " ON CONFLICT DO NOTHING",
	.row_size = sizeof(struct git_blob_row),
	.bind = bind_git_blob,
};

static void bind_source_tree(struct stmt *s, int i, const void *row)
{
	const struct source_tree *t = row;
	stmt_bind_digest(s, i++, &t->list);
	stmt_bind_digest(s, i++, &t->tree);
}

const struct insert insert_source_tree = {
	.head = "INSERT INTO source_tree (list, tree) VALUES ",
	.columns = 2,
	.tail = " ON CONFLICT DO NOTHING",
	.row_size = sizeof(struct source_tree),
	.bind = bind_source_tree,
};

static void bind_worker(struct stmt *s, int i, const void *row)
{
	const struct worker_row *w = row;
	stmt_bind_i64(s, i++, (int64_t)w->id);
	stmt_bind_text(s, i++, w->name);
	stmt_bind_text(s, i++, w->pool);
	stmt_bind_blob(s, i++, w->session, sizeof(w->session));
	stmt_bind_i64(s, i++, w->is_connected);
	stmt_bind_i64(s, i++, w->pid);
	stmt_bind_i64(s, i++, w->slots);
	stmt_bind_text(s, i++, w->resources);
	stmt_bind_text(s, i++, w->labels);
	stmt_bind_text(s, i++, w->profile);
	stmt_bind_i64(s, i++, w->seen_at);
}

const struct insert insert_worker = {
	.head = "INSERT OR REPLACE INTO worker (id, name, pool, session, is_connected, pid, slots,"
		" resources, labels, profile, seen_at) VALUES ",
	.columns = 11,
	.tail = "",
	.row_size = sizeof(struct worker_row),
	.bind = bind_worker,
};

static void bind_run(struct stmt *s, int i, const void *row)
{
	const struct run_row *r = row;
	stmt_bind_i64(s, i++, (int64_t)r->id);
	stmt_bind_i64(s, i++, RUN_STATE_QUEUED);
	stmt_bind_i64(s, i++, REASON_NONE);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, r->steps);
	stmt_bind_i64(s, i++, r->created_at);
	stmt_bind_text(s, i++, r->pipeline);
	stmt_bind_text(s, i++, r->repository);
	stmt_bind_text(s, i++, r->commit);
	stmt_bind_text(s, i++, r->ref);
	stmt_bind_text(s, i++, r->branch);
	stmt_bind_text(s, i++, r->trigger);
	stmt_bind_digest(s, i++, &r->plan);
}

const struct insert insert_run = {
	.head = "INSERT INTO run (id, state, reason, cancel_requested, steps_done, steps_cached,"
		" steps_failed, steps, created_at, pipeline, repository, commit_id, ref, branch,"
		" trigger, plan) VALUES ",
	.columns = 16,
	.tail = "",
	.row_size = sizeof(struct run_row),
	.bind = bind_run,
};

static void bind_param(struct stmt *s, int i, const void *row)
{
	const struct run_param *p = row;
	stmt_bind_i64(s, i++, (int64_t)p->run);
	stmt_bind_text(s, i++, p->row.name);
	stmt_bind_text(s, i++, p->row.value);
}

const struct insert insert_param = {
	.head = "INSERT INTO param (run_id, name, value) VALUES ",
	.columns = 3,
	.tail = "",
	.row_size = sizeof(struct run_param),
	.bind = bind_param,
};

static void bind_run_document(struct stmt *s, int i, const void *row)
{
	const struct run_document_of *d = row;
	stmt_bind_i64(s, i++, (int64_t)d->run);
	stmt_bind_text(s, i++, d->row.name);
	stmt_bind_digest(s, i++, &d->row.digest);
}

const struct insert insert_run_document = {
	.head = "INSERT INTO run_document (run_id, name, digest) VALUES ",
	.columns = 3,
	.tail = "",
	.row_size = sizeof(struct run_document_of),
	.bind = bind_run_document,
};

static void bind_step(struct stmt *s, int i, const void *row)
{
	const struct step_spec *spec = row;
	stmt_bind_i64(s, i++, (int64_t)spec->id);
	stmt_bind_i64(s, i++, STEP_STATE_WAITING);
	stmt_bind_i64(s, i++, REASON_NONE);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, spec->tries_left);
	stmt_bind_i64(s, i++, 0);
	stmt_bind_i64(s, i++, 0);
}

const struct insert insert_step = {
	.head = "INSERT INTO step (id, state, reason, fence, attempt, tries_left, failures, lost)"
		" VALUES ",
	.columns = 8,
	.tail = "",
	.row_size = sizeof(struct step_spec),
	.bind = bind_step,
};

static void bind_step_spec(struct stmt *s, int i, const void *row)
{
	const struct step_spec *spec = row;
	stmt_bind_i64(s, i++, (int64_t)spec->id);
	stmt_bind_text(s, i++, spec->name);
	stmt_bind_text(s, i++, spec->job);
	stmt_bind_text(s, i++, spec->kind);
	stmt_bind_text(s, i++, spec->matrix);
	stmt_bind_text(s, i++, spec->demand);
}

const struct insert insert_step_spec = {
	.head = "INSERT INTO step_spec (step_id, name, job, kind, matrix, demand) VALUES ",
	.columns = 6,
	.tail = "",
	.row_size = sizeof(struct step_spec),
	.bind = bind_step_spec,
};

static void bind_step_message(struct stmt *s, int i, const void *row)
{
	const struct step_message *m = row;
	stmt_bind_i64(s, i++, (int64_t)m->step_id);
	stmt_bind_text(s, i++, m->message);
}

const struct insert insert_step_message = {
	.head = "INSERT OR REPLACE INTO step_message (step_id, message) VALUES ",
	.columns = 2,
	.tail = "",
	.row_size = sizeof(struct step_message),
	.bind = bind_step_message,
};

/* The session is for live attempts alone: who may still speak for them. */
static void bind_attempt_session(struct stmt *s, int i, const struct attempt_row *a)
{
	if (a->state == ATTEMPT_STATE_GRANTED || a->state == ATTEMPT_STATE_RUNNING)
		stmt_bind_blob(s, i, a->session, sizeof(a->session));
	else
		stmt_bind_null(s, i);
}

static void bind_attempt(struct stmt *s, int i, const void *row)
{
	const struct attempt_row *a = row;
	bool finished = a->state == ATTEMPT_STATE_FINISHED;
	stmt_bind_i64(s, i++, (int64_t)a->step_id);
	stmt_bind_i64(s, i++, (int64_t)a->fence);
	stmt_bind_i64(s, i++, a->number);
	bind_id(s, i++, a->worker_id);
	bind_attempt_session(s, i++, a);
	bind_id(s, i++, finished ? 0 : a->gpus);
	stmt_bind_i64(s, i++, a->state);
	bind_code(s, i++, finished ? (int)a->outcome : -1);
	stmt_bind_i64(s, i++, a->reason);
	bind_code(s, i++, finished ? a->exit_code : -1);
	bind_id(s, i++, (uint64_t)a->signal);
	bind_id(s, i++, (uint64_t)a->started_at);
	bind_id(s, i++, (uint64_t)a->finished_at);
	bind_id(s, i++, (uint64_t)a->run_us);
	bind_id(s, i++, (uint64_t)a->cpu_user_us);
	bind_id(s, i++, (uint64_t)a->cpu_system_us);
	bind_id(s, i++, a->peak_memory_bytes);
	bind_id(s, i++, a->log_bytes);
	stmt_bind_digest(s, i++, finished ? &a->body : NULL);
	stmt_bind_text(s, i++, a->profile);
	stmt_bind_text(s, i++, a->message);
}

const struct insert insert_attempt = {
	.head = "INSERT INTO attempt (step_id, fence, number, worker_id, session, gpus, state,"
		" outcome, reason, exit_code, signal, started_at, finished_at, run_us, cpu_user_us,"
		" cpu_sys_us, peak_memory, log_bytes, body, profile, message) VALUES ",
	.columns = 21,
	.tail = " ON CONFLICT (step_id, fence) DO UPDATE SET worker_id = excluded.worker_id,"
		" session = excluded.session, gpus = excluded.gpus, state = excluded.state,"
		" outcome = excluded.outcome, reason = excluded.reason, exit_code = excluded.exit_code,"
		" signal = excluded.signal, started_at = excluded.started_at,"
		" finished_at = excluded.finished_at, run_us = excluded.run_us,"
		" cpu_user_us = excluded.cpu_user_us, cpu_sys_us = excluded.cpu_sys_us,"
		" peak_memory = excluded.peak_memory, log_bytes = excluded.log_bytes,"
		" body = excluded.body, profile = excluded.profile, message = excluded.message",
	.row_size = sizeof(struct attempt_row),
	.bind = bind_attempt,
};

static void bind_step_key(struct stmt *s, int i, const void *row)
{
	const struct resolution_row *r = row;
	stmt_bind_i64(s, i++, (int64_t)r->step_id);
	stmt_bind_digest(s, i++, digest_is_zero(&r->key) ? NULL : &r->key);
	stmt_bind_text(s, i++, r->key_text);
	stmt_bind_digest(s, i++, digest_is_zero(&r->sources) ? NULL : &r->sources);
	stmt_bind_text(s, i++, r->params);
}

const struct insert insert_step_key = {
	.head = "INSERT OR REPLACE INTO step_key (step_id, digest, text, sources, params) VALUES ",
	.columns = 5,
	.tail = "",
	.row_size = sizeof(struct resolution_row),
	.bind = bind_step_key,
};

static void bind_input(struct stmt *s, int i, const void *row)
{
	const struct step_input *in = row;
	stmt_bind_i64(s, i++, (int64_t)in->step_id);
	stmt_bind_text(s, i++, in->row.name);
	stmt_bind_i64(s, i++, in->row.part);
	stmt_bind_digest(s, i++, &in->row.digest);
	stmt_bind_i64(s, i++, in->row.is_tree);
	bind_id(s, i++, in->row.from_step);
	stmt_bind_text(s, i++, in->row.from_output);
	stmt_bind_text(s, i++, in->row.address);
}

const struct insert insert_input = {
	.head = "INSERT OR REPLACE INTO input (step_id, name, part, digest, is_tree, from_step,"
		" from_output, address) VALUES ",
	.columns = 8,
	.tail = "",
	.row_size = sizeof(struct step_input),
	.bind = bind_input,
};

static void bind_result(struct stmt *s, int i, const void *row)
{
	const struct result_row *r = row;
	stmt_bind_i64(s, i++, (int64_t)r->step_id);
	stmt_bind_i64(s, i++, (int64_t)r->fence);
	stmt_bind_i64(s, i++, r->outcome);
	stmt_bind_i64(s, i++, r->at);
}

const struct insert insert_result = {
	.head = "INSERT INTO result (step_id, fence, outcome, at) VALUES ",
	.columns = 4,
	.tail = "",
	.row_size = sizeof(struct result_row),
	.bind = bind_result,
};

static void bind_output(struct stmt *s, int i, const void *row)
{
	const struct step_output *o = row;
	stmt_bind_i64(s, i++, (int64_t)o->step_id);
	stmt_bind_text(s, i++, o->row.name);
	stmt_bind_digest(s, i++, &o->row.digest);
	stmt_bind_i64(s, i++, o->row.is_tree);
	stmt_bind_i64(s, i++, (int64_t)o->row.size_bytes);
	stmt_bind_i64(s, i++, (int64_t)o->row.files);
	stmt_bind_text(s, i++, o->row.path);
	stmt_bind_text(s, i++, o->row.type);
}

const struct insert insert_output = {
	.head = "INSERT INTO output (step_id, name, digest, is_tree, size, files, path, type)"
		" VALUES ",
	.columns = 8,
	.tail = "",
	.row_size = sizeof(struct step_output),
	.bind = bind_output,
};

static void bind_metric(struct stmt *s, int i, const void *row)
{
	const struct step_metric *m = row;
	stmt_bind_i64(s, i++, (int64_t)m->step_id);
	stmt_bind_text(s, i++, m->row.name);
	stmt_bind_double(s, i++, m->row.value);
}

const struct insert insert_metric = {
	.head = "INSERT INTO metric (step_id, name, value) VALUES ",
	.columns = 3,
	.tail = "",
	.row_size = sizeof(struct step_metric),
	.bind = bind_metric,
};

static void bind_cache(struct stmt *s, int i, const void *row)
{
	const struct cache_entry *c = row;
	stmt_bind_i64(s, i++, c->key);
	stmt_bind_i64(s, i++, (int64_t)c->step_id);
}

const struct insert insert_cache = {
	.head = "INSERT OR REPLACE INTO cache (key, step_id) VALUES ",
	.columns = 2,
	.tail = "",
	.row_size = sizeof(struct cache_entry),
	.bind = bind_cache,
};

static void bind_event(struct stmt *s, int i, const void *row)
{
	const struct event_row *e = row;
	stmt_bind_i64(s, i++, e->at);
	bind_id(s, i++, e->run);
	bind_id(s, i++, e->step_id);
	stmt_bind_text(s, i++, e->kind);
	stmt_bind_text(s, i++, e->detail);
}

const struct insert insert_event = {
	.head = "INSERT INTO event (at, run_id, step_id, kind, detail) VALUES ",
	.columns = 5,
	.tail = "",
	.row_size = sizeof(struct event_row),
	.bind = bind_event,
};
