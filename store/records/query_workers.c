/* SPDX-License-Identifier: Apache-2.0 */
/* query_workers.c - the workers on record, and the figures of `doctor` */
#include "store/records/query_workers.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_priv.h"

/* Steps that a worker has now; only live runs can have any. */
static int write_running(struct query *q, uint64_t worker)
{
	struct stmt *s =
		stmt_of_id(q->db,
			   "SELECT s.id, spec.name FROM run r"
			   " JOIN step s ON s.id BETWEEN r.id << 24 AND (r.id + 1 << 24) - 1"
			   " JOIN step_spec spec ON spec.step_id = s.id"
			   " WHERE r.state < 2 AND s.worker_id = ?1 AND s.state IN (?2, ?3)"
			   " ORDER BY s.id",
			   worker);
	stmt_bind_i64(s, 2, STEP_STATE_LEASED);
	stmt_bind_i64(s, 3, STEP_STATE_RUNNING);
	int rc;
	json_write_array(&q->w, "running");
	while ((rc = stmt_step(s, q->err)) > 0)
		write_step_address(q, NULL, (uint64_t)stmt_i64(s, 0), stmt_text(s, 1));
	json_write_end(&q->w);
	return rc;
}

static int write_worker(struct query *q, const struct stmt *s)
{
	struct json_writer *w = &q->w;
	json_write_object(w, NULL);
	json_write_string(w, "name", stmt_text(s, 1));
	json_write_string(w, "state", stmt_i64(s, 2) ? "connected" : "gone");
	write_text(q, "pool", stmt_text(s, 3));
	json_write_int(w, "pid", stmt_i64(s, 4));
	json_write_int(w, "slots", stmt_i64(s, 5));
	json_write_raw(w, "resources", stmt_is_null(s, 6) ? "null" : stmt_text(s, 6));
	json_write_raw(w, "labels", stmt_is_null(s, 7) ? "null" : stmt_text(s, 7));
	write_text(q, "profile", stmt_text(s, 8));
	json_write_time(w, "seen_at", stmt_i64(s, 9));
	int rc = write_running(q, (uint64_t)stmt_i64(s, 0));
	json_write_end(w);
	return rc;
}

static int write_workers(struct query *q)
{
	struct stmt *s =
		db_stmt(q->db, "SELECT id, name, is_connected, pool, pid, slots, resources,"
			       " labels, profile, seen_at FROM worker ORDER BY name");
	int rc;
	json_write_array(&q->w, NULL);
	while ((rc = stmt_step(s, q->err)) > 0) {
		rc = write_worker(q, s);
		if (rc < 0)
			return rc;
	}
	json_write_end(&q->w);
	return rc;
}

int query_workers(struct db *db, struct buf *out, struct err *err)
{
	struct query q;
	int rc = query_begin(&q, db, out, err);
	if (rc < 0)
		return rc;
	return query_end(&q, write_workers(&q));
}

int query_counts(struct db *db, struct record_counts *ret, struct err *err)
{
	struct record_counts c = { 0 };
	const struct {
		const char *sql;
		int64_t *count;
	} counts[] = {
		{ "SELECT count(*) FROM run", &c.runs },
		{ "SELECT count(*) FROM run WHERE state < 2", &c.live_runs },
		{ "SELECT count(*) FROM step", &c.steps },
		{ "SELECT count(*) FROM attempt", &c.attempts },
		{ "SELECT count(*) FROM result", &c.results },
		{ "SELECT count(*) FROM output", &c.outputs },
		{ "SELECT count(*) FROM cache", &c.cache_entries },
		{ "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
		  &c.database_bytes },
	};
	int rc = db_read_begin(db, QUERY_LIMIT_MS, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < countof(counts) && rc >= 0; i++) {
		struct stmt *s = db_stmt(db, counts[i].sql);
		rc = stmt_step(s, err);
		if (rc > 0)
			*counts[i].count = stmt_i64(s, 0);
		stmt_reset(s);
	}
	db_read_end(db);
	if (rc < 0)
		return rc;
	*ret = c;
	return 0;
}
