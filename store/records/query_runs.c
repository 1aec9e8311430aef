/* SPDX-License-Identifier: Apache-2.0 */
/* query_runs.c - runs and steps as JSON */
#include "store/records/query_runs.h"

#include "base/err.h"
#include "base/str.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_priv.h"

#define RUN_COLUMNS                                                                                \
	"id, pipeline, state, reason, message, repository, commit_id, ref, branch, trigger,"       \
	" plan, created_at, started_at, finished_at, steps, steps_done, steps_cached,"             \
	" steps_failed"

static int write_params(struct query *q, uint64_t run)
{
	struct stmt *s = stmt_of_id(
		q->db, "SELECT name, value FROM param WHERE run_id = ?1 ORDER BY name", run);
	int rc;
	json_write_object(&q->w, "params");
	while ((rc = stmt_step(s, q->err)) > 0)
		json_write_raw(&q->w, stmt_text(s, 0), stmt_text(s, 1));
	json_write_end(&q->w);
	return rc;
}

/* The fields of a row of RUN_COLUMNS, into an object that is open. */
static int write_run_fields(struct query *q, const struct stmt *s)
{
	struct json_writer *w = &q->w;
	struct digest plan;
	stmt_digest(s, 10, &plan);
	json_write_int(w, "id", stmt_i64(s, 0));
	json_write_string(w, "pipeline", stmt_text(s, 1));
	json_write_string(w, "state", run_state_name((enum run_state)stmt_i64(s, 2)));
	write_text(q, "reason", reason_name((enum reason)stmt_i64(s, 3)));
	write_text(q, "message", stmt_text(s, 4));
	json_write_string(w, "repository", stmt_text(s, 5));
	json_write_string(w, "commit", stmt_text(s, 6));
	json_write_string(w, "ref", stmt_text(s, 7));
	write_text(q, "branch", stmt_text(s, 8));
	json_write_string(w, "trigger", stmt_text(s, 9));
	json_write_digest(w, "plan", &plan);
	json_write_time(w, "created_at", stmt_i64(s, 11));
	json_write_time(w, "started_at", stmt_i64(s, 12));
	json_write_time(w, "finished_at", stmt_i64(s, 13));
	json_write_object(w, "counts");
	json_write_int(w, "steps", stmt_i64(s, 14));
	json_write_int(w, "done", stmt_i64(s, 15));
	json_write_int(w, "cached", stmt_i64(s, 16));
	json_write_int(w, "failed", stmt_i64(s, 17));
	json_write_end(w);
	return write_params(q, (uint64_t)stmt_i64(s, 0));
}

/* The index of run_by_pipeline serves only where the pipeline is a plain condition. */
static struct stmt *runs_stmt(struct db *db, const struct run_filter *filter)
{
#define OTHER_FILTERS                                                                              \
	" (?2 IS NULL OR branch = ?2) AND (?3 IS NULL OR state = ?3) AND id < ?4"                  \
	" ORDER BY id DESC LIMIT ?5"
	if (!filter->pipeline)
		return db_stmt(db, "SELECT " RUN_COLUMNS
				   " FROM run WHERE ?1 IS NULL AND" OTHER_FILTERS);
	return db_stmt(db, "SELECT " RUN_COLUMNS " FROM run WHERE pipeline = ?1 AND" OTHER_FILTERS);
#undef OTHER_FILTERS
}

static int write_runs(struct query *q, const struct run_filter *filter, enum run_state state)
{
	struct stmt *s = runs_stmt(q->db, filter);
	stmt_bind_text(s, 1, filter->pipeline);
	stmt_bind_text(s, 2, filter->branch);
	if (filter->state)
		stmt_bind_i64(s, 3, state);
	stmt_bind_i64(s, 4, filter->before ? (int64_t)filter->before : INT64_MAX);
	stmt_bind_i64(s, 5, filter->limit);

	uint32_t count = 0;
	int64_t last = 0;
	int rc;
	json_write_object(&q->w, NULL);
	json_write_array(&q->w, "runs");
	while ((rc = stmt_step(s, q->err)) > 0) {
		last = stmt_i64(s, 0);
		count++;
		json_write_object(&q->w, NULL);
		rc = write_run_fields(q, s);
		json_write_end(&q->w);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	if (count == filter->limit)
		json_write_int(&q->w, "next", last);
	else
		json_write_null(&q->w, "next");
	json_write_end(&q->w);
	return rc;
}

int query_runs(struct db *db, const struct run_filter *filter, struct buf *out, struct err *err)
{
	enum run_state state = RUN_STATE_QUEUED;
	if (filter->state && run_state_parse(filter->state, &state) < 0)
		return err_set(err, ERR_INVALID, "no such state of a run: %s", filter->state);
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q, write_runs(&q, filter, state));
}

static int write_inputs(struct query *q, uint64_t origin)
{
	struct stmt *s =
		stmt_of_id(q->db,
			   "SELECT i.name, i.part, i.digest, i.is_tree, i.address, i.from_step,"
			   " spec.name, i.from_output FROM input i"
			   " LEFT JOIN step_spec spec ON spec.step_id = i.from_step"
			   " WHERE i.step_id = ?1 ORDER BY i.name, i.part",
			   origin);
	int rc;
	struct buf from = BUF_INIT;
	json_write_array(&q->w, "inputs");
	while ((rc = stmt_step(s, q->err)) > 0) {
		struct digest digest;
		stmt_digest(s, 2, &digest);
		buf_clear(&from);
		if (!stmt_is_null(s, 5))
			buf_printf(&from, "%llu/%s.%s",
				   (unsigned long long)step_id_run((uint64_t)stmt_i64(s, 5)),
				   stmt_text(s, 6), stmt_text(s, 7));
		json_write_object(&q->w, NULL);
		json_write_string(&q->w, "name", stmt_text(s, 0));
		json_write_int(&q->w, "part", stmt_i64(s, 1));
		json_write_digest(&q->w, "digest", &digest);
		json_write_string(&q->w, "kind", stmt_i64(s, 3) ? "folder" : "file");
		write_text(q, "from", from.len ? buf_str(&from) : stmt_text(s, 4));
		json_write_end(&q->w);
	}
	json_write_end(&q->w);
	buf_finish(&from);
	return rc;
}

static int write_outputs(struct query *q, uint64_t origin, uint64_t step, const char *name)
{
	struct stmt *s = stmt_of_id(q->db,
				    "SELECT " ARTIFACT_COLUMNS " FROM output o"
				    " WHERE o.step_id = ?1 ORDER BY o.name",
				    origin);
	int rc;
	json_write_array(&q->w, "outputs");
	while ((rc = stmt_step(s, q->err)) > 0) {
		rc = write_artifact(q, s, step, name, false);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	return rc;
}

#define STEP_SELECT                                                                                \
	"SELECT s.id, spec.name, spec.job, spec.kind, s.state, s.reason, m.message, s.attempt,"    \
	" w.name, s.exit_code, s.started_at, s.finished_at, s.cached_from, origin.name,"           \
	" spec.matrix FROM step s JOIN step_spec spec ON spec.step_id = s.id"                      \
	" LEFT JOIN step_message m ON m.step_id = s.id LEFT JOIN worker w ON w.id = s.worker_id"   \
	" LEFT JOIN step_spec origin ON origin.step_id = s.cached_from"

static void write_exit_code(struct query *q, const struct stmt *s, int column)
{
	if (stmt_is_null(s, column))
		json_write_null(&q->w, "exit_code");
	else
		json_write_int(&q->w, "exit_code", stmt_i64(s, column));
}

/* The fields of a row of STEP_SELECT, into an object that is open. */
static int write_step_fields(struct query *q, const struct stmt *s)
{
	struct json_writer *w = &q->w;
	uint64_t id = (uint64_t)stmt_i64(s, 0);
	uint64_t cached_from = (uint64_t)stmt_i64(s, 12);
	uint64_t origin = cached_from ? cached_from : id;
	json_write_int(w, "id", (int64_t)id);
	json_write_int(w, "run", (int64_t)step_id_run(id));
	json_write_int(w, "index", step_id_index(id));
	json_write_string(w, "name", stmt_text(s, 1));
	json_write_string(w, "job", stmt_text(s, 2));
	write_text(q, "kind", stmt_text(s, 3));
	json_write_string(w, "state", step_state_name((enum step_state)stmt_i64(s, 4)));
	write_text(q, "reason", reason_name((enum reason)stmt_i64(s, 5)));
	write_text(q, "message", stmt_text(s, 6));
	json_write_int(w, "attempt", stmt_i64(s, 7));
	write_text(q, "worker", stmt_text(s, 8));
	write_exit_code(q, s, 9);
	json_write_time(w, "started_at", stmt_i64(s, 10));
	json_write_time(w, "finished_at", stmt_i64(s, 11));
	write_step_address(q, "cached_from", cached_from, stmt_text(s, 13));
	json_write_raw(w, "matrix", stmt_is_null(s, 14) ? "null" : stmt_text(s, 14));
	int rc = write_metrics(q, origin);
	if (rc >= 0)
		rc = write_inputs(q, origin);
	return rc < 0 ? rc : write_outputs(q, origin, id, stmt_text(s, 1));
}

static int write_steps(struct query *q, uint64_t run)
{
	struct stmt *s = stmt_of_steps(
		q->db, STEP_SELECT " WHERE s.id BETWEEN ?1 AND ?2 ORDER BY s.id", run);
	int rc;
	json_write_array(&q->w, "steps");
	while ((rc = stmt_step(s, q->err)) > 0) {
		json_write_object(&q->w, NULL);
		rc = write_step_fields(q, s);
		json_write_end(&q->w);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	return rc;
}

static int write_run(struct query *q, uint64_t run, bool with_steps)
{
	struct stmt *s = stmt_of_id(q->db, "SELECT " RUN_COLUMNS " FROM run WHERE id = ?1", run);
	int rc = stmt_step(s, q->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(q->err, ERR_NOT_FOUND, "no such run: %llu", (unsigned long long)run);
	json_write_object(&q->w, NULL);
	rc = write_run_fields(q, s);
	if (rc >= 0 && with_steps)
		rc = write_steps(q, run);
	json_write_end(&q->w);
	return rc;
}

int query_run(struct db *db, uint64_t run, bool with_steps, struct buf *out, struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q, write_run(&q, run, with_steps));
}

static void write_attempt_fields(struct query *q, const struct stmt *s)
{
	struct json_writer *w = &q->w;
	bool finished = !stmt_is_null(s, 2);
	json_write_int(w, "attempt", stmt_i64(s, 0));
	json_write_string(w, "state", attempt_state_name((enum attempt_state)stmt_i64(s, 1)));
	write_text(q, "outcome", finished ? outcome_name((enum outcome)stmt_i64(s, 2)) : NULL);
	write_text(q, "reason", reason_name((enum reason)stmt_i64(s, 3)));
	write_text(q, "message", stmt_text(s, 4));
	write_exit_code(q, s, 5);
	write_text(q, "worker", stmt_text(s, 6));
	json_write_time(w, "started_at", stmt_i64(s, 7));
	json_write_time(w, "finished_at", stmt_i64(s, 8));
	json_write_double(w, "seconds", stmt_double(s, 9) / 1e6);
	json_write_double(w, "cpu_user", stmt_double(s, 10) / 1e6);
	json_write_double(w, "cpu_system", stmt_double(s, 11) / 1e6);
	json_write_int(w, "peak_memory", stmt_i64(s, 12));
	json_write_int(w, "log_bytes", stmt_i64(s, 13));
	write_text(q, "profile", stmt_text(s, 14));
	json_write_int(w, "fence", stmt_i64(s, 15));
}

static int write_attempts(struct query *q, uint64_t step)
{
	struct stmt *s = stmt_of_id(q->db,
				    "SELECT a.number, a.state, a.outcome, a.reason, a.message,"
				    " a.exit_code, w.name, a.started_at, a.finished_at, a.run_us,"
				    " a.cpu_user_us, a.cpu_sys_us, a.peak_memory, a.log_bytes,"
				    " coalesce(a.profile, w.profile), a.fence FROM attempt a"
				    " LEFT JOIN worker w ON w.id = a.worker_id"
				    " WHERE a.step_id = ?1 ORDER BY a.fence",
				    step);
	int rc;
	json_write_array(&q->w, "attempts");
	while ((rc = stmt_step(s, q->err)) > 0) {
		json_write_object(&q->w, NULL);
		write_attempt_fields(q, s);
		json_write_end(&q->w);
	}
	json_write_end(&q->w);
	return rc;
}

static int write_step(struct query *q, uint64_t step)
{
	struct stmt *s = stmt_of_id(q->db, STEP_SELECT " WHERE s.id = ?1", step);
	int rc = stmt_step(s, q->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(q->err, ERR_NOT_FOUND, "run %llu has no step %u",
			       (unsigned long long)step_id_run(step), step_id_index(step));
	json_write_object(&q->w, NULL);
	rc = write_step_fields(q, s);
	if (rc >= 0)
		rc = write_attempts(q, step);
	json_write_end(&q->w);
	return rc;
}

int query_step(struct db *db, uint64_t step_id, struct buf *out, struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q, write_step(&q, step_id));
}
