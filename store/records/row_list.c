/* SPDX-License-Identifier: Apache-2.0 */
/* row_list.c - rows of one kind while their number is not known */
#include "store/records/row_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

void *row_list_add(struct row_list *l, size_t size)
{
	l->items = mem_grow(l->items, &l->cap, l->count + 1, size);
	void *row = (char *)l->items + l->count++ * size;
	memset(row, 0, size);
	return row;
}

void *row_list_seal(struct row_list *l, size_t size, struct arena *arena, uint32_t *ret_count)
{
	void *rows = l->count ? arena_copy(arena, l->items, l->count * size) : NULL;
	*ret_count = (uint32_t)l->count;
	row_list_finish(l);
	return rows;
}

void row_list_finish(struct row_list *l)
{
	free(l->items);
	*l = (struct row_list)ROW_LIST_INIT;
}
