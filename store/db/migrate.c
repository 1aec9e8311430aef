/* SPDX-License-Identifier: Apache-2.0 */
/* migrate.c - from the version a file has to the one this program knows
 *
 * Each migration is one transaction with the new number in it, so that a process
 * that is killed leaves the old version or the new one.
 */
#include "base/err.h"
#include "base/mem.h"
#include "store/db/db_priv.h"
#include "store/db/stmt.h"

#include <stdlib.h>

static int read_pragma(struct db *db, const char *sql, int64_t *ret, struct err *err)
{
	struct stmt *s = db_stmt(db, sql);
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	*ret = stmt_i64(s, 0);
	stmt_reset(s);
	return 0;
}

static int read_version(struct db *db, int64_t *ret, struct err *err)
{
	return read_pragma(db, "PRAGMA user_version", ret, err);
}

/* A file with tables that are not ours must not get our tables beside them. */
static int check_owner(struct db *db, const struct db_schema *schema, struct err *err)
{
	int64_t application_id = 0, tables = 0;
	int rc = read_pragma(db, "PRAGMA application_id", &application_id, err);
	if (rc == 0)
		rc = read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (rc < 0)
		return rc;
	if (application_id == schema->application_id || (application_id == 0 && tables == 0))
		return 0;
	return err_set(err, ERR_VERSION, "%s: this is not a database of %s", db->path,
		       schema->what);
}

int db_migrate_check(struct db *db, const struct db_schema *schema, struct err *err)
{
	int64_t version = 0;
	int rc = check_owner(db, schema, err);
	if (rc == 0)
		rc = read_version(db, &version, err);
	if (rc < 0)
		return rc;
	if (version > schema->count) {
		rc = err_set(
			err, ERR_VERSION,
			"%s: the database has schema version %lld, made by a newer %s; this one "
			"knows version %d",
			db->path, (long long)version, schema->what, schema->count);
		err_hint(err, "install the newer %s, or use another --home", schema->what);
		return rc;
	}
	if (db->role == DB_READER && version < schema->count)
		return err_set(
			err, ERR_VERSION,
			"%s: the database has schema version %lld, %d is wanted: its scheduler "
			"has not brought it there yet",
			db->path, (long long)version, schema->count);
	return 0;
}

/* One migration, within a transaction. */
static int migrate_to(struct db *db, const struct db_schema *schema, int version, struct err *err)
{
	int rc = db_exec(db, schema->migrations[version - 1], err);
	if (rc < 0)
		return rc;
	char *numbers = mem_printf("PRAGMA user_version = %d; PRAGMA application_id = %d;", version,
				   schema->application_id);
	rc = db_exec(db, numbers, err);
	free(numbers);
	return rc;
}

/* Returns the version that the file has now, or negative. */
static int migrate_one(struct db *db, const struct db_schema *schema, struct err *err)
{
	int64_t version = 0;
	int rc = db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = read_version(db, &version, err);
	if (rc == 0 && version < schema->count)
		rc = migrate_to(db, schema, (int)++version, err);
	if (rc == 0)
		rc = db_commit(db, err);
	if (rc < 0) {
		db_rollback(db);
		return rc;
	}
	return (int)version;
}

int db_migrate(struct db *db, const struct db_schema *schema, struct err *err)
{
	int64_t version = 0;
	int rc = read_version(db, &version, err);
	while (rc >= 0 && version < schema->count) {
		rc = migrate_one(db, schema, err);
		version = rc;
	}
	return rc < 0 ? rc : 0;
}
