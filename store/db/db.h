/* SPDX-License-Identifier: Apache-2.0 */
/* db.h - SQLite: a database opened for one of two roles, transactions, checks
 *
 * This room is the only one that speaks to SQLite's library; its codes become
 * ERR_* here: ERR_BUSY locked by another, ERR_NO_SPACE, ERR_DAMAGED, ERR_DENIED
 * read-only, ERR_TIMEOUT a reader's time is over, ERR_CONFLICT a constraint,
 * ERR_INVALID other people's SQL, else ERR_IO.
 *
 * Exactly one connection in the system is a DB_WRITER: it alone writes and
 * checkpoints (SQLite before 3.51.3 can lose a WAL otherwise). Readers are
 * query_only and do not checkpoint, also not when they close. A struct db is used by
 * one thread at a time and never across fork().
 */
#ifndef INGOT_STORE_DB_DB_H
#define INGOT_STORE_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct err;

enum db_role { DB_WRITER, DB_READER };

/* migrations[i] is the SQL that takes a database from version i to i + 1. The
 * version is kept in PRAGMA user_version. */
struct db_schema {
	const char *what;      /* "Ingot": whose database it is, for messages */
	int32_t application_id; /* PRAGMA application_id; guards against foreign files */
	const char *const *migrations;
	int count;
};

/* Opens the file; the caller closes. A writer makes a missing file and brings an
 * older one to the schema's version, each migration in a transaction of its own;
 * a reader wants exactly that version. ERR_VERSION: made by a newer program, or by
 * something else, or (reader) older; ERR_NOT_FOUND (reader); ERR_DENIED read-only;
 * ERR_BUSY another program writes to it; ERR_DAMAGED. */
int db_open(const char *path, enum db_role role, const struct db_schema *schema, struct db **ret,
	    struct err *err);
/* NULL is fine. A writer checkpoints whole (TRUNCATE) first. */
void db_close(struct db *db);

/* A writer's transaction: BEGIN IMMEDIATE. */
int db_begin(struct db *db, struct err *err);
/* After a failure nobody knows what is on disk: the caller aborts. */
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/* A reader's transaction: all statements until db_read_end() see one moment. A
 * statement that runs past the limit gives ERR_TIMEOUT, so that no viewer keeps
 * the WAL from being reset. */
int db_read_begin(struct db *db, int limit_ms, struct err *err);
void db_read_end(struct db *db);

/* Runs statements that give no rows. */
int db_exec(struct db *db, const char *sql, struct err *err);

enum db_checkpoint { DB_CHECKPOINT_PASSIVE, DB_CHECKPOINT_TRUNCATE };

/* What can be moved from the WAL into the database is. */
int db_checkpoint(struct db *db, enum db_checkpoint mode, struct err *err);
int db_wal_pages(const struct db *db); /* in the WAL after the writer's last commit */

/* 0, or ERR_DAMAGED with SQLite's first finding. Reads the whole file. */
int db_quick_check(struct db *db, struct err *err);

const char *db_path(const struct db *db); /* lent */

#endif
