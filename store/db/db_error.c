/* SPDX-License-Identifier: Apache-2.0 */
/* db_error.c - the border where SQLite's codes become ours */
#include "store/db/db_priv.h"

#include <errno.h>

#include "base/err.h"
#include "base/mem.h"

/* Where a primary code is not listed it is ERR_IO. */
static const struct {
	int primary;
	int code;
	const char *text; /* follows "PATH: " */
} translations[] = {
	{ SQLITE_BUSY, ERR_BUSY, "another program has the database locked" },
	{ SQLITE_LOCKED, ERR_BUSY, "another statement has the database locked" },
	{ SQLITE_FULL, ERR_NO_SPACE, "no space left for the database" },
	{ SQLITE_CORRUPT, ERR_DAMAGED, "the database is damaged" },
	{ SQLITE_NOTADB, ERR_DAMAGED, "this is no database, or it is damaged" },
	{ SQLITE_READONLY, ERR_DENIED, "the database is read-only" },
	{ SQLITE_PERM, ERR_DENIED, "no permission to use the database" },
	{ SQLITE_AUTH, ERR_DENIED, "the statement is not allowed" },
	{ SQLITE_CANTOPEN, ERR_IO, "the database cannot be opened" },
	{ SQLITE_CONSTRAINT, ERR_CONFLICT, "a rule of the database would be broken" },
	{ SQLITE_TOOBIG, ERR_TOO_LARGE, "a value is too large for the database" },
	{ SQLITE_IOERR, ERR_IO, "the database cannot be read or written" },
	{ SQLITE_ERROR, ERR_INVALID, "the statement is wrong" },
};

int db_error_text(const struct db *db, int code, const char *detail, struct err *err)
{
	int primary = code & 0xff;

	if (primary == SQLITE_INTERRUPT)
		return err_set(err, ERR_TIMEOUT, "the query took longer than %d ms", db->limit_ms);
	if (!detail)
		detail = sqlite3_errstr(code);
	for (size_t i = 0; i < countof(translations); i++) {
		if (translations[i].primary == primary)
			return err_set(err, translations[i].code, "%s: %s: %s", db->path,
				       translations[i].text, detail);
	}
	return err_set(err, ERR_IO, "%s: %s", db->path, detail);
}

int db_error(const struct db *db, int code, struct err *err)
{
	int errnum = db->handle ? sqlite3_system_errno(db->handle) : 0;

	if ((code & 0xff) == SQLITE_CANTOPEN && errnum != 0)
		return err_errno(err, errnum, "%s: the database cannot be opened", db->path);
	if ((code & 0xff) == SQLITE_IOERR && (errnum == ENOSPC || errnum == EDQUOT))
		return err_errno(err, errnum, "%s: the database cannot be written", db->path);
	return db_error_text(db, code, db->handle ? sqlite3_errmsg(db->handle) : NULL, err);
}
