/* SPDX-License-Identifier: Apache-2.0 */
/* apply.c - a batch, written table by table
 *
 * The order is that of the references: what is referred to comes first. A step's
 * new state stands before the result that is checked against its fence.
 */
#include "store/records/batch_priv.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/points.h"
#include "store/records/tables.h"

/* Points of one row of metric_part: a row is rewritten whole when points are added. */
enum { PART_POINTS_MAX = 256 };

/* An update has to find its row. */
static int run_on_one(struct stmt *s, const char *what, uint64_t id, struct err *err)
{
	int rc = stmt_run(s, err);
	if (rc < 0 || rc == 1)
		return rc;
	return err_set(err, ERR_CONFLICT, "%s %llu is updated, and is not there", what,
		       (unsigned long long)id);
}

static int update_run(struct db *db, const struct run_status *r, struct err *err)
{
	struct stmt *s =
		db_stmt(db, "UPDATE run SET state = ?2, reason = ?3, cancel_requested = ?4,"
			    " steps_done = ?5, steps_cached = ?6, steps_failed = ?7,"
			    " started_at = ?8, finished_at = ?9,"
			    " message = coalesce(?10, message) WHERE id = ?1");
	stmt_bind_i64(s, 1, (int64_t)r->id);
	stmt_bind_i64(s, 2, r->state);
	stmt_bind_i64(s, 3, r->reason);
	stmt_bind_i64(s, 4, r->cancel_requested);
	stmt_bind_i64(s, 5, r->steps_done);
	stmt_bind_i64(s, 6, r->steps_cached);
	stmt_bind_i64(s, 7, r->steps_failed);
	bind_id(s, 8, (uint64_t)r->started_at);
	bind_id(s, 9, (uint64_t)r->finished_at);
	stmt_bind_text(s, 10, r->message);
	return run_on_one(s, "run", r->id, err);
}

static int update_runs(struct db *db, const struct row_list *runs, struct err *err)
{
	const struct run_status *rows = runs->items;
	int rc = 0;
	for (size_t i = 0; i < runs->count && rc >= 0; i++)
		rc = update_run(db, &rows[i], err);
	return rc;
}

static int update_step(struct stmt *s, const struct step_row *step, struct err *err)
{
	stmt_bind_i64(s, 1, (int64_t)step->id);
	stmt_bind_i64(s, 2, step->state);
	stmt_bind_i64(s, 3, step->reason);
	stmt_bind_i64(s, 4, (int64_t)step->fence);
	stmt_bind_i64(s, 5, step->attempt);
	stmt_bind_i64(s, 6, step->tries_left);
	bind_id(s, 7, step->worker_id);
	bind_code(s, 8, step->exit_code);
	bind_id(s, 9, (uint64_t)step->started_at);
	bind_id(s, 10, (uint64_t)step->finished_at);
	bind_id(s, 11, step->cached_from);
	stmt_bind_i64(s, 12, step->failures);
	stmt_bind_i64(s, 13, step->lost);
	return run_on_one(s, "step", step->id, err);
}

static int update_steps(struct db *db, const struct row_list *steps, struct err *err)
{
	if (steps->count == 0)
		return 0;
	const struct step_row *rows = steps->items;
	struct stmt *s =
		db_stmt(db, "UPDATE step SET state = ?2, reason = ?3, fence = ?4,"
			    " attempt = ?5, tries_left = ?6, worker_id = ?7, exit_code = ?8,"
			    " started_at = ?9, finished_at = ?10, cached_from = ?11,"
			    " failures = ?12, lost = ?13"
			    " WHERE id = ?1");
	int rc = 0;
	for (size_t i = 0; i < steps->count && rc >= 0; i++)
		rc = update_step(s, &rows[i], err);
	return rc;
}

static int collect_runs(struct db *db, const struct row_list *collected, struct err *err)
{
	const struct collected_run *rows = collected->items;
	int rc = 0;
	for (size_t i = 0; i < collected->count && rc >= 0; i++) {
		struct stmt *s = db_stmt(db, "UPDATE run SET collected_at = ?2 WHERE id = ?1");
		stmt_bind_i64(s, 1, (int64_t)rows[i].run);
		stmt_bind_i64(s, 2, rows[i].at);
		rc = run_on_one(s, "run", rows[i].run, err);
	}
	return rc;
}

/* Versions of artifacts and of models: the same, in two tables. */
struct version_table {
	const char *newest;
	const char *insert;
};

static const struct version_table artifact_versions = {
	"SELECT version, digest FROM artifact_version WHERE name = ?1"
	" ORDER BY version DESC LIMIT 1",
	"INSERT INTO artifact_version (name, version, step_id, output, digest, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};

static const struct version_table model_versions = {
	"SELECT version, digest FROM model_version WHERE model = ?1 ORDER BY version DESC LIMIT 1",
	"INSERT INTO model_version (model, version, step_id, output, digest, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};

/* The newest version of the name, 0 if there is none. */
static int newest_version(struct db *db, const struct version_table *table, const char *name,
			  int64_t *ret_version, struct digest *ret_digest, struct err *err)
{
	*ret_version = 0;
	struct stmt *s = db_stmt(db, table->newest);
	stmt_bind_text(s, 1, name);
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc;
	*ret_version = stmt_i64(s, 0);
	stmt_digest(s, 1, ret_digest);
	stmt_reset(s);
	return 0;
}

static int write_version(struct db *db, const struct version_table *table, const struct version *v,
			 struct err *err)
{
	int64_t version = 0;
	struct digest newest = { 0 };
	int rc = newest_version(db, table, v->name, &version, &newest, err);
	if (rc == 0 && (version == 0 || !digest_eq(&newest, &v->digest))) {
		version++;
		struct stmt *s = db_stmt(db, table->insert);
		stmt_bind_text(s, 1, v->name);
		stmt_bind_i64(s, 2, version);
		stmt_bind_i64(s, 3, (int64_t)v->step_id);
		stmt_bind_text(s, 4, v->output);
		stmt_bind_digest(s, 5, &v->digest);
		stmt_bind_i64(s, 6, v->at);
		rc = stmt_run(s, err);
	}
	if (rc >= 0 && v->ret_version)
		*v->ret_version = version;
	return rc;
}

static int write_versions(struct db *db, const struct version_table *table,
			  const struct row_list *versions, struct err *err)
{
	const struct version *rows = versions->items;
	int rc = 0;
	for (size_t i = 0; i < versions->count && rc >= 0; i++)
		rc = write_version(db, table, &rows[i], err);
	return rc;
}

/* Adds to the series' last part if that has room, else makes a new one. */
static int write_segment(struct db *db, const struct points *p, const struct buf *segment,
			 struct err *err)
{
	struct stmt *s = db_stmt(db, "UPDATE metric_part SET count = count + ?4,"
				     " points = CAST(points || ?5 AS BLOB)"
				     " WHERE id = (SELECT id FROM metric_part WHERE step_id = ?1"
				     " AND fence = ?2 AND series = ?3 ORDER BY part DESC LIMIT 1)"
				     " AND count + ?4 <= ?6");
	stmt_bind_i64(s, 6, PART_POINTS_MAX);
	for (int pass = 0; pass < 2; pass++) {
		stmt_bind_i64(s, 1, (int64_t)p->step_id);
		stmt_bind_i64(s, 2, (int64_t)p->fence);
		stmt_bind_text(s, 3, p->series);
		stmt_bind_i64(s, 4, (int64_t)p->count);
		stmt_bind_blob(s, 5, segment->data, segment->len);
		int rc = stmt_run(s, err);
		if (rc != 0)
			return rc;
		s = db_stmt(db,
			    "INSERT INTO metric_part (step_id, fence, series, count, points, part)"
			    " SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(part), 0) + 1"
			    " FROM metric_part WHERE step_id = ?1 AND fence = ?2 AND series = ?3");
	}
	return 0;
}

static int write_points(struct db *db, const struct row_list *points, struct err *err)
{
	const struct points *rows = points->items;
	struct buf segment = BUF_INIT;
	int rc = 0;
	for (size_t i = 0; i < points->count && rc >= 0; i++) {
		buf_clear(&segment);
		points_encode(rows[i].points, rows[i].count, &segment);
		rc = write_segment(db, &rows[i], &segment, err);
	}
	buf_finish(&segment);
	return rc;
}

int batch_apply(const struct batch *b, struct db *db, struct err *err)
{
	const struct {
		const struct insert *insert;
		const struct row_list *rows;
	} before[] = {
		{ &insert_document, &b->documents },     { &insert_git_blob, &b->git_blobs },
		{ &insert_source_tree, &b->source_trees }, { &insert_worker, &b->workers },
		{ &insert_run, &b->runs },               { &insert_param, &b->params },
		{ &insert_run_document, &b->run_documents }, { &insert_step, &b->specs },
		{ &insert_step_spec, &b->specs },
	}, after[] = {
		{ &insert_step_message, &b->messages },  { &insert_attempt, &b->attempts },
		{ &insert_step_key, &b->resolutions },   { &insert_input, &b->inputs },
		{ &insert_result, &b->results },         { &insert_output, &b->outputs },
		{ &insert_metric, &b->metrics },         { &insert_cache, &b->cache },
		{ &insert_event, &b->events },
	};
	int rc = 0;
	for (size_t i = 0; i < countof(before) && rc >= 0; i++)
		rc = insert_rows(db, before[i].insert, before[i].rows, err);
	if (rc >= 0)
		rc = update_runs(db, &b->run_updates, err);
	if (rc >= 0)
		rc = collect_runs(db, &b->collected, err);
	if (rc >= 0)
		rc = update_steps(db, &b->steps, err);
	for (size_t i = 0; i < countof(after) && rc >= 0; i++)
		rc = insert_rows(db, after[i].insert, after[i].rows, err);
	if (rc >= 0)
		rc = write_versions(db, &artifact_versions, &b->artifact_versions, err);
	if (rc >= 0)
		rc = write_versions(db, &model_versions, &b->model_versions, err);
	if (rc >= 0)
		rc = write_points(db, &b->points, err);
	return rc < 0 ? rc : 0;
}
