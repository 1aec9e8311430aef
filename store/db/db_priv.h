/* SPDX-License-Identifier: Apache-2.0 */
/* db_priv.h - a connection, as this room alone sees it */
#ifndef INGOT_STORE_DB_DB_PRIV_H
#define INGOT_STORE_DB_DB_PRIV_H

#include <sqlite3.h>

#include "base/map.h"
#include "store/db/db.h"

struct err;

struct db {
	sqlite3 *handle;
	enum db_role role;
	char *path;
	struct map stmts;    /* SQL text -> struct stmt, owned */
	int wal_pages;       /* as the last commit left it */
	int limit_ms;        /* of the open reading transaction; 0: none */
	int64_t deadline_us; /* on clock_mono_us(); 0: none */
};

/* Fills err for a SQLite code; detail (or NULL) is SQLite's own text. Returns the ERR_*. */
int db_error_text(const struct db *db, int code, const char *detail, struct err *err);
/* The same with the text of the connection's last failure. */
int db_error(const struct db *db, int code, struct err *err);

/* Whether the file is the schema's, and of a version that the role can use; writes nothing. */
int db_migrate_check(struct db *db, const struct db_schema *schema, struct err *err);
/* Brings a writer's database to the schema's version. */
int db_migrate(struct db *db, const struct db_schema *schema, struct err *err);

void db_stmts_finish(struct db *db);
void db_stmts_reset(struct db *db); /* those that are still giving rows */

#endif
