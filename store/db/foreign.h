/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.h - one statement that somebody else wrote, run on a reader
 *
 *	1. foreign_open(): exactly one statement that only reads; anything else is refused.
 *	2. foreign_step() for each row, foreign_value() for its columns.
 *	3. foreign_close(), before the reading transaction ends.
 */
#ifndef INGOT_STORE_DB_FOREIGN_H
#define INGOT_STORE_DB_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

struct db;
struct err;
struct foreign;

enum foreign_type { FOREIGN_NULL, FOREIGN_INT, FOREIGN_DOUBLE, FOREIGN_TEXT, FOREIGN_BLOB };

struct foreign_value {
	enum foreign_type type;
	int64_t i64;
	double real;
	const char *text; /* NUL-terminated; lent until the next step */
	const void *blob;
	size_t len; /* of text or blob */
};

/* hidden: a table that must not be read. ERR_INVALID with SQLite's message,
 * ERR_DENIED. */
int foreign_open(struct db *db, const char *sql, const char *hidden, struct foreign **ret,
		 struct err *err);
void foreign_close(struct foreign *f); /* NULL is fine */

int foreign_columns(const struct foreign *f);
const char *foreign_name(const struct foreign *f, int column); /* lent */
int foreign_step(struct foreign *f, struct err *err);          /* 1: a row; 0: the end */
void foreign_value(const struct foreign *f, int column, struct foreign_value *ret);

#endif
