/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c - one statement that somebody else wrote
 *
 * Three walls: the connection is read-only, the statement must say of itself that it
 * only reads, and the authorizer allows nothing but SELECT, columns and functions.
 */
#include "store/db/foreign.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/db/db_priv.h"

struct foreign {
	struct db *db;
	sqlite3_stmt *handle;
	const char *hidden;
};

static int authorize(void *arg, int action, const char *one, const char *two, const char *schema,
		     const char *view)
{
	const struct foreign *f = arg;
	(void)schema;
	(void)view;
	if (action == SQLITE_READ)
		return strcmp(one, f->hidden) == 0 ? SQLITE_DENY : SQLITE_OK;
	if (action == SQLITE_FUNCTION)
		return strcmp(two, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	return action == SQLITE_SELECT || action == SQLITE_RECURSIVE ? SQLITE_OK : SQLITE_DENY;
}

/* Whether nothing but space, comments and semicolons follows. */
static bool is_blank(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *rest = NULL;
	while (*sql && (isspace((unsigned char)*sql) || *sql == ';'))
		sql++;
	bool blank = sqlite3_prepare_v2(handle, sql, -1, &rest, NULL) == SQLITE_OK && !rest;
	sqlite3_finalize(rest);
	return blank;
}

static int prepare(struct foreign *f, const char *sql, struct err *err)
{
	sqlite3 *handle = f->db->handle;
	const char *rest = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &f->handle, &rest);
	if ((rc & 0xff) == SQLITE_AUTH)
		return err_set(err, ERR_DENIED, "only a SELECT is allowed here: %s",
			       sqlite3_errmsg(handle));
	if (rc == SQLITE_ERROR)
		return err_set(err, ERR_INVALID, "%s", sqlite3_errmsg(handle));
	if (rc != SQLITE_OK)
		return db_error(f->db, rc, err);
	if (!f->handle)
		return err_set(err, ERR_INVALID, "there is no statement");
	if (!sqlite3_stmt_readonly(f->handle))
		return err_set(err, ERR_DENIED, "only a SELECT is allowed here");
	if (!is_blank(handle, rest))
		return err_set(err, ERR_INVALID, "one statement at a time");
	return 0;
}

int foreign_open(struct db *db, const char *sql, const char *hidden, struct foreign **ret,
		 struct err *err)
{
	struct foreign *f = mem_alloc(sizeof(*f));
	f->db = db;
	f->hidden = hidden;
	sqlite3_set_authorizer(db->handle, authorize, f);
	int rc = prepare(f, sql, err);
	if (rc < 0) {
		foreign_close(f);
		return rc;
	}
	*ret = f;
	return 0;
}

void foreign_close(struct foreign *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->handle);
	sqlite3_set_authorizer(f->db->handle, NULL, NULL);
	free(f);
}

int foreign_columns(const struct foreign *f)
{
	return sqlite3_column_count(f->handle);
}

const char *foreign_name(const struct foreign *f, int column)
{
	return sqlite3_column_name(f->handle, column);
}

int foreign_step(struct foreign *f, struct err *err)
{
	int rc = sqlite3_step(f->handle);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_ERROR)
		return err_set(err, ERR_INVALID, "%s", sqlite3_errmsg(f->db->handle));
	return rc == SQLITE_DONE ? 0 : db_error(f->db, rc, err);
}

void foreign_value(const struct foreign *f, int column, struct foreign_value *ret)
{
	*ret = (struct foreign_value){ .type = FOREIGN_NULL };
	switch (sqlite3_column_type(f->handle, column)) {
	case SQLITE_INTEGER:
		ret->type = FOREIGN_INT;
		ret->i64 = sqlite3_column_int64(f->handle, column);
		break;
	case SQLITE_FLOAT:
		ret->type = FOREIGN_DOUBLE;
		ret->real = sqlite3_column_double(f->handle, column);
		break;
	case SQLITE_TEXT:
		ret->type = FOREIGN_TEXT;
		ret->text = (const char *)sqlite3_column_text(f->handle, column);
		break;
	case SQLITE_BLOB:
		ret->type = FOREIGN_BLOB;
		ret->blob = sqlite3_column_blob(f->handle, column);
		break;
	default:
		break;
	}
	if (ret->text || ret->blob)
		ret->len = (size_t)sqlite3_column_bytes(f->handle, column);
}
