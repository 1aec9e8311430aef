/* SPDX-License-Identifier: Apache-2.0 */
/* query_metrics.c - final metrics of runs, points of series */
#include "store/records/query_metrics.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/points.h"
#include "store/records/query_priv.h"

static int write_metrics_of_run(struct query *q, uint64_t run)
{
	struct stmt *s =
		stmt_of_steps(q->db,
			      "SELECT coalesce(s.cached_from, s.id), spec.name FROM step s"
			      " JOIN step_spec spec ON spec.step_id = s.id"
			      " WHERE s.id BETWEEN ?1 AND ?2 AND EXISTS (SELECT 1 FROM metric"
			      " WHERE step_id = coalesce(s.cached_from, s.id)) ORDER BY s.id",
			      run);
	int rc;
	json_write_object(&q->w, NULL);
	json_write_int(&q->w, "run", (int64_t)run);
	json_write_array(&q->w, "steps");
	while ((rc = stmt_step(s, q->err)) > 0) {
		json_write_object(&q->w, NULL);
		json_write_string(&q->w, "step", stmt_text(s, 1));
		rc = write_metrics(q, (uint64_t)stmt_i64(s, 0));
		json_write_end(&q->w);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	json_write_end(&q->w);
	return rc;
}

static int check_run(struct query *q, uint64_t run)
{
	struct stmt *s = stmt_of_id(q->db, "SELECT 1 FROM run WHERE id = ?1", run);
	int rc = stmt_step(s, q->err);
	stmt_reset(s);
	if (rc == 0)
		return err_set(q->err, ERR_NOT_FOUND, "no such run: %llu", (unsigned long long)run);
	return rc;
}

int query_metrics(struct db *db, const uint64_t *runs, size_t count, struct buf *out,
		  struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	json_write_array(&q.w, NULL);
	for (size_t i = 0; i < count && rc >= 0; i++) {
		rc = check_run(&q, runs[i]);
		if (rc >= 0)
			rc = write_metrics_of_run(&q, runs[i]);
	}
	json_write_end(&q.w);
	return query_end(&q, rc);
}

static int write_part(struct query *q, const struct stmt *s, uint64_t step)
{
	struct points_reader reader;
	struct metric_point p;
	size_t len = 0;
	const void *data = stmt_blob(s, 1, &len);
	points_reader_init(&reader, data, len);
	while (points_next(&reader, &p)) {
		json_write_array(&q->w, NULL);
		json_write_int(&q->w, NULL, p.step);
		json_write_double(&q->w, NULL, p.value);
		json_write_end(&q->w);
	}
	if (reader.is_damaged)
		return err_set(q->err, ERR_DAMAGED,
			       "step %u of run %llu: the points of %s are damaged",
			       step_id_index(step), (unsigned long long)step_id_run(step),
			       stmt_text(s, 0));
	return 0;
}

static struct stmt *parts_stmt(struct db *db, uint64_t step, const char *series)
{
	struct stmt *s = stmt_of_id(db,
				    "SELECT series, points FROM metric_part WHERE step_id = ?1"
				    " AND fence = (SELECT max(fence) FROM metric_part"
				    " WHERE step_id = ?1) AND (?2 IS NULL OR series = ?2)"
				    " ORDER BY series, part",
				    step);
	stmt_bind_text(s, 2, series);
	return s;
}

static int write_series(struct query *q, uint64_t step, const char *series)
{
	struct stmt *s = parts_stmt(q->db, step, series);
	struct buf current = BUF_INIT; /* the series whose array is open */
	int rc;
	json_write_object(&q->w, NULL);
	while ((rc = stmt_step(s, q->err)) > 0) {
		const char *name = stmt_text(s, 0);
		if (!current.data || !str_eq(buf_str(&current), name)) {
			if (current.data)
				json_write_end(&q->w);
			json_write_array(&q->w, name);
			buf_clear(&current);
			buf_append(&current, name, strlen(name));
		}
		rc = write_part(q, s, step);
		if (rc < 0)
			break;
	}
	if (current.data)
		json_write_end(&q->w);
	json_write_end(&q->w);
	buf_finish(&current);
	return rc;
}

static int origin_of(struct query *q, uint64_t step, uint64_t *ret)
{
	struct stmt *s =
		stmt_of_id(q->db, "SELECT coalesce(cached_from, id) FROM step WHERE id = ?1", step);
	int rc = stmt_step(s, q->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(q->err, ERR_NOT_FOUND, "run %llu has no step %u",
			       (unsigned long long)step_id_run(step), step_id_index(step));
	*ret = (uint64_t)stmt_i64(s, 0);
	stmt_reset(s);
	return 0;
}

int query_points(struct db *db, uint64_t step_id, const char *series, struct buf *out,
		 struct err *err)
{
	struct query q;
	uint64_t origin = 0;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	rc = origin_of(&q, step_id, &origin);
	if (rc >= 0)
		rc = write_series(&q, origin, series);
	return query_end(&q, rc);
}
