/* SPDX-License-Identifier: Apache-2.0 */
/* stmt.h - prepared statements that are kept, and their rows
 *
 *	struct stmt *s = db_stmt(db, "SELECT name FROM run WHERE id = ?1");
 *	stmt_bind_i64(s, 1, run);
 *	while ((rc = stmt_step(s, err)) > 0)
 *		use(stmt_text(s, 0));
 *
 * A connection prepares each SQL text once. db_stmt() and the binds do not fail:
 * a statement that could not be prepared or bound says so at its first step.
 * Parameters count from 1, columns from 0, as in SQLite.
 */
#ifndef INGOT_STORE_DB_STMT_H
#define INGOT_STORE_DB_STMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct digest;
struct err;
struct stmt;

/* Lent, fresh: no bindings, before its first row. One that is still giving rows
 * must not be asked for again. sql is constant text. */
struct stmt *db_stmt(struct db *db, const char *sql);

void stmt_bind_null(struct stmt *s, int i);
void stmt_bind_i64(struct stmt *s, int i, int64_t v);
void stmt_bind_double(struct stmt *s, int i, double v);
/* Texts and blobs are not copied: they live until the statement is done. NULL binds null. */
void stmt_bind_text(struct stmt *s, int i, const char *v);
void stmt_bind_text_len(struct stmt *s, int i, const char *v, size_t len);
void stmt_bind_blob(struct stmt *s, int i, const void *v, size_t len);
void stmt_bind_digest(struct stmt *s, int i, const struct digest *d); /* NULL binds null */

/* 1: a row; 0: the end; negative: failed. After the end or a failure the
 * statement is reset and may be asked for again. */
int stmt_step(struct stmt *s, struct err *err);
/* Steps to the end; for statements whose rows, if any, nobody wants. Returns the
 * number of rows changed. */
int stmt_run(struct stmt *s, struct err *err);
void stmt_reset(struct stmt *s); /* gives up the remaining rows */

bool stmt_is_null(const struct stmt *s, int column);
int64_t stmt_i64(const struct stmt *s, int column); /* 0 for null */
double stmt_double(const struct stmt *s, int column);
/* Lent until the next step or reset. NULL for null. */
const char *stmt_text(const struct stmt *s, int column);
const void *stmt_blob(const struct stmt *s, int column, size_t *ret_len);
/* False, *ret zeroed, unless the column holds 32 bytes. */
bool stmt_digest(const struct stmt *s, int column, struct digest *ret);

#endif
