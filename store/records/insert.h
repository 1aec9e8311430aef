/* SPDX-License-Identifier: Apache-2.0 */
/* insert.h - rows of one table, many to a statement */
#ifndef INGOT_STORE_RECORDS_INSERT_H
#define INGOT_STORE_RECORDS_INSERT_H

#include <stddef.h>
#include <stdint.h>

struct db;
struct err;
struct row_list;
struct stmt;

struct insert {
	const char *head; /* "INSERT INTO step (id, state) VALUES " */
	int columns;
	const char *tail; /* behind the rows: " ON CONFLICT …", or "" */
	size_t row_size;
	/* Binds one row to the parameters first, first + 1, … */
	void (*bind)(struct stmt *s, int first, const void *row);
};

int insert_rows(struct db *db, const struct insert *insert, const struct row_list *rows,
		struct err *err);

/* Binds null for 0 (or -1 for codes), which is how rows.h says "none". */
void bind_id(struct stmt *s, int i, uint64_t v);
void bind_code(struct stmt *s, int i, int32_t v);

#endif
