/* SPDX-License-Identifier: Apache-2.0 */
/* why.c - what a queued step waits for, in words */
#include <string.h>

#include "base/buf.h"
#include "scheduler/queue/queue.h"

static void why_parked(const struct queue_item *item, int kind, struct buf *out)
{
	const struct queue_limit *limit = item->limits[kind];
	const char *name = limit->name ? strchr(limit->name, ' ') + 1 : "";

	switch ((enum queue_limit_kind)kind) {
	case QUEUE_LIMIT_MATRIX:
		buf_printf(out, "max_parallel: %u of %u instances of its matrix are under way",
			   limit->used, limit->max);
		break;
	case QUEUE_LIMIT_GROUP:
		buf_printf(out, "the concurrency group %s is full: %u of %u", name, limit->used,
			   limit->max);
		break;
	case QUEUE_LIMIT_ENVIRONMENT:
		buf_printf(out, "another deployment of the environment %s is under way", name);
		break;
	case QUEUE_LIMIT_COUNT:
		break;
	}
}

/* How far a pool is from the class: labels count, as resources do. */
static int shortage(const struct queue *q, const struct queue_class *c, const struct pool *p,
		    struct buf *out)
{
	const uint32_t *lacks = label_set_lacks(&p->labels, &c->labels);

	if (lacks)
		buf_printf(out, "the label %s is missing", label_name(&q->labels, *lacks));
	if (lacks && !pool_fits(p, &c->demand))
		buf_str_append(out, ", ");
	return (lacks != NULL) + pool_shortage(p, &c->demand, out);
}

/* Whether others have overtaken a class that the pool could fit too often. */
static bool is_kept(const struct queue *q, const struct queue_class *c, const struct pool *p)
{
	for (size_t i = 0; i < q->class_count; i++) {
		const struct queue_class *other = q->classes[i];

		if (other != c && other->live && other->overtaken >= QUEUE_OVERTAKEN_MAX &&
		    pool_could_fit(p, &other->demand) && !pool_fits(p, &other->demand))
			return true;
	}
	return false;
}

static void why_no_place(const struct queue *q, const struct queue_class *c,
			 const struct pool *const *pools, size_t pool_count, struct buf *out)
{
	const struct pool *nearest = NULL;
	int least = 0;

	for (size_t i = 0; i < pool_count; i++) {
		struct buf ignored = BUF_INIT;
		int count = pools[i]->removed ? 0 : shortage(q, c, pools[i], &ignored);

		buf_finish(&ignored);
		if (!pools[i]->removed && (!nearest || count < least)) {
			nearest = pools[i];
			least = count;
		}
	}
	if (!nearest) {
		buf_str_append(out, "there is no worker");
	} else if (least == 0 && is_kept(q, c, nearest)) {
		buf_printf(out, "%s is kept for a larger step that was overtaken %d times",
			   nearest->name, QUEUE_OVERTAKEN_MAX);
	} else if (least == 0) {
		buf_printf(out, "no worker on %s has a free slot", nearest->name);
	} else {
		buf_printf(out, "on %s, ", nearest->name);
		shortage(q, c, nearest, out);
	}
}

void queue_why(const struct queue *q, const struct queue_item *item,
	       const struct pool *const *pools, size_t pool_count, struct buf *out)
{
	int place = *item->place;

	if (place >= QUEUE_PLACE_PARKED && place < QUEUE_PLACE_READY)
		why_parked(item, place - QUEUE_PLACE_PARKED, out);
	else
		why_no_place(q, item->class, pools, pool_count, out);
}
