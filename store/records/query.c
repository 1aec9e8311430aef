/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - what the questions share */
#include "store/records/query_priv.h"

#include <stdio.h>

#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_runs.h"

int query_begin(struct query *q, struct db *db, struct buf *out, struct err *err)
{
	*q = (struct query){ .db = db, .w = { .out = out }, .start = out->len, .err = err };
	return db_read_begin(db, QUERY_LIMIT_MS, err);
}

int query_end(struct query *q, int rc)
{
	db_read_end(q->db);
	if (rc >= 0)
		return 0;
	q->w.out->len = q->start;
	if (q->w.out->data)
		q->w.out->data[q->start] = '\0';
	return rc;
}

struct stmt *stmt_of_id(struct db *db, const char *sql, uint64_t id)
{
	struct stmt *s = db_stmt(db, sql);
	stmt_bind_i64(s, 1, (int64_t)id);
	return s;
}

struct stmt *stmt_of_steps(struct db *db, const char *sql, uint64_t run)
{
	struct stmt *s = db_stmt(db, sql);
	stmt_bind_i64(s, 1, (int64_t)step_id(run, 0));
	stmt_bind_i64(s, 2, (int64_t)step_id(run + 1, 0) - 1);
	return s;
}

void write_text(struct query *q, const char *key, const char *text)
{
	json_write_string(&q->w, key, text && *text ? text : NULL);
}

void write_step_address(struct query *q, const char *key, uint64_t step, const char *name)
{
	if (step == 0 || !name) {
		json_write_null(&q->w, key);
		return;
	}
	struct buf address = BUF_INIT;
	buf_printf(&address, "%llu/%s", (unsigned long long)step_id_run(step), name);
	json_write_string(&q->w, key, buf_str(&address));
	buf_finish(&address);
}

int write_metrics(struct query *q, uint64_t origin)
{
	struct stmt *s = stmt_of_id(
		q->db, "SELECT name, value FROM metric WHERE step_id = ?1 ORDER BY name", origin);
	int rc, count = 0;
	json_write_object(&q->w, "metrics");
	while ((rc = stmt_step(s, q->err)) > 0) {
		json_write_double(&q->w, stmt_text(s, 0), stmt_double(s, 1));
		count++;
	}
	json_write_end(&q->w);
	return rc < 0 ? rc : count;
}
