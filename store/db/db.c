/* SPDX-License-Identifier: Apache-2.0 */
/* db.c - opening with the settings of one's role, transactions, checks
 *
 * SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE is set for every connection: a database that
 * is refused (newer, damaged) is left as it was found, and the writer checkpoints
 * by itself where it means to.
 */
#include "store/db/db.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/db/db_priv.h"
#include "store/db/stmt.h"

enum {
	BUSY_TIMEOUT_MS = 2000, /* a writer that another program's sqlite3 shell holds up */
	PROGRESS_STEPS = 1000,  /* of SQLite's machine between two looks at the clock: ~50 us */
	LENGTH_MAX = 256 << 20, /* of one value or row, bytes */
};

static const char *const writer_settings =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA wal_autocheckpoint = 0;"
	"PRAGMA journal_size_limit = 67108864;"
	"PRAGMA foreign_keys = ON;"
	"PRAGMA cache_size = -4096;"
	/* A page spilled within a transaction would go into the WAL twice. */
	"PRAGMA cache_spill = OFF;";

static const char *const reader_settings =
	"PRAGMA query_only = ON;"
	"PRAGMA wal_autocheckpoint = 0;";

static const char *const common_settings =
	"PRAGMA cell_size_check = ON;"
	"PRAGMA mmap_size = 0;"
	"PRAGMA temp_store = MEMORY;";

static void configure_library(void)
{
	/* Counting memory takes a lock at each allocation. Refused where SQLite
	 * is in use already, which harms nobody. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int on_progress(void *arg)
{
	const struct db *db = arg;
	return db->deadline_us != 0 && clock_mono_us() > db->deadline_us;
}

static int on_commit(void *arg, sqlite3 *handle, const char *schema, int pages)
{
	struct db *db = arg;
	(void)handle;
	(void)schema;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static void harden(sqlite3 *handle)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
	};
	for (size_t i = 0; i < countof(options); i++)
		sqlite3_db_config(handle, options[i].option, options[i].value, NULL);
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
}

static int connect(struct db *db, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	flags |= db->role == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				       : SQLITE_OPEN_READONLY;
	int rc = sqlite3_open_v2(db->path, &db->handle, flags, NULL);
	if (rc != SQLITE_OK)
		return db_error(db, rc, err);
	harden(db->handle);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	if (db->role == DB_WRITER && sqlite3_db_readonly(db->handle, "main") == 1)
		return err_set(err, ERR_DENIED, "%s: the database is read-only", db->path);
	return 0;
}

/* The version is looked at before anything is set: the journal mode is written
 * into the file, and a file that is not for us stays as it is. */
static int prepare(struct db *db, const struct db_schema *schema, struct err *err)
{
	int rc = db_exec(db, common_settings, err);
	if (rc == 0 && db->role == DB_READER)
		rc = db_exec(db, reader_settings, err);
	if (rc == 0)
		rc = db_migrate_check(db, schema, err);
	if (rc < 0 || db->role == DB_READER)
		return rc;
	rc = db_exec(db, writer_settings, err);
	return rc < 0 ? rc : db_migrate(db, schema, err);
}

/* Closes without touching the file. */
static void abandon(struct db *db)
{
	db_stmts_finish(db);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

int db_open(const char *path, enum db_role role, const struct db_schema *schema, struct db **ret,
	    struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, configure_library);

	struct db *db = mem_alloc(sizeof(*db));
	db->role = role;
	db->path = mem_strdup(path);
	int rc = connect(db, err);
	if (rc == 0)
		rc = prepare(db, schema, err);
	if (rc < 0)
		goto error;
	if (role == DB_WRITER)
		sqlite3_wal_hook(db->handle, on_commit, db);
	else
		sqlite3_progress_handler(db->handle, PROGRESS_STEPS, on_progress, db);
	*ret = db;
	return 0;
error:
	abandon(db);
	return rc;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->role == DB_WRITER) {
		db_stmts_reset(db);
		db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, NULL);
	}
	abandon(db);
}

int db_begin(struct db *db, struct err *err)
{
	return stmt_run(db_stmt(db, "BEGIN IMMEDIATE"), err);
}

int db_commit(struct db *db, struct err *err)
{
	return stmt_run(db_stmt(db, "COMMIT"), err);
}

void db_rollback(struct db *db)
{
	db_stmts_reset(db);
	if (!sqlite3_get_autocommit(db->handle))
		stmt_run(db_stmt(db, "ROLLBACK"), NULL);
}

int db_read_begin(struct db *db, int limit_ms, struct err *err)
{
	db->limit_ms = limit_ms;
	db->deadline_us = clock_mono_us() + (int64_t)limit_ms * 1000;
	int rc = stmt_run(db_stmt(db, "BEGIN"), err);
	if (rc < 0)
		db->deadline_us = 0;
	return rc;
}

void db_read_end(struct db *db)
{
	db->deadline_us = 0;
	db_stmts_reset(db);
	stmt_run(db_stmt(db, "COMMIT"), NULL);
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : db_error(db, rc, err);
}

int db_checkpoint(struct db *db, enum db_checkpoint mode, struct err *err)
{
	static const int modes[] = {
		[DB_CHECKPOINT_PASSIVE] = SQLITE_CHECKPOINT_PASSIVE,
		[DB_CHECKPOINT_TRUNCATE] = SQLITE_CHECKPOINT_TRUNCATE,
	};
	int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, modes[mode], NULL, NULL);
	sqlite3_db_release_memory(db->handle);
	return rc == SQLITE_OK ? 0 : db_error(db, rc, err);
}

int db_wal_pages(const struct db *db)
{
	return db->wal_pages;
}

int db_quick_check(struct db *db, struct err *err)
{
	struct stmt *s = db_stmt(db, "PRAGMA quick_check(1)");
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc;
	const char *finding = stmt_text(s, 0);
	rc = 0;
	if (strcmp(finding, "ok") != 0)
		rc = err_set(err, ERR_DAMAGED, "%s: the database is damaged: %s", db->path, finding);
	stmt_reset(s);
	return rc;
}

const char *db_path(const struct db *db)
{
	return db->path;
}
