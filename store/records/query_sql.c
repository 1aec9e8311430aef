/* SPDX-License-Identifier: Apache-2.0 */
/* query_sql.c - a person's own SELECT as JSON */
#include "store/records/query_sql.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "store/db/db.h"
#include "store/db/foreign.h"

/* Beside SQL_ROWS_MAX: few rows may be large. */
enum { ANSWER_MAX_BYTES = 64 << 20 };

static void write_hex(struct json_writer *w, const uint8_t *bytes, size_t len)
{
	struct buf hex = BUF_INIT;
	for (size_t i = 0; i < len; i++)
		buf_printf(&hex, "%02x", bytes[i]);
	json_write_string(w, NULL, buf_str(&hex));
	buf_finish(&hex);
}

static void write_value(struct json_writer *w, const struct foreign_value *v)
{
	switch (v->type) {
	case FOREIGN_NULL:
		json_write_null(w, NULL);
		break;
	case FOREIGN_INT:
		json_write_int(w, NULL, v->i64);
		break;
	case FOREIGN_DOUBLE:
		json_write_double(w, NULL, v->real);
		break;
	case FOREIGN_TEXT:
		json_write_string(w, NULL, v->text);
		break;
	case FOREIGN_BLOB:
		write_hex(w, v->blob, v->len);
		break;
	}
}

static void write_row(struct json_writer *w, const struct foreign *f)
{
	struct foreign_value v;
	json_write_array(w, NULL);
	for (int i = 0; i < foreign_columns(f); i++) {
		foreign_value(f, i, &v);
		write_value(w, &v);
	}
	json_write_end(w);
}

static int write_rows(struct json_writer *w, struct foreign *f, struct err *err)
{
	int rc, count = 0;
	json_write_array(w, "rows");
	while ((rc = foreign_step(f, err)) > 0) {
		if (count++ == SQL_ROWS_MAX || w->out->len > ANSWER_MAX_BYTES) {
			err_set(err, ERR_TOO_LARGE, "more than %d rows or %d MiB", SQL_ROWS_MAX,
				ANSWER_MAX_BYTES >> 20);
			err_hint(err, "end the statement with LIMIT 1000");
			return ERR_TOO_LARGE;
		}
		write_row(w, f);
	}
	json_write_end(w);
	return rc;
}

static int write_answer(struct json_writer *w, struct foreign *f, struct err *err)
{
	json_write_object(w, NULL);
	json_write_array(w, "columns");
	for (int i = 0; i < foreign_columns(f); i++)
		json_write_string(w, NULL, foreign_name(f, i));
	json_write_end(w);
	int rc = write_rows(w, f, err);
	json_write_end(w);
	return rc;
}

int query_sql(struct db *db, const char *sql, struct buf *out, struct err *err)
{
	struct buf answer = BUF_INIT;
	struct json_writer w = { .out = &answer };
	struct foreign *f = NULL;
	int rc = db_read_begin(db, SQL_LIMIT_MS, err);
	if (rc < 0)
		return rc;
	rc = foreign_open(db, sql, "server", &f, err);
	if (rc >= 0)
		rc = write_answer(&w, f, err);
	foreign_close(f);
	db_read_end(db);
	if (rc == 0)
		buf_append(out, answer.data, answer.len);
	buf_finish(&answer);
	return rc;
}
