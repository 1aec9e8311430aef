/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - the way of an item: delayed, parked at a limit, in its class, taken
 *
 * Removal leaves the entry in its heap; `place` says that it is void. An id is
 * in one heap at most with a place that fits, as an item is added again only
 * after its entry surfaced (it was claimed) or its place was left for good.
 */
#include "scheduler/queue/queue.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

void queue_init(struct queue *q, queue_describe_fn *describe, void *ctx)
{
	*q = (struct queue){ .describe = describe, .ctx = ctx };
}

static void limit_destroy(struct queue_limit *limit)
{
	heap_finish(&limit->parked);
	free(limit->name);
	free(limit);
}

void queue_finish(struct queue *q)
{
	struct map_entry *e;

	for (size_t i = 0; map_next(&q->limits, &i, &e);)
		limit_destroy(e->value);
	map_finish(&q->limits);
	for (size_t i = 0; i < q->class_count; i++) {
		label_set_finish(&q->classes[i]->labels);
		heap_finish(&q->classes[i]->ready);
		free(q->classes[i]);
	}
	free(q->classes);
	heap_finish(&q->delayed);
	label_table_finish(&q->labels);
}

struct queue_limit *queue_limit_ref(struct queue *q, enum queue_limit_kind kind, const char *name,
				    uint32_t max)
{
	char *key = name ? mem_printf("%d %s", kind, name) : NULL;
	struct queue_limit *limit = key ? map_get(&q->limits, key) : NULL;

	if (!limit) {
		limit = mem_alloc(sizeof(*limit));
		limit->name = key;
		if (key)
			map_set(&q->limits, key, limit);
	} else {
		free(key);
	}
	limit->max = max;
	limit->refs++;
	return limit;
}

void queue_limit_unref(struct queue *q, struct queue_limit *limit)
{
	if (!limit || --limit->refs > 0)
		return;
	if (limit->name)
		map_remove(&q->limits, limit->name);
	limit_destroy(limit);
}

/* Higher priority, then older run, then earlier step: one number, as an id is
 * below 2^56 for the first 2^32 runs. */
static uint64_t item_key(const struct queue_item *item)
{
	int p = item->priority;

	if (p > QUEUE_PRIORITY_MAX)
		p = QUEUE_PRIORITY_MAX;
	if (p < -QUEUE_PRIORITY_MAX)
		p = -QUEUE_PRIORITY_MAX;
	return (uint64_t)(QUEUE_PRIORITY_MAX - p) << 56 | item->id;
}

/* Takes the limits from `kind` on; parks, or enters the class. */
static void advance(const struct queue_item *item, int kind)
{
	for (; kind < QUEUE_LIMIT_COUNT; kind++) {
		struct queue_limit *limit = item->limits[kind];

		if (!limit)
			continue;
		if (limit->used >= limit->max) {
			*item->place = QUEUE_PLACE_PARKED + kind;
			heap_push(&limit->parked, item_key(item), item->id);
			return;
		}
		limit->used++;
	}
	*item->place = QUEUE_PLACE_READY;
	item->class->live++;
	heap_push(&item->class->ready, item_key(item), item->id);
}

void queue_add(const struct queue_item *item)
{
	BUG_ON(*item->place != QUEUE_PLACE_NONE);
	advance(item, 0);
}

void queue_delay(struct queue *q, const struct queue_item *item, int64_t due_ms)
{
	BUG_ON(*item->place != QUEUE_PLACE_NONE);
	*item->place = QUEUE_PLACE_DELAYED;
	heap_push(&q->delayed, (uint64_t)due_ms, item->id);
}

void queue_add_taken(const struct queue_item *item)
{
	BUG_ON(*item->place != QUEUE_PLACE_NONE);
	for (int kind = 0; kind < QUEUE_LIMIT_COUNT; kind++)
		if (item->limits[kind])
			item->limits[kind]->used++;
	*item->place = QUEUE_PLACE_TAKEN;
}

/* Gives a token back, and lets those in who are parked for it. */
static void limit_give(struct queue *q, struct queue_limit *limit, int kind)
{
	const struct heap_entry *top;
	struct queue_item item;

	BUG_ON(limit->used == 0);
	limit->used--;
	while (limit->used < limit->max && (top = heap_top(&limit->parked))) {
		uint64_t id = top->id;

		heap_pop(&limit->parked);
		if (q->describe(q->ctx, id, &item) && *item.place == QUEUE_PLACE_PARKED + kind)
			advance(&item, kind);
	}
}

void queue_remove(struct queue *q, const struct queue_item *item)
{
	int place = *item->place;
	int held = 0;

	if (place >= QUEUE_PLACE_READY)
		held = QUEUE_LIMIT_COUNT;
	else if (place >= QUEUE_PLACE_PARKED)
		held = place - QUEUE_PLACE_PARKED;
	*item->place = QUEUE_PLACE_NONE;
	if (place == QUEUE_PLACE_READY && --item->class->live == 0)
		heap_finish(&item->class->ready);
	for (int kind = 0; kind < held; kind++)
		if (item->limits[kind])
			limit_give(q, item->limits[kind], kind);
}

void queue_tick(struct queue *q, int64_t now_ms)
{
	const struct heap_entry *top;
	struct queue_item item;

	while ((top = heap_top(&q->delayed)) && (int64_t)top->key <= now_ms) {
		uint64_t id = top->id;

		heap_pop(&q->delayed);
		if (!q->describe(q->ctx, id, &item) || *item.place != QUEUE_PLACE_DELAYED)
			continue;
		*item.place = QUEUE_PLACE_NONE;
		advance(&item, 0);
	}
}

int64_t queue_next_due(const struct queue *q)
{
	const struct heap_entry *top = heap_top(&q->delayed);

	return top ? (int64_t)top->key : INT64_MAX;
}
