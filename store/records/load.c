/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - runs as they were recorded, and the start of a new epoch */
#include "store/records/load.h"

#include <string.h>

#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/row_list.h"

static char *text(const struct stmt *s, int column, struct arena *arena)
{
	return arena_strdup(arena, stmt_text(s, column));
}

static int32_t code(const struct stmt *s, int column)
{
	return stmt_is_null(s, column) ? -1 : (int32_t)stmt_i64(s, column);
}

static void session(const struct stmt *s, int column, uint8_t out[SESSION_SIZE])
{
	size_t len = 0;
	const void *blob = stmt_blob(s, column, &len);
	if (len == SESSION_SIZE)
		memcpy(out, blob, SESSION_SIZE);
}

/* A statement about the steps of one run: ?1 to ?2. */
static struct stmt *stmt_of_run(struct db *db, const char *sql, uint64_t run)
{
	struct stmt *s = db_stmt(db, sql);
	stmt_bind_i64(s, 1, (int64_t)step_id(run, 0));
	stmt_bind_i64(s, 2, (int64_t)step_id(run + 1, 0) - 1);
	return s;
}

static int load_row(struct db *db, uint64_t run, struct arena *arena, struct loaded_run *ret,
		    struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT pipeline, repository, commit_id, ref, branch, trigger,"
				     " plan, created_at, steps, state, reason, cancel_requested,"
				     " message, started_at, finished_at, steps_done, steps_cached,"
				     " steps_failed FROM run WHERE id = ?1");
	stmt_bind_i64(s, 1, (int64_t)run);
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such run: %llu", (unsigned long long)run);
	struct run_row *row = &ret->row;
	row->id = run;
	row->pipeline = text(s, 0, arena);
	row->repository = text(s, 1, arena);
	row->commit = text(s, 2, arena);
	row->ref = text(s, 3, arena);
	row->branch = text(s, 4, arena);
	row->trigger = text(s, 5, arena);
	stmt_digest(s, 6, &row->plan);
	row->created_at = stmt_i64(s, 7);
	row->steps = (uint32_t)stmt_i64(s, 8);
	ret->status = (struct run_status){
		.id = run,
		.state = (enum run_state)stmt_i64(s, 9),
		.reason = (enum reason)stmt_i64(s, 10),
		.cancel_requested = stmt_i64(s, 11) != 0,
		.message = text(s, 12, arena),
		.started_at = stmt_i64(s, 13),
		.finished_at = stmt_i64(s, 14),
		.steps_done = (uint32_t)stmt_i64(s, 15),
		.steps_cached = (uint32_t)stmt_i64(s, 16),
		.steps_failed = (uint32_t)stmt_i64(s, 17),
	};
	stmt_reset(s);
	return 0;
}

static int load_params(struct db *db, struct arena *arena, struct run_row *row, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s =
		db_stmt(db, "SELECT name, value FROM param WHERE run_id = ?1 ORDER BY name");
	stmt_bind_i64(s, 1, (int64_t)row->id);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct param_row *p = row_list_add(&list, sizeof(*p));
		p->name = text(s, 0, arena);
		p->value = text(s, 1, arena);
	}
	row->params = row_list_seal(&list, sizeof(struct param_row), arena, &row->param_count);
	return rc;
}

static int load_documents(struct db *db, struct arena *arena, struct loaded_run *ret,
			  struct err *err)
{
	struct row_list rows = ROW_LIST_INIT, texts = ROW_LIST_INIT;
	struct stmt *s = db_stmt(db, "SELECT r.name, r.digest, d.text FROM run_document r"
				     " JOIN document d ON d.digest = r.digest"
				     " WHERE r.run_id = ?1 ORDER BY r.name");
	stmt_bind_i64(s, 1, (int64_t)ret->row.id);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct loaded_document *d = row_list_add(&texts, sizeof(*d));
		d->name = text(s, 0, arena);
		stmt_digest(s, 1, &d->digest);
		const char *bytes = stmt_blob(s, 2, &d->len);
		d->text = arena_strndup(arena, bytes, d->len);
		struct run_document *r = row_list_add(&rows, sizeof(*r));
		*r = (struct run_document){ d->name, d->digest };
	}
	ret->row.documents =
		row_list_seal(&rows, sizeof(struct run_document), arena, &ret->row.document_count);
	ret->documents =
		row_list_seal(&texts, sizeof(struct loaded_document), arena, &ret->document_count);
	return rc;
}

static void read_step(const struct stmt *s, struct arena *arena, struct step_row *ret)
{
	*ret = (struct step_row){
		.id = (uint64_t)stmt_i64(s, 0),
		.state = (enum step_state)stmt_i64(s, 1),
		.reason = (enum reason)stmt_i64(s, 2),
		.fence = (uint64_t)stmt_i64(s, 3),
		.attempt = (uint32_t)stmt_i64(s, 4),
		.tries_left = (uint32_t)stmt_i64(s, 5),
		.worker_id = (uint64_t)stmt_i64(s, 6),
		.exit_code = code(s, 7),
		.started_at = stmt_i64(s, 8),
		.finished_at = stmt_i64(s, 9),
		.cached_from = (uint64_t)stmt_i64(s, 10),
		.message = text(s, 11, arena),
		.failures = (uint32_t)stmt_i64(s, 12),
		.lost = (uint32_t)stmt_i64(s, 13),
	};
}

static int load_steps(struct db *db, struct arena *arena, struct loaded_run *ret, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s =
		stmt_of_run(db,
			    "SELECT id, state, reason, fence, attempt, tries_left, worker_id,"
			    " exit_code, started_at, finished_at, cached_from, message,"
			    " failures, lost"
			    " FROM step LEFT JOIN step_message ON step_id = id"
			    " WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
			    ret->row.id);
	int rc;
	bool whole = true;
	while ((rc = stmt_step(s, err)) > 0) {
		struct step_row *step = row_list_add(&list, sizeof(*step));
		read_step(s, arena, step);
		whole = whole && step->id == step_id(ret->row.id, (uint32_t)list.count - 1);
	}
	ret->steps = row_list_seal(&list, sizeof(struct step_row), arena, &ret->step_count);
	if (rc == 0 && (!whole || ret->step_count != ret->row.steps))
		return err_set(err, ERR_DAMAGED, "run %llu has %u steps on record instead of %u",
			       (unsigned long long)ret->row.id, ret->step_count, ret->row.steps);
	return rc;
}

static int load_attempts(struct db *db, struct arena *arena, struct loaded_run *ret,
			 struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s =
		stmt_of_run(db,
			    "SELECT step_id, fence, number, worker_id, session, state,"
			    " started_at, gpus FROM attempt WHERE step_id BETWEEN ?1 AND ?2"
			    " AND state < 2 ORDER BY step_id, fence",
			    ret->row.id);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct attempt_row *a = row_list_add(&list, sizeof(*a));
		a->step_id = (uint64_t)stmt_i64(s, 0);
		a->fence = (uint64_t)stmt_i64(s, 1);
		a->number = (uint32_t)stmt_i64(s, 2);
		a->worker_id = (uint64_t)stmt_i64(s, 3);
		session(s, 4, a->session);
		a->state = (enum attempt_state)stmt_i64(s, 5);
		a->exit_code = -1;
		a->started_at = stmt_i64(s, 6);
		a->gpus = (uint64_t)stmt_i64(s, 7);
	}
	ret->attempts =
		row_list_seal(&list, sizeof(struct attempt_row), arena, &ret->attempt_count);
	return rc;
}

static int load_outputs(struct db *db, uint64_t step, struct arena *arena,
			struct loaded_result *ret, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s = db_stmt(db, "SELECT name, digest, is_tree, size, files, path, type"
				     " FROM output WHERE step_id = ?1 ORDER BY name");
	stmt_bind_i64(s, 1, (int64_t)step);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct output_row *o = row_list_add(&list, sizeof(*o));
		o->name = text(s, 0, arena);
		stmt_digest(s, 1, &o->digest);
		o->is_tree = stmt_i64(s, 2) != 0;
		o->size_bytes = (uint64_t)stmt_i64(s, 3);
		o->files = (uint64_t)stmt_i64(s, 4);
		o->path = text(s, 5, arena);
		o->type = text(s, 6, arena);
	}
	ret->outputs = row_list_seal(&list, sizeof(struct output_row), arena, &ret->output_count);
	return rc;
}

static int load_metrics(struct db *db, uint64_t step, struct arena *arena,
			struct loaded_result *ret, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s =
		db_stmt(db, "SELECT name, value FROM metric WHERE step_id = ?1 ORDER BY name");
	stmt_bind_i64(s, 1, (int64_t)step);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct metric_row *m = row_list_add(&list, sizeof(*m));
		m->name = text(s, 0, arena);
		m->value = stmt_double(s, 1);
	}
	ret->metrics = row_list_seal(&list, sizeof(struct metric_row), arena, &ret->metric_count);
	return rc;
}

int load_result(struct db *db, uint64_t step, struct arena *arena, struct loaded_result *ret,
		struct err *err)
{
	ret->step_id = step;
	int rc = load_outputs(db, step, arena, ret, err);
	return rc < 0 ? rc : load_metrics(db, step, arena, ret, err);
}

static int load_results(struct db *db, struct arena *arena, struct loaded_run *ret, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	int rc = 0;
	for (uint32_t i = 0; i < ret->step_count && rc >= 0; i++) {
		const struct step_row *step = &ret->steps[i];
		if (!step_state_is_terminal(step->state))
			continue;
		struct loaded_result result = { 0 };
		rc = load_result(db, step->cached_from ? step->cached_from : step->id, arena,
				 &result, err);
		result.step_id = step->id;
		if (result.output_count + result.metric_count == 0)
			continue;
		struct loaded_result *r = row_list_add(&list, sizeof(*r));
		*r = result;
	}
	ret->results =
		row_list_seal(&list, sizeof(struct loaded_result), arena, &ret->result_count);
	return rc;
}

int load_run(struct db *db, uint64_t run, struct arena *arena, struct loaded_run *ret,
	     struct err *err)
{
	*ret = (struct loaded_run){ 0 };
	int rc = load_row(db, run, arena, ret, err);
	if (rc >= 0)
		rc = load_params(db, arena, &ret->row, err);
	if (rc >= 0)
		rc = load_documents(db, arena, ret, err);
	if (rc >= 0)
		rc = load_steps(db, arena, ret, err);
	if (rc >= 0)
		rc = load_attempts(db, arena, ret, err);
	return rc < 0 ? rc : load_results(db, arena, ret, err);
}

static int load_live_runs(struct db *db, struct load *l, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s = db_stmt(db, "SELECT id FROM run WHERE state < 2 ORDER BY id");
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct loaded_run *run = row_list_add(&list, sizeof(*run));
		run->row.id = (uint64_t)stmt_i64(s, 0);
	}
	struct loaded_run *runs =
		row_list_seal(&list, sizeof(struct loaded_run), &l->arena, &l->run_count);
	for (uint32_t i = 0; i < l->run_count && rc >= 0; i++)
		rc = load_run(db, runs[i].row.id, &l->arena, &runs[i], err);
	l->runs = runs;
	return rc;
}

static int load_workers(struct db *db, struct load *l, struct err *err)
{
	struct row_list list = ROW_LIST_INIT;
	struct stmt *s =
		db_stmt(db, "SELECT id, name, pool, session, is_connected, pid, slots,"
			    " resources, labels, profile, seen_at FROM worker ORDER BY id");
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		struct worker_row *w = row_list_add(&list, sizeof(*w));
		w->id = (uint64_t)stmt_i64(s, 0);
		w->name = text(s, 1, &l->arena);
		w->pool = text(s, 2, &l->arena);
		session(s, 3, w->session);
		w->is_connected = stmt_i64(s, 4) != 0;
		w->pid = stmt_i64(s, 5);
		w->slots = (uint32_t)stmt_i64(s, 6);
		w->resources = text(s, 7, &l->arena);
		w->labels = text(s, 8, &l->arena);
		w->profile = text(s, 9, &l->arena);
		w->seen_at = stmt_i64(s, 10);
		l->next_worker = w->id + 1;
	}
	l->workers = row_list_seal(&list, sizeof(struct worker_row), &l->arena, &l->worker_count);
	return rc;
}

static int load_next_run(struct db *db, struct load *l, struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT coalesce(max(id), 0) + 1 FROM run");
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	l->next_run = (uint64_t)stmt_i64(s, 0);
	stmt_reset(s);
	return 0;
}

/* The key is drawn once, at the first start; later ones keep it. */
static int write_epoch(struct db *db, struct load *l, struct err *err)
{
	uint8_t fresh[sizeof(l->key)];
	hash_random(fresh, sizeof(fresh));
	struct stmt *s = db_stmt(db, "INSERT INTO server (id, epoch, key) VALUES (1, 1, ?1)"
				     " ON CONFLICT DO UPDATE SET epoch = epoch + 1"
				     " RETURNING epoch, key");
	stmt_bind_blob(s, 1, fresh, sizeof(fresh));
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	size_t len = 0;
	l->epoch = (uint64_t)stmt_i64(s, 0);
	const void *key = stmt_blob(s, 1, &len);
	memcpy(l->key, key, sizeof(l->key));
	return stmt_run(s, err);
}

static int raise_epoch(struct db *db, struct load *l, struct err *err)
{
	int rc = db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = write_epoch(db, l, err);
	if (rc >= 0)
		rc = db_commit(db, err);
	if (rc < 0)
		db_rollback(db);
	return rc;
}

int load_start(struct db *db, struct load *ret, struct err *err)
{
	*ret = (struct load){ .next_worker = 1 };
	int rc = raise_epoch(db, ret, err);
	if (rc >= 0)
		rc = load_next_run(db, ret, err);
	if (rc >= 0)
		rc = load_workers(db, ret, err);
	if (rc >= 0)
		rc = load_live_runs(db, ret, err);
	if (rc < 0)
		load_finish(ret);
	return rc < 0 ? rc : 0;
}

void load_finish(struct load *l)
{
	arena_finish(&l->arena);
	*l = (struct load){ 0 };
}
