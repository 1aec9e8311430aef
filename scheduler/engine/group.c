/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - concurrency groups: how many runs of one name are under way at once
 *
 * A run joins when it is submitted and leaves when it ends; what is cancelled
 * holds its place until its last step has ended. Starts are put off until the
 * engine is asked for decisions, so that all runs of a restart are there first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

void groups_finish(struct engine *e)
{
	struct map_entry *entry;

	for (size_t i = 0; map_next(&e->groups, &i, &entry);) {
		struct group *g = entry->value;

		free(g->name);
		free(g->active);
		free(g->waiting);
		free(g);
	}
	map_finish(&e->groups);
}

static struct group *group_named(struct engine *e, const char *name)
{
	struct group *g = map_get(&e->groups, name);

	if (g)
		return g;
	g = mem_alloc(sizeof(*g));
	g->name = mem_strdup(name);
	map_set(&e->groups, name, g);
	return g;
}

static void enter(struct engine_run ***runs, size_t *count, size_t *cap, struct engine_run *er)
{
	*runs = mem_grow(*runs, cap, *count + 1, sizeof(**runs));
	(*runs)[(*count)++] = er;
}

/* Returns whether it was among them. */
static bool leave(struct engine_run **runs, size_t *count, const struct engine_run *er)
{
	for (size_t i = 0; i < *count; i++) {
		if (runs[i] != er)
			continue;
		memmove(&runs[i], &runs[i + 1], (*count - i - 1) * sizeof(*runs));
		(*count)--;
		return true;
	}
	return false;
}

/* Queues it; a restored run that was under way is moved on by group_admit. */
void group_join(struct engine *e, struct engine_run *er, const char *name, uint32_t limit)
{
	struct group *g = group_named(e, name);

	er->group = g;
	g->limit = limit ? limit : 1;
	enter(&g->waiting, &g->waiting_count, &g->waiting_cap, er);
	e->stirred = e->regroup = true;
}

/* Cancels from the end, as a queued run leaves the list at once. */
static void cancel_runs(struct engine *e, struct engine_run **runs, size_t count,
			const struct engine_run *newest)
{
	while (count-- > 0) {
		if (runs[count] == newest)
			continue;
		run_cancel(runs[count]->run, REASON_SUPERSEDED, false);
		engine_absorb(e, runs[count]);
	}
}

void group_apply_policy(struct engine *e, struct engine_run *er, enum group_policy policy)
{
	struct group *g = er->group;

	switch (policy) {
	case GROUP_CANCEL_RUNNING:
		cancel_runs(e, g->active, g->active_count, er);
		cancel_runs(e, g->waiting, g->waiting_count, er);
		break;
	case GROUP_REPLACE_PENDING:
		cancel_runs(e, g->waiting, g->waiting_count, er);
		break;
	case GROUP_SKIP:
		if (g->active_count + g->waiting_count > g->limit)
			run_cancel(er->run, REASON_GROUP_BUSY, true);
		break;
	case GROUP_QUEUE:
	case GROUP_POLICY_COUNT:
		break;
	}
}

void group_leave(struct engine *e, struct engine_run *er)
{
	struct group *g = er->group;

	if (!g)
		return;
	er->group = NULL;
	if (!leave(g->active, &g->active_count, er))
		leave(g->waiting, &g->waiting_count, er);
	e->stirred = true;
	e->regroup |= !PLANTED(e, GROUP_STUCK);
}

/* Restored runs that were under way keep their place, beyond the limit if need be. */
static void admit_restored(struct group *g)
{
	for (size_t i = 0; i < g->waiting_count;) {
		struct engine_run *er = g->waiting[i];

		if (er->run->state != RUN_STATE_RUNNING) {
			i++;
			continue;
		}
		leave(g->waiting, &g->waiting_count, er);
		enter(&g->active, &g->active_count, &g->active_cap, er);
	}
}

static void admit(struct engine *e, struct group *g)
{
	admit_restored(g);
	while (g->active_count < g->limit && g->waiting_count > 0) {
		struct engine_run *er = g->waiting[0];

		leave(g->waiting, &g->waiting_count, er);
		enter(&g->active, &g->active_count, &g->active_cap, er);
		run_start(er->run);
		engine_absorb(e, er);
	}
}

static void group_destroy(struct engine *e, struct group *g)
{
	map_remove(&e->groups, g->name);
	free(g->name);
	free(g->active);
	free(g->waiting);
	free(g);
}

void group_admit(struct engine *e)
{
	struct map_entry *entry;

	if (!e->regroup)
		return;
	e->regroup = false;
	for (size_t i = 0; map_next(&e->groups, &i, &entry);) {
		struct group *g = entry->value;

		admit(e, g);
		if (g->active_count + g->waiting_count == 0)
			group_destroy(e, g);
	}
}
