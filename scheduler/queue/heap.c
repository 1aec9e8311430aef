/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - the smallest key first
 *
 * Four children a node: half as deep as two, and the four lie in one cache line,
 * so a pop among a million entries touches ten of them.
 */
#include "scheduler/queue/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

enum { ARITY = 4 };

static bool is_before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->id < b->id;
}

void heap_finish(struct heap *h)
{
	free(h->entries);
	*h = (struct heap)HEAP_INIT;
}

void heap_push(struct heap *h, uint64_t key, uint64_t id)
{
	struct heap_entry entry = { key, id };
	size_t at = h->count;

	h->entries = mem_grow(h->entries, &h->cap, h->count + 1, sizeof(*h->entries));
	h->count++;
	while (at > 0) {
		size_t parent = (at - 1) / ARITY;

		if (!is_before(&entry, &h->entries[parent]))
			break;
		h->entries[at] = h->entries[parent];
		at = parent;
	}
	h->entries[at] = entry;
}

const struct heap_entry *heap_top(const struct heap *h)
{
	return h->count ? &h->entries[0] : NULL;
}

/* The first among the children of a node; count where it has none. */
static size_t first_child(const struct heap *h, size_t node)
{
	size_t first = node * ARITY + 1;
	size_t best = first;

	if (first >= h->count)
		return h->count;
	for (size_t i = first + 1; i < first + ARITY && i < h->count; i++)
		if (is_before(&h->entries[i], &h->entries[best]))
			best = i;
	return best;
}

void heap_pop(struct heap *h)
{
	struct heap_entry last;
	size_t at = 0;

	BUG_ON(h->count == 0);
	last = h->entries[--h->count];
	for (;;) {
		size_t child = first_child(h, at);

		if (child == h->count || !is_before(&h->entries[child], &last))
			break;
		h->entries[at] = h->entries[child];
		at = child;
	}
	h->entries[at] = last;
}
