/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - pools and workers: coming, silent, leaving
 *
 * A worker is known by its session. One that is known from restored leases alone
 * has no name until it comes back; it gets nothing, its leases live or expire.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/engine/engine_priv.h"

uint32_t engine_pool_declare(struct engine *e, const struct pool_spec *spec)
{
	struct engine_pool *p;
	uint32_t number = 0;

	while (number < e->pool_count && !str_eq(e->pools[number]->pool.name, spec->name))
		number++;
	if (number == e->pool_count) {
		e->pools = mem_grow(e->pools, &e->pool_cap, e->pool_count + 1, sizeof(*e->pools));
		e->pools[e->pool_count++] = mem_alloc(sizeof(*p));
	}
	p = e->pools[number];
	pool_set(&p->pool, spec, &e->queue.labels);
	e->stirred = true;
	return number;
}

void engine_pool_remove(struct engine *e, uint32_t pool)
{
	if (pool < e->pool_count)
		e->pools[pool]->pool.removed = true;
}

struct worker *worker_by_session(const struct engine *e, uint64_t session)
{
	for (size_t i = 0; i < e->worker_count; i++)
		if (e->workers[i]->session == session)
			return e->workers[i];
	return NULL;
}

struct worker *worker_create(struct engine *e, uint64_t session, uint32_t pool)
{
	struct worker *w = mem_alloc(sizeof(*w));

	w->session = session;
	w->pool = pool;
	w->paused = true;
	e->workers = mem_grow(e->workers, &e->worker_cap, e->worker_count + 1,
			      sizeof(*e->workers));
	e->workers[e->worker_count++] = w;
	return w;
}

void worker_free(struct worker *w)
{
	while (w->first) {
		struct lease *l = w->first;

		w->first = l->next;
		free(l);
	}
	label_set_finish(&w->labels);
	free(w->name);
	free(w);
}

struct queue_spot worker_spot(const struct engine *e, const struct worker *w)
{
	return (struct queue_spot){ .pool = &e->pools[w->pool]->pool, .labels = &w->labels };
}

bool worker_any_could_fit(const struct engine *e, const struct queue_class *c)
{
	for (size_t i = 0; i < e->pool_count; i++) {
		const struct pool *p = &e->pools[i]->pool;
		struct queue_spot spot = { .pool = p, .labels = &p->labels };

		if (queue_class_could_fit(c, &spot))
			return true;
	}
	for (size_t i = 0; i < e->worker_count; i++) {
		struct queue_spot spot = worker_spot(e, e->workers[i]);

		if (queue_class_could_fit(c, &spot))
			return true;
	}
	return e->pool_count == 0;
}

/* A worker that is back under another session has no use for the older one. */
static void end_older_sessions(struct engine *e, const struct engine_worker *w, int64_t now_ms)
{
	for (size_t i = e->worker_count; i-- > 0;) {
		struct worker *other = e->workers[i];

		if (other->session != w->session && str_eq(other->name, w->name))
			engine_worker_gone(e, other->session, now_ms);
	}
}

int engine_worker_register(struct engine *e, const struct engine_worker *from, int64_t now_ms)
{
	struct worker *w;

	engine_now(e, now_ms);
	if (from->pool >= e->pool_count)
		return ERR_NOT_FOUND;
	BUG_ON(from->session == 0 || !from->name);
	end_older_sessions(e, from, now_ms);
	w = worker_by_session(e, from->session);
	if (!w)
		w = worker_create(e, from->session, from->pool);
	free(w->name);
	w->name = mem_strdup(from->name);
	w->slots = from->slots ? from->slots : 1;
	w->window = from->window;
	w->paused = w->draining;
	label_set_finish(&w->labels);
	label_set_add_set(&w->labels, &e->pools[w->pool]->pool.labels);
	label_set_add(&w->labels, &e->queue.labels, from->labels, from->label_count);
	e->stirred = true;
	return 0;
}

void engine_worker_pause(struct engine *e, uint64_t session)
{
	struct worker *w = worker_by_session(e, session);

	if (!w)
		return;
	w->paused = true;
	worker_reap(e);
}

void engine_worker_drain(struct engine *e, uint64_t session)
{
	struct worker *w = worker_by_session(e, session);

	if (w)
		w->paused = w->draining = true;
}

static void forget(struct engine *e, size_t at)
{
	struct worker *w = e->workers[at];
	struct engine_pool *p = e->pools[w->pool];

	if (w->name && p->wanted > 0)
		p->wanted--;
	memmove(&e->workers[at], &e->workers[at + 1],
		(e->worker_count - at - 1) * sizeof(struct worker *));
	e->worker_count--;
	worker_free(w);
	e->stirred = true;
}

void engine_worker_gone(struct engine *e, uint64_t session, int64_t now_ms)
{
	struct worker *w = worker_by_session(e, session);

	engine_now(e, now_ms);
	if (!w)
		return;
	w->paused = true;
	while (w->first)
		lease_expire(e, w->first);
	for (size_t i = 0; i < e->worker_count; i++)
		if (e->workers[i] == w)
			forget(e, i--);
}

void worker_reap(struct engine *e)
{
	for (size_t i = e->worker_count; i-- > 0;) {
		const struct worker *w = e->workers[i];

		if (w->paused && !w->draining && w->lease_count == 0)
			forget(e, i);
	}
}
