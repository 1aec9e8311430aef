/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - turn a checked pipeline into an immutable plan */
#include "scheduler/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/plan/key.h"
#include "scheduler/plan/plan_priv.h"

/* Marks the step and all that it depends on. */
static void mark_needed(const struct pipeline *p, size_t step, bool *needed)
{
	needed[step] = true;
	for (size_t i = p->step_count; i-- > 0;) {
		size_t s = p->order[i];

		for (size_t d = 0; needed[s] && d < p->steps[s].dep_count; d++)
			needed[p->steps[s].deps[d]] = true;
	}
}

static int choose_steps(struct plan *plan, bool *needed, struct err *err)
{
	const struct pipeline *p = plan->pipeline;
	const char *only = plan->context.only;
	const char **names;
	const char *near;
	size_t step;

	if (!only) {
		memset(needed, true, p->step_count * sizeof(*needed));
		return 0;
	}
	step = pipeline_step_index(p, only);
	if (step != SIZE_MAX) {
		mark_needed(p, step, needed);
		return 0;
	}
	names = arena_array(&plan->arena, p->step_count, sizeof(*names));
	for (size_t i = 0; i < p->step_count; i++)
		names[i] = p->steps[i].name;
	near = str_suggest(only, names, p->step_count);
	err_set(err, ERR_NOT_FOUND, "pipeline %s has no step '%s'", p->name, only);
	if (near)
		err_hint(err, "did you mean '%s'?", near);
	return ERR_NOT_FOUND;
}

static bool is_cacheable(const struct step *def)
{
	return def->cache && def->kind != STEP_DEPLOY && !def->finally;
}

/* Lays out the instances of all chosen steps, parents before children. */
static int lay_out(struct plan *plan, const bool *needed, struct err *err)
{
	const struct pipeline *p = plan->pipeline;
	const struct value ***values = arena_array(&plan->arena, p->step_count, sizeof(*values));
	uint32_t at = 0;

	for (size_t i = 0; i < p->step_count; i++) {
		size_t s = p->order[i];

		plan->first[s] = plan->count;
		if (!needed[s])
			continue;
		plan->instances[s] =
			(uint32_t)matrix_expand(&p->steps[s].matrix, &plan->arena, &values[s]);
		if (plan->instances[s] == 0)
			return err_set(err, ERR_INVALID,
				       "%s:%d:%d: the matrix of %s excludes every combination",
				       p->file, p->steps[s].matrix.pos.line,
				       p->steps[s].matrix.pos.column, p->steps[s].name);
		plan->count += plan->instances[s];
	}
	if (plan->count > PIPELINE_INSTANCES_MAX)
		return err_set(err, ERR_TOO_LARGE, "pipeline %s has %u step instances; the limit is %d",
			       p->name, plan->count, PIPELINE_INSTANCES_MAX);
	plan->steps = arena_array(&plan->arena, plan->count, sizeof(*plan->steps));
	for (size_t i = 0; i < p->step_count; i++) {
		size_t d = p->order[i];

		for (uint32_t n = 0; n < plan->instances[d]; n++, at++) {
			struct plan_step *s = &plan->steps[at];

			s->index = at;
			s->def_index = (uint32_t)d;
			s->def = &p->steps[d];
			s->matrix = values[d][n];
			s->name = matrix_instance_name(s->def, s->matrix, &plan->arena);
			s->cacheable = is_cacheable(s->def);
			if (plan->context.sources)
				s->sources = plan->context.sources[d];
		}
	}
	return 0;
}

static void copy_context(struct plan *plan, const struct plan_context *c)
{
	struct arena *a = &plan->arena;
	struct plan_pin *pins = arena_array(a, c->pin_count, sizeof(*pins));

	plan->context = *c;
	plan->context.commit = arena_strdup(a, c->commit);
	plan->context.ref = arena_strdup(a, c->ref);
	plan->context.branch = arena_strdup(a, c->branch);
	plan->context.trigger = arena_strdup(a, c->trigger);
	plan->context.only = arena_strdup(a, c->only);
	if (c->sources)
		plan->context.sources = arena_copy(a, c->sources, plan->pipeline->step_count *
								  sizeof(*c->sources));
	for (size_t i = 0; i < c->pin_count; i++) {
		pins[i] = c->pins[i];
		pins[i].address = arena_strdup(a, c->pins[i].address);
	}
	plan->context.pins = pins;
}

/* What identifies the plan: names, edges, and all of the keys that is known. */
static void compute_digest(struct plan *plan)
{
	struct hash *h = hash_create();
	struct buf text = BUF_INIT;

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_step *s = &plan->steps[i];

		buf_clear(&text);
		buf_printf(&text, "step %s\n", s->name);
		plan_key_static(plan, s, &text);
		for (uint32_t p = 0; p < s->parent_count; p++)
			buf_printf(&text, "parent %u %d\n", s->parents[p].index, s->parents[p].data);
		hash_update(h, text.data, text.len);
	}
	hash_final(h, &plan->digest);
	hash_destroy(h);
	buf_finish(&text);
}

static void copy_params(struct plan *plan, const struct value *params)
{
	size_t count = plan->pipeline->param_count;
	struct value *copy = arena_array(&plan->arena, count, sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		copy[i] = params[i];
		copy[i].text = arena_strdup(&plan->arena, params[i].text);
	}
	plan->params = copy;
}

static int build(struct plan *plan, struct err *err)
{
	bool *needed = arena_array(&plan->arena, plan->pipeline->step_count, sizeof(*needed));
	int rc = choose_steps(plan, needed, err);

	if (rc == 0)
		rc = lay_out(plan, needed, err);
	for (uint32_t i = 0; rc == 0 && i < plan->count; i++)
		rc = render_step(plan, &plan->steps[i], err);
	if (rc == 0)
		rc = link_steps(plan, err);
	if (rc == 0)
		rc = render_group(plan, &plan->pipeline->concurrency, NULL, &plan->group, err);
	if (rc == 0)
		compute_digest(plan);
	return rc;
}

int plan_make(const struct pipeline *p, const struct value *params,
	      const struct plan_context *context, struct plan **ret, struct err *err)
{
	struct plan *plan = mem_alloc(sizeof(*plan));
	int rc;

	plan->pipeline = p;
	copy_context(plan, context);
	copy_params(plan, params);
	plan->first = arena_array(&plan->arena, p->step_count, sizeof(*plan->first));
	plan->instances = arena_array(&plan->arena, p->step_count, sizeof(*plan->instances));
	rc = build(plan, err);
	if (rc < 0)
		plan_destroy(plan);
	else
		*ret = plan;
	return rc;
}

void plan_destroy(struct plan *plan)
{
	struct arena arena;

	if (!plan)
		return;
	arena = plan->arena;
	arena_finish(&arena);
	free(plan);
}

const struct plan_step *plan_step_by_name(const struct plan *plan, const char *name)
{
	size_t def;

	for (uint32_t i = 0; i < plan->count; i++) {
		if (str_eq(plan->steps[i].name, name))
			return &plan->steps[i];
	}
	def = pipeline_step_index(plan->pipeline, name);
	if (def != SIZE_MAX && plan->instances[def] == 1)
		return &plan->steps[plan->first[def]];
	return NULL;
}
