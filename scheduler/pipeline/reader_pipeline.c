/* SPDX-License-Identifier: Apache-2.0 */
/* reader_pipeline.c - fill the pipeline: parameters, triggers, defaults, steps */
#include "scheduler/pipeline/reader_priv.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

static const struct word default_shell[] = {
	{ { 0, 0 }, "sh" }, { { 0, 0 }, "-eu" }, { { 0, 0 }, "-c" },
};

/* What a step has unless it, or `defaults`, says otherwise. */
static const struct step step_defaults = {
	.retry = { .backoff_ms = 1000, .on_failed = true, .on_lost = true, .on_timed_out = true },
	.resources = { .cpu_milli = 1000 },
	.grace_ms = 10000,
	.workdir = ".",
	.shell = { .count = countof(default_shell), .items = default_shell },
	.cache = true,
	.concurrency = { .limit = 1 },
	.deployment = { .model_input = SIZE_MAX,
			.model_output = SIZE_MAX,
			.verify = { .within_ms = 30000 } },
};

void fill_params(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct pipeline *p = field;
	struct param *params = arena_array(&p->arena, node->count, sizeof(*params));

	(void)shape;
	p->params = params;
	reader_check_env_names(r, node);
	for (const struct node *n = node->first; n; n = n->next) {
		struct param *param = &params[p->param_count++];

		*param = (struct param){ .pos = n->key->pos,
					 .name = n->key->text,
					 .value = n->value };
		map_set(&r->param_by_name, param->name, param);
	}
}

/* The words of `on: push` and `on: [push, manual]`. */
static void fill_trigger_words(const struct node *node, struct triggers *t)
{
	if (node->kind == NODE_LIST) {
		for (const struct node *n = node->first; n; n = n->next)
			t->push |= !n->bad && str_eq(n->text, "push");
		return;
	}
	t->push = str_eq(node->text, "push");
}

void fill_triggers(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, field);
	else
		fill_trigger_words(node, field);
}

void fill_push(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct triggers *t = field;

	t->push = true;
	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, t);
}

void fill_schedules(struct reader *r, const struct shape *shape, const struct node *node,
		    void *field)
{
	bool is_list = node->kind == NODE_LIST;
	struct schedule *all = arena_array(&r->p->arena, is_list ? node->count : 1, sizeof(*all));
	const struct shape *item = is_list ? shape->item : shape;
	struct triggers *t = field;

	t->schedules = all;
	for (const struct node *n = is_list ? node->first : node; n; n = is_list ? n->next : NULL) {
		struct schedule *s = &all[t->schedule_count];

		if (n->bad)
			continue;
		*s = (struct schedule){ .pos = n->pos, .timezone = "UTC" };
		if (n->kind == NODE_MAP)
			fill_map(r, item, n, s);
		else
			s->cron = n->text;
		t->schedule_count++;
	}
}

void fill_defaults(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	(void)field;
	fill_map(r, shape, node, &r->defaults);
}

void fill_steps(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct pipeline *p = field;
	const struct node **nodes = arena_array(&p->arena, node->count, sizeof(*nodes));

	r->steps = arena_array(&p->arena, node->count, sizeof(*r->steps));
	r->step_nodes = nodes;
	p->steps = r->steps;
	if (node->count > PIPELINE_STEPS_MAX)
		reader_fail(r, node->key, "too-large", NULL, "more than %d steps",
			    PIPELINE_STEPS_MAX);
	for (const struct node *n = node->first; n; n = n->next) {
		r->step = p->step_count++;
		nodes[r->step] = n;
		shape->others->fill(r, shape->others, n, &r->steps[r->step]);
	}
	r->step = SIZE_MAX;
}

/* The name of the file without its ending, if that is a name. */
static const char *name_from_file(struct pipeline *p)
{
	const char *base = path_base(p->file), *dot = strrchr(base, '.');
	char *name = arena_strndup(&p->arena, base, dot ? (size_t)(dot - base) : strlen(base));

	return path_is_name(name) ? name : "pipeline";
}

void reader_pipeline(struct reader *r, const struct node *root)
{
	r->defaults = step_defaults;
	r->step = SIZE_MAX;
	r->p->name = name_from_file(r->p);
	r->p->triggers.manual = true;
	r->p->concurrency.limit = 1;
	fill_map(r, &shape_pipeline, root, r->p);
}
