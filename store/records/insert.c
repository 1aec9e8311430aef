/* SPDX-License-Identifier: Apache-2.0 */
/* insert.c - rows of one table, many to a statement
 *
 * A statement costs a start and an end whatever it does, so rows go in groups of
 * INSERT_GROUP and what is left of them one by one: two statements a table.
 */
#include "store/records/insert.h"

#include "base/buf.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/batch_priv.h"

enum { INSERT_GROUP = 32 };

static struct stmt *statement(struct db *db, const struct insert *insert, int group)
{
	struct buf sql = BUF_INIT;
	buf_str_append(&sql, insert->head);
	for (int row = 0; row < group; row++) {
		buf_str_append(&sql, row == 0 ? "(?" : ",(?");
		for (int column = 1; column < insert->columns; column++)
			buf_str_append(&sql, ",?");
		buf_char(&sql, ')');
	}
	buf_str_append(&sql, insert->tail);
	struct stmt *s = db_stmt(db, buf_str(&sql));
	buf_finish(&sql);
	return s;
}

/* Inserts groups of rows from *done on, as long as whole groups are left. */
static int insert_groups(struct db *db, const struct insert *insert, const struct row_list *rows,
			 int group, size_t *done, struct err *err)
{
	if (rows->count - *done < (size_t)group)
		return 0;
	struct stmt *s = statement(db, insert, group);
	while (rows->count - *done >= (size_t)group) {
		for (int i = 0; i < group; i++) {
			const char *row = (const char *)rows->items + (*done)++ * insert->row_size;
			insert->bind(s, 1 + i * insert->columns, row);
		}
		int rc = stmt_run(s, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int insert_rows(struct db *db, const struct insert *insert, const struct row_list *rows,
		struct err *err)
{
	size_t done = 0;
	int rc = insert_groups(db, insert, rows, INSERT_GROUP, &done, err);
	return rc < 0 ? rc : insert_groups(db, insert, rows, 1, &done, err);
}

void bind_id(struct stmt *s, int i, uint64_t v)
{
	if (v == 0)
		stmt_bind_null(s, i);
	else
		stmt_bind_i64(s, i, (int64_t)v);
}

void bind_code(struct stmt *s, int i, int32_t v)
{
	if (v < 0)
		stmt_bind_null(s, i);
	else
		stmt_bind_i64(s, i, v);
}
