/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - the smallest key first */
#ifndef INGOT_SCHEDULER_QUEUE_HEAP_H
#define INGOT_SCHEDULER_QUEUE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
	uint64_t key;
	uint64_t id; /* of equal keys the smaller id comes first */
};

struct heap {
	struct heap_entry *entries;
	size_t count, cap;
};

#define HEAP_INIT { 0 }

void heap_finish(struct heap *h); /* usable again */
void heap_push(struct heap *h, uint64_t key, uint64_t id);
/* The first entry, lent until the next call; NULL: empty. */
const struct heap_entry *heap_top(const struct heap *h);
void heap_pop(struct heap *h); /* drops the first; the heap must not be empty */

#endif
