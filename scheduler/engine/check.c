/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - the invariants across runs, queue and leases, executed
 *
 * What is counted is counted once more from what it counts.
 */

#include "scheduler/engine/engine_priv.h"

/* ── Steps and their places ───────────────────────────────────────────── */

static bool place_agrees(enum step_state state, enum queue_place place)
{
	if (state == STEP_STATE_READY)
		return place >= QUEUE_PLACE_DELAYED && place <= QUEUE_PLACE_READY;
	if (state == STEP_STATE_LEASED || state == STEP_STATE_RUNNING)
		return place == QUEUE_PLACE_TAKEN;
	return place == QUEUE_PLACE_NONE;
}

static const char *check_step(const struct engine *e, const struct engine_run *er, uint32_t index)
{
	const struct run_step *s = &er->run->steps[index];
	const struct lease *l = idmap_get(&e->leases, step_id(er->run->number, index));

	if (!place_agrees(s->state, er->places[index]))
		return "a step's state and its place in the queue do not agree";
	if (l && l->fence != s->fence)
		return "a lease has another fence than its step";
	if (l && s->state != (l->started ? STEP_STATE_RUNNING : STEP_STATE_LEASED))
		return "a lease and its step do not agree";
	if (!l && (s->state == STEP_STATE_LEASED || s->state == STEP_STATE_RUNNING))
		return "a step runs without a lease";
	return NULL;
}

static bool has_token(enum queue_place place, enum queue_limit_kind kind)
{
	return place >= QUEUE_PLACE_READY ||
	       (place >= QUEUE_PLACE_PARKED && (int)place - QUEUE_PLACE_PARKED > (int)kind);
}

/* How many tokens of the limit, and places in the class, the steps have. */
static void count_steps(const struct engine *e, const struct queue_limit *limit,
			const struct queue_class *class, uint32_t *ret_tokens, uint32_t *ret_ready)
{
	uint64_t number;
	void *value;

	*ret_tokens = *ret_ready = 0;
	for (size_t i = 0; idmap_next(&e->runs, &i, &number, &value);) {
		const struct engine_run *er = value;

		for (uint32_t index = 0; index < er->run->step_count; index++) {
			struct queue_item item = engine_item(er, index);

			*ret_ready += item.class == class && *item.place == QUEUE_PLACE_READY;
			for (int kind = 0; kind < QUEUE_LIMIT_COUNT; kind++)
				*ret_tokens += limit && item.limits[kind] == limit &&
					       has_token(*item.place, kind);
		}
	}
}

static const char *check_limit(const struct engine *e, const struct queue_limit *limit)
{
	uint32_t tokens, ready;

	count_steps(e, limit, NULL, &tokens, &ready);
	return tokens == limit->used ? NULL : "a limit's tokens do not add up";
}

static const char *check_queue(const struct engine *e)
{
	struct map_entry *entry;
	const char *broken = NULL;
	uint32_t tokens, ready;

	for (size_t i = 0; !broken && map_next(&e->queue.limits, &i, &entry);)
		broken = check_limit(e, entry->value);
	for (size_t i = 0; !broken && i < e->queue.class_count; i++) {
		count_steps(e, NULL, e->queue.classes[i], &tokens, &ready);
		if (ready != e->queue.classes[i]->live)
			broken = "a class does not know how many of it are ready";
	}
	return broken;
}

static const char *check_run(const struct engine *e, const struct engine_run *er)
{
	const char *broken = run_check(er->run);

	for (uint32_t i = 0; !broken && i < er->run->step_count; i++)
		broken = check_step(e, er, i);
	for (uint32_t i = 0; !broken && i < er->run->spec_count; i++)
		if (er->placements[i].matrix)
			broken = check_limit(e, er->placements[i].matrix);
	return broken;
}

/* ── Workers and what they hold ───────────────────────────────────────── */

static const char *check_worker(const struct engine *e, const struct worker *w, struct pool *held)
{
	uint32_t count = 0, holding = 0;

	for (const struct lease *l = w->first; l; l = l->next) {
		count++;
		if (l->worker != w || idmap_get(&e->leases, l->step) != l)
			return "a lease is not where it should be";
		if (!l->holds)
			continue;
		holding++;
		if (held->gpus_held & l->gpus)
			return "two steps hold one GPU";
		if ((uint32_t)__builtin_popcountll(l->gpus) != l->class->demand.gpus)
			return "a step holds another number of GPUs than it asked for";
		pool_take_back(held, &l->class->demand, l->gpus);
	}
	if (count != w->lease_count || holding != w->holding)
		return "a worker's leases do not add up";
	return NULL;
}

static const char *check_pool(const struct engine *e, uint32_t number)
{
	const struct pool *p = &e->pools[number]->pool;
	struct pool held = { 0 };

	for (size_t i = 0; i < e->worker_count; i++) {
		const char *broken = NULL;

		if (e->workers[i]->pool == number)
			broken = check_worker(e, e->workers[i], &held);
		if (broken)
			return broken;
	}
	if (held.cpu_milli_held != p->cpu_milli_held ||
	    held.memory_bytes_held != p->memory_bytes_held ||
	    held.disk_bytes_held != p->disk_bytes_held || held.gpus_held != p->gpus_held)
		return "a pool's resources do not add up";
	return NULL;
}

static const char *check_leases(const struct engine *e)
{
	size_t listed = 0;

	for (size_t i = 0; i < e->worker_count; i++) {
		listed += e->workers[i]->lease_count;
		for (const struct lease *l = e->workers[i]->first; l; l = l->next)
			if (l->deadline_ms < e->expiry_ms)
				return "a lease would expire unseen";
	}
	return listed == e->leases.live ? NULL : "a lease has no worker";
}

const char *engine_check(const struct engine *e)
{
	const char *broken = check_leases(e);
	size_t open = 0;
	uint64_t number;
	void *value;

	for (size_t i = 0; !broken && idmap_next(&e->runs, &i, &number, &value);) {
		const struct engine_run *er = value;

		open += !run_state_is_terminal(er->run->state);
		broken = check_run(e, er);
	}
	for (uint32_t i = 0; !broken && i < e->pool_count; i++)
		broken = check_pool(e, i);
	if (!broken)
		broken = check_queue(e);
	if (!broken && open != e->open_runs)
		broken = "the count of open runs does not add up";
	return broken;
}
