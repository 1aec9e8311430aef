/* SPDX-License-Identifier: Apache-2.0 */
/* query_sql.h - a person's own SELECT, over the views that FORMAT.md tells
 *
 * One statement that only reads, for 10 s and 100,000 rows at most, on a reader.
 * The server's key cannot be read.
 */
#ifndef INGOT_STORE_RECORDS_QUERY_SQL_H
#define INGOT_STORE_RECORDS_QUERY_SQL_H

struct buf;
struct db;
struct err;

enum { SQL_LIMIT_MS = 10000, SQL_ROWS_MAX = 100000 };

/* {columns: [name…], rows: [[value…]…]}; blobs as "hex". ERR_INVALID with
 * SQLite's message, ERR_DENIED for what does not only read, ERR_TOO_LARGE,
 * ERR_TIMEOUT. */
int query_sql(struct db *db, const char *sql, struct buf *out, struct err *err);

#endif
