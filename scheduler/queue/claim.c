/* SPDX-License-Identifier: Apache-2.0 */
/* claim.c - which class is next at a spot, and how much it may be given ahead
 *
 * Later items may overtake a head that does not fit just now, so that a machine
 * does not idle while it gathers, say, four GPUs. But not for ever: each claim of
 * a later item counts, and after QUEUE_OVERTAKEN_MAX of them the machine is kept
 * for that head.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/queue/queue.h"

enum {
	AHEAD_MANY_BELOW_MS = 5,
	AHEAD_MANY = 16,
	AHEAD_FEW_BELOW_MS = 50,
	AHEAD_FEW = 2,
	RECENT_WEIGHT = 8, /* of the past against one new duration, in eighths */
};

static bool demand_eq(const struct demand *a, const struct demand *b)
{
	return a->cpu_milli == b->cpu_milli && a->memory_bytes == b->memory_bytes &&
	       a->disk_bytes == b->disk_bytes && a->gpu_memory_bytes == b->gpu_memory_bytes &&
	       a->gpus == b->gpus;
}

struct queue_class *queue_class(struct queue *q, const struct demand *d)
{
	struct label_set labels = LABEL_SET_INIT;
	struct queue_class *c;

	label_set_add(&labels, &q->labels, d->labels, d->label_count);
	for (size_t i = 0; i < q->class_count; i++) {
		c = q->classes[i];
		if (demand_eq(&c->demand, d) && label_set_eq(&c->labels, &labels)) {
			label_set_finish(&labels);
			return c;
		}
	}
	c = mem_alloc(sizeof(*c));
	c->demand = *d;
	c->demand.labels = NULL;
	c->demand.label_count = 0;
	c->labels = labels;
	c->recent_x16 = -1;
	q->classes = mem_grow(q->classes, &q->class_cap, q->class_count + 1, sizeof(*q->classes));
	q->classes[q->class_count++] = c;
	return c;
}

/* The head of a class that is not void, or NULL. */
static const struct heap_entry *head(struct queue *q, struct queue_class *c)
{
	const struct heap_entry *top;
	struct queue_item item;

	if (c->live == 0)
		return NULL;
	while ((top = heap_top(&c->ready))) {
		if (q->describe(q->ctx, top->id, &item) && *item.place == QUEUE_PLACE_READY)
			return top;
		heap_pop(&c->ready);
	}
	BUG_ON(c->live > 0);
	return NULL;
}

bool queue_class_could_fit(const struct queue_class *c, const struct queue_spot *spot)
{
	return !label_set_lacks(spot->labels, &c->labels) && pool_could_fit(spot->pool, &c->demand);
}

struct queue_class *queue_next(struct queue *q, const struct queue_spot *spot)
{
	struct queue_class *best = NULL;
	uint64_t best_key = UINT64_MAX;
	uint64_t kept_for = UINT64_MAX; /* nobody behind this key */

	for (size_t i = 0; i < q->class_count; i++) {
		struct queue_class *c = q->classes[i];
		const struct heap_entry *top = head(q, c);

		if (!top || !queue_class_could_fit(c, spot))
			continue;
		if (!pool_fits(spot->pool, &c->demand)) {
			if (c->overtaken >= QUEUE_OVERTAKEN_MAX && top->key < kept_for)
				kept_for = top->key;
		} else if (top->key < best_key) {
			best = c;
			best_key = top->key;
		}
	}
	return best_key < kept_for ? best : NULL;
}

struct queue_class *queue_next_of_all(struct queue *q, const struct queue_spot *spot)
{
	struct queue_class *best = NULL;
	uint64_t best_key = UINT64_MAX;

	for (size_t i = 0; i < q->class_count; i++) {
		const struct heap_entry *top = head(q, q->classes[i]);

		if (top && top->key < best_key && queue_class_could_fit(q->classes[i], spot)) {
			best = q->classes[i];
			best_key = top->key;
		}
	}
	return best;
}

static void count_overtaken(struct queue *q, uint64_t key, const struct queue_spot *spot)
{
	for (size_t i = 0; i < q->class_count; i++) {
		struct queue_class *c = q->classes[i];
		const struct heap_entry *top = head(q, c);

		if (top && top->key < key && queue_class_could_fit(c, spot))
			c->overtaken++;
	}
}

uint64_t queue_claim(struct queue *q, struct queue_class *c, const struct queue_spot *spot)
{
	const struct heap_entry *top = head(q, c);
	struct queue_item item;
	uint64_t key = top->key;
	uint64_t id = top->id;

	BUG_ON(!q->describe(q->ctx, id, &item));
	heap_pop(&c->ready);
	c->live--;
	c->overtaken = 0;
	*item.place = QUEUE_PLACE_TAKEN;
	count_overtaken(q, key, spot);
	return id;
}

void queue_class_observe(struct queue_class *c, int64_t run_ms)
{
	if (run_ms < 0)
		return;
	if (c->recent_x16 < 0)
		c->recent_x16 = run_ms * 16;
	else
		c->recent_x16 += (run_ms * 16 - c->recent_x16) / RECENT_WEIGHT;
}

uint32_t queue_class_ahead(const struct queue_class *c)
{
	if (c->recent_x16 < 0 || c->demand.gpus)
		return 0;
	if (c->recent_x16 < AHEAD_MANY_BELOW_MS * 16)
		return AHEAD_MANY;
	return c->recent_x16 < AHEAD_FEW_BELOW_MS * 16 ? AHEAD_FEW : 0;
}
