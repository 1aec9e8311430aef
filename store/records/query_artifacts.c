/* SPDX-License-Identifier: Apache-2.0 */
/* query_artifacts.c - artifacts as JSON, of runs and by address */
#include "store/records/query_artifacts.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_priv.h"

int write_versions_of(struct query *q, const struct digest *digest)
{
	struct stmt *s = db_stmt(q->db, "SELECT 'artifact:' || name || '@' || version"
					" FROM artifact_version WHERE digest = ?1 UNION ALL"
					" SELECT 'model:' || model || '@' || version"
					" FROM model_version WHERE digest = ?1 ORDER BY 1");
	int rc;
	stmt_bind_digest(s, 1, digest);
	json_write_array(&q->w, "versions");
	while ((rc = stmt_step(s, q->err)) > 0)
		json_write_string(&q->w, NULL, stmt_text(s, 0));
	json_write_end(&q->w);
	return rc;
}

static void write_address(struct query *q, uint64_t step, const char *step_name, const char *output)
{
	struct buf address = BUF_INIT;
	buf_printf(&address, "%llu/%s.%s", (unsigned long long)step_id_run(step), step_name,
		   output);
	json_write_string(&q->w, "address", buf_str(&address));
	buf_finish(&address);
}

int write_artifact(struct query *q, const struct stmt *row, uint64_t step, const char *step_name,
		   bool with_versions)
{
	struct json_writer *w = &q->w;
	struct digest digest;
	int rc = 0;
	stmt_digest(row, 3, &digest);
	json_write_object(w, NULL);
	write_address(q, step, step_name, stmt_text(row, 0));
	json_write_string(w, "name", stmt_text(row, 0));
	write_text(q, "type", stmt_text(row, 1));
	write_text(q, "path", stmt_text(row, 2));
	json_write_digest(w, "digest", &digest);
	json_write_int(w, "size", stmt_i64(row, 4));
	json_write_string(w, "kind", stmt_i64(row, 5) ? "folder" : "file");
	json_write_int(w, "files", stmt_i64(row, 6));
	json_write_int(w, "run", (int64_t)step_id_run(step));
	json_write_string(w, "step", step_name);
	if (with_versions)
		rc = write_versions_of(q, &digest);
	json_write_end(w);
	return rc;
}

/* Rows of ARTIFACT_COLUMNS, then the step that shows them and its name. */
static int write_artifacts(struct query *q, struct stmt *s)
{
	int rc;
	json_write_array(&q->w, NULL);
	while ((rc = stmt_step(s, q->err)) > 0) {
		uint64_t step = (uint64_t)stmt_i64(s, ARTIFACT_COLUMN_COUNT);
		rc = write_artifact(q, s, step, stmt_text(s, ARTIFACT_COLUMN_COUNT + 1), true);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	return rc;
}

#define ARTIFACTS_SELECT                                                                           \
	"SELECT " ARTIFACT_COLUMNS ", s.id, spec.name FROM step s"                                 \
	" JOIN step_spec spec ON spec.step_id = s.id"                                              \
	" JOIN output o ON o.step_id = coalesce(s.cached_from, s.id)"

static int write_artifacts_of_run(struct query *q, uint64_t run)
{
	struct stmt *s = stmt_of_id(q->db, "SELECT 1 FROM run WHERE id = ?1", run);
	int rc = stmt_step(s, q->err);
	stmt_reset(s);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(q->err, ERR_NOT_FOUND, "no such run: %llu", (unsigned long long)run);
	return write_artifacts(q, stmt_of_steps(q->db,
						ARTIFACTS_SELECT " WHERE s.id BETWEEN ?1 AND ?2"
								 " ORDER BY s.id, o.name",
						run));
}

/* What was computed; a cached step's would only repeat it. */
static int write_newest_artifacts(struct query *q, uint32_t limit)
{
	return write_artifacts(q, stmt_of_id(q->db,
					     "SELECT " ARTIFACT_COLUMNS ", o.step_id, spec.name"
					     " FROM output o"
					     " JOIN step_spec spec ON spec.step_id = o.step_id"
					     " ORDER BY o.step_id DESC, o.name DESC LIMIT ?1",
					     limit));
}

int query_artifacts(struct db *db, uint64_t run, uint32_t limit, struct buf *out, struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q,
			 run ? write_artifacts_of_run(&q, run) : write_newest_artifacts(&q, limit));
}

static void write_bare_artifact(struct query *q, const struct artifact *a)
{
	struct json_writer *w = &q->w;
	json_write_object(w, NULL);
	json_write_string(w, "address", a->address);
	json_write_string(w, "name", a->output);
	json_write_null(w, "type");
	json_write_null(w, "path");
	json_write_digest(w, "digest", &a->digest);
	json_write_null(w, "size");
	json_write_string(w, "kind", a->is_tree ? "folder" : "file");
	json_write_null(w, "files");
	json_write_null(w, "run");
	json_write_null(w, "step");
	json_write_array(w, "versions");
	json_write_end(w);
	json_write_end(w);
}

static int write_resolved(struct query *q, const struct artifact *a)
{
	if (a->step_id == 0) {
		write_bare_artifact(q, a);
		return 0;
	}
	struct stmt *s =
		stmt_of_id(q->db, ARTIFACTS_SELECT " WHERE s.id = ?1 AND o.name = ?2", a->step_id);
	stmt_bind_text(s, 2, a->output);
	int rc = stmt_step(s, q->err);
	if (rc > 0)
		rc = write_artifact(q, s, a->step_id, stmt_text(s, ARTIFACT_COLUMN_COUNT + 1),
				    true);
	return rc;
}

int query_artifact_json(struct db *db, const char *address, struct buf *out, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct artifact a = { 0 };
	struct query q;
	int rc = query_artifact(db, address, &arena, &a, err);
	if (rc >= 0)
		rc = query_begin(&q, db, out, err);
	if (rc >= 0)
		rc = query_end(&q, write_resolved(&q, &a));
	arena_finish(&arena);
	return rc;
}

static int write_models(struct query *q)
{
	struct stmt *s = db_stmt(q->db, "SELECT v.model, v.version, v.digest, v.step_id, spec.name,"
					" v.output, v.at FROM model_version v"
					" LEFT JOIN step_spec spec ON spec.step_id = v.step_id"
					" ORDER BY v.model, v.version DESC");
	int rc;
	json_write_array(&q->w, NULL);
	while ((rc = stmt_step(s, q->err)) > 0) {
		struct digest digest;
		stmt_digest(s, 2, &digest);
		json_write_object(&q->w, NULL);
		json_write_string(&q->w, "model", stmt_text(s, 0));
		json_write_int(&q->w, "version", stmt_i64(s, 1));
		json_write_digest(&q->w, "digest", &digest);
		write_step_address(q, "step", (uint64_t)stmt_i64(s, 3), stmt_text(s, 4));
		write_address(q, (uint64_t)stmt_i64(s, 3), stmt_text(s, 4), stmt_text(s, 5));
		json_write_time(&q->w, "created_at", stmt_i64(s, 6));
		json_write_end(&q->w);
	}
	json_write_end(&q->w);
	return rc;
}

int query_models(struct db *db, struct buf *out, struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q, write_models(&q));
}
