/* SPDX-License-Identifier: Apache-2.0 */
/* live.c - a run while it is live: what the engine does not have to know */
#include "scheduler/daemon/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/engine/engine.h"
#include "workers/wire/grant.h"

struct live_run *live_create(struct daemon *d, uint64_t id, struct pipeline *pipeline,
			     struct plan *plan)
{
	struct live_run *run = mem_alloc(sizeof(*run));

	run->daemon = d;
	run->id = id;
	run->pipeline = pipeline;
	run->plan = plan;
	run->source_texts = arena_array(&run->arena, pipeline->step_count,
					sizeof(*run->source_texts));
	run->steps = arena_array(&run->arena, plan->count, sizeof(*run->steps));
	for (uint32_t i = 0; i < plan->count; i++)
		run->steps[i].exit_code = -1;
	if (id)
		idmap_set(&d->runs, id, run);
	return run;
}

struct live_run *live_find(struct daemon *d, uint64_t id)
{
	return id ? idmap_get(&d->runs, id) : NULL;
}

struct live_run *live_of_step(struct daemon *d, uint64_t step, uint32_t *ret_index)
{
	struct live_run *run = live_find(d, step_id_run(step));

	if (run && ret_index)
		*ret_index = step_id_index(step);
	return run;
}

void live_destroy(struct live_run *run)
{
	plan_destroy(run->plan);
	pipeline_destroy(run->pipeline);
	arena_finish(&run->arena);
	free(run);
}

void live_release(struct live_run *run)
{
	struct daemon *d = run->daemon;

	if (!run->is_recorded || run->followers || run->waiting)
		return;
	engine_forget(d->engine, run->id);
	idmap_remove(&d->runs, run->id);
	live_destroy(run);
	daemon_judge_idle(d);
}

void live_destroy_all(struct daemon *d)
{
	uint64_t id;
	void *run;

	for (size_t i = 0; idmap_next(&d->runs, &i, &id, &run);)
		live_destroy(run);
	idmap_finish(&d->runs);
}

void live_keep_result(struct live_run *run, uint32_t index, const struct output_row *outputs,
		      uint32_t output_count, const struct metric_row *metrics,
		      uint32_t metric_count)
{
	struct arena *a = &run->arena;
	struct output_row *o = arena_copy(a, outputs, output_count * sizeof(*o));
	struct metric_row *m = arena_copy(a, metrics, metric_count * sizeof(*m));
	struct live_step *s = &run->steps[index];

	for (uint32_t i = 0; i < output_count; i++) {
		o[i].name = arena_strdup(a, o[i].name);
		o[i].path = arena_strdup(a, o[i].path);
		o[i].type = arena_strdup(a, o[i].type);
		o[i].registered = arena_strdup(a, o[i].registered);
	}
	for (uint32_t i = 0; i < metric_count; i++)
		m[i].name = arena_strdup(a, m[i].name);
	s->outputs = o;
	s->output_count = output_count;
	s->metrics = m;
	s->metric_count = metric_count;
}

void live_set_message(struct live_run *run, uint32_t index, const char *text)
{
	run->steps[index].message = text && *text ? arena_strdup(&run->arena, text) : NULL;
}

const struct output_row *live_output(const struct live_run *run, uint32_t index, const char *name)
{
	const struct live_step *s = &run->steps[index];

	for (uint32_t i = 0; i < s->output_count; i++) {
		if (str_eq(s->outputs[i].name, name))
			return &s->outputs[i];
	}
	return NULL;
}

const struct metric_row *live_metric(const struct live_run *run, uint32_t index, const char *name)
{
	const struct live_step *s = &run->steps[index];

	for (uint32_t i = 0; i < s->metric_count; i++) {
		if (str_eq(s->metrics[i].name, name))
			return &s->metrics[i];
	}
	return NULL;
}

static void fill_retry(const struct retry *r, struct run_retry *ret)
{
	ret->max = (uint32_t)r->max;
	ret->backoff_ms = r->backoff_ms;
	ret->on = (r->on_failed || r->exit_code_count ? RUN_RETRY_FAILED : 0) |
		  (r->on_timed_out ? RUN_RETRY_TIMED_OUT : 0) | (r->on_lost ? RUN_RETRY_LOST : 0);

	ret->exit_codes = r->on_failed ? NULL : r->exit_codes;
	ret->exit_code_count = r->on_failed ? 0 : r->exit_code_count;
}

static void fill_placement(const struct step *def, struct arena *arena,
			   struct engine_placement *ret)
{
	const struct resources *r = &def->resources;
	const char **labels = arena_array(arena, r->labels.count, sizeof(*labels));

	for (size_t i = 0; i < r->labels.count; i++)
		labels[i] = r->labels.items[i].text;
	ret->demand = (struct demand){ .cpu_milli = r->cpu_milli,
				       .memory_bytes = (int64_t)r->memory_bytes,
				       .disk_bytes = (int64_t)r->disk_bytes,
				       .gpu_memory_bytes = (int64_t)r->gpu_memory_bytes,
				       .gpus = (uint32_t)r->gpu_count,
				       .labels = labels,
				       .label_count = r->labels.count };
	ret->priority = (int)def->priority;
	ret->max_parallel = (uint32_t)def->matrix.max_parallel;
	ret->group_limit = (uint32_t)def->concurrency.limit;
	if (def->kind == STEP_DEPLOY)
		ret->environment = def->deployment.environment ? def->deployment.environment
							       : def->name;
}

static void fill_specs(const struct pipeline *p, struct arena *arena,
		       struct engine_submission *ret)
{
	struct run_step_spec *specs = arena_array(arena, p->step_count, sizeof(*specs));
	struct engine_placement *placements = arena_array(arena, p->step_count,
							  sizeof(*placements));

	for (size_t i = 0; i < p->step_count; i++) {
		const struct step *def = &p->steps[i];

		fill_retry(&def->retry, &specs[i].retry);
		specs[i].on_lost_manual = def->on_lost == ON_LOST_MANUAL;
		specs[i].allow_failure = def->allow_failure;
		specs[i].is_finally = def->finally;
		specs[i].fail_fast = def->matrix.fail_fast;
		fill_placement(def, arena, &placements[i]);
	}
	ret->run.specs = specs;
	ret->run.spec_count = (uint32_t)p->step_count;
	ret->placements = placements;
}

static void fill_graph(const struct plan *plan, struct arena *arena, struct run_spec *ret)
{
	uint32_t *spec_of = arena_array(arena, plan->count, sizeof(*spec_of));
	uint32_t *parent_at = arena_array(arena, plan->count + 1, sizeof(*parent_at));
	uint32_t *parents = arena_array(arena, plan->edges, sizeof(*parents));
	uint32_t at = 0;

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_step *s = &plan->steps[i];

		spec_of[i] = s->def_index;
		parent_at[i] = at;
		for (uint32_t p = 0; p < s->parent_count; p++)
			parents[at++] = s->parents[p].index |
					(s->parents[p].data ? RUN_PARENT_DATA : 0);
	}
	parent_at[plan->count] = at;
	ret->spec_of = spec_of;
	ret->step_count = plan->count;
	ret->parent_at = parent_at;
	ret->parents = parents;
}

static const char *const *step_groups(const struct plan *plan, struct arena *arena)
{
	const char **groups = arena_array(arena, plan->count, sizeof(*groups));

	for (uint32_t i = 0; i < plan->count; i++)
		groups[i] = plan->steps[i].group;
	return groups;
}

static const enum group_policy group_policies[CONCURRENCY_POLICY_COUNT] = {
	[CONCURRENCY_QUEUE] = GROUP_QUEUE,
	[CONCURRENCY_CANCEL_RUNNING] = GROUP_CANCEL_RUNNING,
	[CONCURRENCY_REPLACE_PENDING] = GROUP_REPLACE_PENDING,
	[CONCURRENCY_SKIP] = GROUP_SKIP,
};

void live_submission(const struct live_run *run, struct arena *arena, struct engine_submission *ret)
{
	const struct concurrency *c = &run->pipeline->concurrency;

	*ret = (struct engine_submission){ .run.number = run->id,
					   .step_groups = step_groups(run->plan, arena),
					   .group = run->plan->group,
					   .group_limit = (uint32_t)c->limit,
					   .group_policy = group_policies[c->policy] };
	fill_specs(run->pipeline, arena, ret);
	fill_graph(run->plan, arena, &ret->run);
}
