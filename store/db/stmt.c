/* SPDX-License-Identifier: Apache-2.0 */
/* stmt.c - the statements of a connection, prepared once each */
#include "store/db/stmt.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db/db_priv.h"

struct stmt {
	struct db *db;
	sqlite3_stmt *handle; /* NULL if it could not be prepared */
	int failure;          /* SQLite's code of preparing or binding, kept for the first step */
	char *failure_text;
	bool has_row;
};

static void keep_failure(struct stmt *s, int code)
{
	if (code == SQLITE_OK || s->failure != SQLITE_OK)
		return;
	s->failure = code;
	s->failure_text = mem_strdup(sqlite3_errmsg(s->db->handle));
}

static void forget_failure(struct stmt *s)
{
	s->failure = SQLITE_OK;
	free(s->failure_text);
	s->failure_text = NULL;
}

static void prepare(struct stmt *s, const char *sql)
{
	keep_failure(s, sqlite3_prepare_v3(s->db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
					   &s->handle, NULL));
}

struct stmt *db_stmt(struct db *db, const char *sql)
{
	struct stmt *s = map_get(&db->stmts, sql);
	if (!s) {
		s = mem_alloc(sizeof(*s));
		s->db = db;
		map_set(&db->stmts, sql, s);
	}
	BUG_ON(s->has_row);
	forget_failure(s);
	if (!s->handle)
		prepare(s, sql);
	return s;
}

static void stmt_destroy(struct stmt *s)
{
	sqlite3_finalize(s->handle);
	free(s->failure_text);
	free(s);
}

void db_stmts_finish(struct db *db)
{
	struct map_entry *e;
	for (size_t i = 0; map_next(&db->stmts, &i, &e);)
		stmt_destroy(e->value);
	map_finish(&db->stmts);
}

void db_stmts_reset(struct db *db)
{
	struct map_entry *e;
	for (size_t i = 0; map_next(&db->stmts, &i, &e);)
		stmt_reset(e->value);
}

void stmt_bind_null(struct stmt *s, int i)
{
	keep_failure(s, sqlite3_bind_null(s->handle, i));
}

void stmt_bind_i64(struct stmt *s, int i, int64_t v)
{
	keep_failure(s, sqlite3_bind_int64(s->handle, i, v));
}

void stmt_bind_double(struct stmt *s, int i, double v)
{
	keep_failure(s, sqlite3_bind_double(s->handle, i, v));
}

void stmt_bind_text(struct stmt *s, int i, const char *v)
{
	stmt_bind_text_len(s, i, v, v ? strlen(v) : 0);
}

void stmt_bind_text_len(struct stmt *s, int i, const char *v, size_t len)
{
	keep_failure(s, sqlite3_bind_text64(s->handle, i, v, len, SQLITE_STATIC, SQLITE_UTF8));
}

void stmt_bind_blob(struct stmt *s, int i, const void *v, size_t len)
{
	keep_failure(s, sqlite3_bind_blob64(s->handle, i, v, len, SQLITE_STATIC));
}

void stmt_bind_digest(struct stmt *s, int i, const struct digest *d)
{
	stmt_bind_blob(s, i, d ? d->bytes : NULL, DIGEST_SIZE);
}

int stmt_step(struct stmt *s, struct err *err)
{
	if (s->failure != SQLITE_OK) {
		int failed = db_error_text(s->db, s->failure, s->failure_text, err);
		stmt_reset(s);
		return failed;
	}
	int rc = sqlite3_step(s->handle);
	if (rc == SQLITE_ROW) {
		s->has_row = true;
		return 1;
	}
	int failed = rc == SQLITE_DONE ? 0 : db_error(s->db, rc, err);
	stmt_reset(s);
	return failed;
}

int stmt_run(struct stmt *s, struct err *err)
{
	int rc;
	while ((rc = stmt_step(s, err)) > 0)
		;
	return rc < 0 ? rc : sqlite3_changes(s->db->handle);
}

void stmt_reset(struct stmt *s)
{
	s->has_row = false;
	forget_failure(s);
	if (!s->handle)
		return;
	sqlite3_reset(s->handle);
	sqlite3_clear_bindings(s->handle);
}

bool stmt_is_null(const struct stmt *s, int column)
{
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int64_t stmt_i64(const struct stmt *s, int column)
{
	return sqlite3_column_int64(s->handle, column);
}

double stmt_double(const struct stmt *s, int column)
{
	return sqlite3_column_double(s->handle, column);
}

const char *stmt_text(const struct stmt *s, int column)
{
	return (const char *)sqlite3_column_text(s->handle, column);
}

const void *stmt_blob(const struct stmt *s, int column, size_t *ret_len)
{
	const void *blob = sqlite3_column_blob(s->handle, column);
	*ret_len = (size_t)sqlite3_column_bytes(s->handle, column);
	return blob;
}

bool stmt_digest(const struct stmt *s, int column, struct digest *ret)
{
	size_t len = 0;
	const void *blob = stmt_blob(s, column, &len);
	memset(ret, 0, sizeof(*ret));
	if (len != DIGEST_SIZE)
		return false;
	memcpy(ret->bytes, blob, DIGEST_SIZE);
	return true;
}
