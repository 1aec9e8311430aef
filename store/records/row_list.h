/* SPDX-License-Identifier: Apache-2.0 */
/* row_list.h - rows of one kind while their number is not known */
#ifndef INGOT_STORE_RECORDS_ROW_LIST_H
#define INGOT_STORE_RECORDS_ROW_LIST_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct row_list {
	void *items;
	size_t count, cap;
};

#define ROW_LIST_INIT { 0 }

/* A new row, zeroed; lent until the next one is added. */
void *row_list_add(struct row_list *l, size_t size);
/* Copies the rows into the arena and empties the list; *ret_count is their number. */
void *row_list_seal(struct row_list *l, size_t size, struct arena *arena, uint32_t *ret_count);
void row_list_finish(struct row_list *l);

#endif
