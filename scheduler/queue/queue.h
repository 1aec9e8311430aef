/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - which ready step is next where
 *
 * PURE: no clock, no workers' lives, no runs. An item is a number with an order.
 * Items of one demand form a class, with a heap of its own; a claim compares the
 * heads of the classes that fit, so it costs O(classes + log items), however many
 * wait.
 *
 * Before an item enters its class it takes one token of each of its limits, in
 * the order of enum queue_limit_kind (always the same one, so nobody waits in a
 * circle), and is parked at the first that has none left. It keeps its tokens
 * until it is removed.
 *
 * An item has a `place`, one byte that the owner keeps beside it. The queue asks
 * the owner for items by `describe`; an entry whose item is gone, or whose place
 * is another one, is dropped when it surfaces.
 */
#ifndef INGOT_SCHEDULER_QUEUE_QUEUE_H
#define INGOT_SCHEDULER_QUEUE_QUEUE_H

#include "base/map.h"
#include "scheduler/queue/heap.h"
#include "scheduler/queue/label.h"
#include "scheduler/queue/pool.h"

struct buf;

enum {
	QUEUE_PRIORITY_MAX = 127,  /* and down to minus this */
	QUEUE_OVERTAKEN_MAX = 64,  /* how often later steps may overtake one that does not fit */
};

/* Limits, in the order in which they are taken. */
enum queue_limit_kind {
	QUEUE_LIMIT_MATRIX,      /* max_parallel */
	QUEUE_LIMIT_GROUP,       /* a step's concurrency group */
	QUEUE_LIMIT_ENVIRONMENT, /* one deployment at a time */
	QUEUE_LIMIT_COUNT
};

struct queue_limit {
	char *name; /* in the queue's map; NULL: its creator's own */
	uint32_t max;
	uint32_t used;
	uint32_t refs;
	struct heap parked;
};

enum queue_place {
	QUEUE_PLACE_NONE,
	QUEUE_PLACE_DELAYED, /* backs off */
	QUEUE_PLACE_PARKED,  /* + kind: at that limit, holding those before it */
	QUEUE_PLACE_READY = QUEUE_PLACE_PARKED + QUEUE_LIMIT_COUNT, /* in its class */
	QUEUE_PLACE_TAKEN,   /* claimed: it is no longer in the queue, but has its tokens */
};

struct queue_class {
	struct demand demand; /* labels NULL: they are below */
	struct label_set labels;
	struct heap ready;
	uint32_t live;       /* entries of ready that are not gone */
	uint32_t overtaken;  /* claims of later items since the last claim of this class */
	int64_t recent_x16;  /* mean of recent durations, milliseconds * 16; < 0: unknown */
};

struct queue_item {
	uint64_t id;
	int priority;
	struct queue_class *class;
	struct queue_limit *limits[QUEUE_LIMIT_COUNT]; /* NULL: none */
	uint8_t *place;
};

/* Fills *ret, or returns false where there is no such item any more. */
typedef bool queue_describe_fn(void *ctx, uint64_t id, struct queue_item *ret);

struct queue {
	queue_describe_fn *describe;
	void *ctx;
	struct label_table labels;
	struct queue_class **classes; /* [class_count], for ever: demands are few */
	size_t class_count, class_cap;
	struct map limits;            /* named ones: "environment production" */
	struct heap delayed;
};

void queue_init(struct queue *q, queue_describe_fn *describe, void *ctx);
void queue_finish(struct queue *q);

/* The class of a demand; lent. */
struct queue_class *queue_class(struct queue *q, const struct demand *d);

/* A limit of the caller's own (name NULL), or the shared one of a kind and name,
 * whose max is that of the last caller. Returned by queue_limit_unref. */
struct queue_limit *queue_limit_ref(struct queue *q, enum queue_limit_kind kind, const char *name,
				    uint32_t max);
void queue_limit_unref(struct queue *q, struct queue_limit *limit); /* NULL is fine */

void queue_add(const struct queue_item *item);
void queue_delay(struct queue *q, const struct queue_item *item, int64_t due_ms);
/* Takes it as claimed before a restart, beyond any limit if need be. */
void queue_add_taken(const struct queue_item *item);
/* From wherever it is, with its tokens; those go to whoever is parked for them. */
void queue_remove(struct queue *q, const struct queue_item *item);

/* Adds what was delayed until now. */
void queue_tick(struct queue *q, int64_t now_ms);
int64_t queue_next_due(const struct queue *q); /* INT64_MAX: none */

/* Where to claim for: a pool, and a worker's labels. */
struct queue_spot {
	const struct pool *pool;
	const struct label_set *labels;
};

bool queue_class_could_fit(const struct queue_class *c, const struct queue_spot *spot);
/* The class whose head is the next to run there now, or NULL. A head that is
 * overtaken QUEUE_OVERTAKEN_MAX times keeps later ones from its machine. */
struct queue_class *queue_next(struct queue *q, const struct queue_spot *spot);
/* The class whose head will be next there once resources are free, or NULL. */
struct queue_class *queue_next_of_all(struct queue *q, const struct queue_spot *spot);
/* Claims the head of a class that queue_next or queue_next_of_all returned. */
uint64_t queue_claim(struct queue *q, struct queue_class *c, const struct queue_spot *spot);

void queue_class_observe(struct queue_class *c, int64_t run_ms); /* how long one took */
/* How many steps of the class a worker may be given beyond its slots: what is
 * short is hidden behind the round trip, what is long would only wait there. */
uint32_t queue_class_ahead(const struct queue_class *c);

/* Appends why an item in a class or parked at a limit has no worker; the pools
 * are those that there are. */
void queue_why(const struct queue *q, const struct queue_item *item,
	       const struct pool *const *pools, size_t pool_count, struct buf *out);

#endif
