/* SPDX-License-Identifier: Apache-2.0 */
/* links.c - resolve what steps say of each other, and of themselves as a whole */
#include "scheduler/pipeline/reader_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* The struct step again, for its parts are const to everybody else. */
static struct input *inputs_of(struct step *s)
{
	return (struct input *)s->inputs;
}

static bool is_bad(const struct node *node)
{
	return node && node->bad;
}

static size_t find_step(struct reader *r, const char *name)
{
	const struct step *s = map_get(&r->step_by_name, name);

	return s ? (size_t)(s - r->steps) : SIZE_MAX;
}

static void refuse_step(struct reader *r, struct pos pos, const char *name)
{
	size_t count = diagnostics_is_full(r->d) ? 0 : r->p->step_count;
	const char **names = mem_array(count + 1, sizeof(*names));
	char hint[128];

	for (size_t i = 0; i < count; i++)
		names[i] = r->steps[i].name;
	reader_suggest(r, name, names, count, hint, sizeof(hint));
	diagnostics_add(r->d, pos, (int)strlen(name), "unknown-step", hint,
			"there is no step '%s'", name);
	free(names);
}

static void refuse_output(struct reader *r, const struct input *in, const struct step *from,
			  const char *name)
{
	size_t count = diagnostics_is_full(r->d) ? 0 : from->output_count;
	const char **names = mem_array(count + 1, sizeof(*names));
	char hint[128];

	for (size_t i = 0; i < count; i++)
		names[i] = from->outputs[i].name;
	reader_suggest(r, name, names, count, hint, sizeof(hint));
	diagnostics_add(r->d, in->from_pos, (int)strlen(in->address.text), "unknown-output", hint,
			"the step '%s' has no output '%s'", from->name, name);
	free(names);
}

/* Selects */

static size_t axis_of(const struct matrix *m, const char *name)
{
	for (size_t i = 0; i < m->axis_count; i++)
		if (str_eq(m->axes[i].name, name))
			return i;
	return SIZE_MAX;
}

/* Whether some instance has this value; what exclude drops is for the plan to see. */
static bool takes_value(const struct matrix *m, size_t axis, const struct value *value)
{
	for (size_t i = 0; i < m->axes[axis].count; i++)
		if (value_eq(&m->axes[axis].values[i], value))
			return true;
	for (size_t i = 0; i < m->include_count; i++)
		if (m->include[i].values[axis] && value_eq(m->include[i].values[axis], value))
			return true;
	return false;
}

static void link_select_values(struct reader *r, const struct step *from, struct select *select,
			       const struct node *values)
{
	struct value *chosen = arena_array(&r->p->arena, from->matrix.axis_count, sizeof(*chosen));

	select->values = chosen;
	for (const struct node *n = values->first; n; n = n->next) {
		size_t axis = axis_of(&from->matrix, n->key->text);

		if (axis == SIZE_MAX)
			reader_fail(r, n->key, "bad-select", NULL,
				    "the matrix of '%s' has no axis '%s'", from->name,
				    n->key->text);
		else if (!takes_value(&from->matrix, axis, &n->value))
			reader_fail(r, n, "bad-select", NULL, "'%s' of the step '%s' is never %s",
				    n->key->text, from->name, n->text);
		else
			chosen[axis] = n->value;
	}
	for (size_t i = 0; i < from->matrix.axis_count; i++)
		if (!node_get(values, from->matrix.axes[i].name))
			reader_fail(r, values->key, "bad-select", NULL,
				    "this does not say which '%s' of the step '%s'",
				    from->matrix.axes[i].name, from->name);
}

static void link_select(struct reader *r, const struct step *from, struct select *select,
			const struct node *node)
{
	const struct node *metric = node_get(node, "metric"), *values = node_get(node, "matrix");
	const struct node *from_node = r->step_nodes[from - r->steps];

	if (is_bad(from_node) || is_bad(node_get(from_node, "matrix")))
		return;
	if (from->matrix.axis_count == 0)
		reader_fail(r, node->key, "bad-select", "leave 'select' out",
			    "the step '%s' has no matrix to select from", from->name);
	else if (!metric == !values || !metric != !node_get(node, "mode"))
		reader_fail(r, node->key, "bad-select", "write { metric: accuracy, mode: max }",
			    "a selection has a metric and a mode, or values of the matrix");
	else if (metric && !node_get(from_node, "metrics"))
		reader_fail(r, metric, "bad-select", NULL, "the step '%s' has no 'metrics'",
			    from->name);
	else if (values && !values->bad)
		link_select_values(r, from, select, values);
}

/* Inputs */

static void check_unpack(struct reader *r, const struct step *from, const struct node *node)
{
	if (from->matrix.axis_count && !node_get(node, "select"))
		reader_fail(r, node_get(node, "unpack")->key, "bad-value",
			    "choose an instance with 'select'",
			    "the outputs of all instances of '%s' are a folder, not an archive",
			    from->name);
}

static void link_input(struct reader *r, struct input *in, const struct node *node)
{
	const char *dot = strchr(in->address.text, '.');
	char *name = mem_strndup(in->address.text, (size_t)(dot - in->address.text));
	const struct node *select = node_get(node, "select");

	in->step = find_step(r, name);
	if (in->step == SIZE_MAX) {
		refuse_step(r, in->from_pos, name);
	} else {
		in->output = step_output_index(&r->steps[in->step], dot + 1);
		if (in->output == SIZE_MAX && !is_bad(node_get(r->step_nodes[in->step], "outputs")))
			refuse_output(r, in, &r->steps[in->step], dot + 1);
		if (select && !select->bad)
			link_select(r, &r->steps[in->step], &in->select, select);
		if (in->unpack)
			check_unpack(r, &r->steps[in->step], node);
	}
	free(name);
}

static void link_inputs(struct reader *r, struct step *s, const struct node *node)
{
	const struct node *inputs = node_get(node, "inputs");

	for (size_t i = 0; i < s->input_count; i++) {
		struct input *in = &inputs_of(s)[i];
		const struct node *n = node_get(inputs, in->name), *select = node_get(n, "select");

		if (node_get(n, "from"))
			in->from_pos = node_get(n, "from")->pos;
		if (in->form == INPUT_STEP && in->address.text)
			link_input(r, in, n);
		else if (select && in->form == INPUT_ADDRESS)
			reader_fail(r, select->key, "bad-select", "leave 'select' out",
				    "an address has no instances to select from");
	}
}

static void check_need(struct reader *r, const struct step *s, const struct word *word)
{
	size_t need = find_step(r, word->text);

	if (need == SIZE_MAX)
		refuse_step(r, word->pos, word->text);
	else if (r->steps[need].finally && !s->finally)
		diagnostics_add(
			r->d, word->pos, (int)strlen(word->text), "bad-needs", NULL,
			"'%s' runs when all others are over ('finally'): '%s' cannot wait for it",
			word->text, s->name);
}

/* Adds a step to deps once; stamp[step] is the user it was added for last. */
static void add_dep(size_t *deps, size_t *count, size_t *stamp, size_t user, size_t step)
{
	if (step == SIZE_MAX || stamp[step] == user + 1)
		return;
	stamp[step] = user + 1;
	deps[(*count)++] = step;
}

static void link_deps(struct reader *r, struct step *s, size_t *stamp)
{
	size_t *deps = arena_array(&r->p->arena, s->input_count + s->needs.count, sizeof(*deps));
	size_t user = (size_t)(s - r->steps);

	for (size_t i = 0; i < s->input_count; i++)
		add_dep(deps, &s->dep_count, stamp, user, s->inputs[i].step);
	for (size_t i = 0; i < s->needs.count; i++) {
		check_need(r, s, &s->needs.items[i]);
		add_dep(deps, &s->dep_count, stamp, user, find_step(r, s->needs.items[i].text));
	}
	s->deps = deps;
}

/* A step by itself */

static void check_output_paths(struct reader *r, const struct step *s)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < s->output_count; i++) {
		const struct output *out = &s->outputs[i], *first;

		if (!out->path.text)
			continue;
		first = map_set(&seen, out->path.text, (void *)out);
		if (first)
			diagnostics_add(r->d, out->path.pos, (int)strlen(out->path.text),
					"duplicate-path", NULL,
					"the outputs '%s' and '%s' are the same path", first->name,
					out->name);
	}
	map_finish(&seen);
}

static void check_input_paths(struct reader *r, const struct step *s)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < s->input_count; i++) {
		const struct input *in = &s->inputs[i];
		const struct input *first = map_set(&seen, in->path, (void *)in);

		if (first)
			diagnostics_add(r->d, in->pos, (int)strlen(in->name), "duplicate-path",
					NULL, "the inputs '%s' and '%s' are put at the same path",
					first->name, in->name);
	}
	map_finish(&seen);
}

static void check_secrets(struct reader *r, const struct step *s)
{
	for (size_t i = 0; i < s->secrets.count; i++)
		for (size_t k = 0; k < s->env_count; k++)
			if (str_eq(s->secrets.items[i].text, s->env[k].name))
				diagnostics_add(r->d, s->secrets.items[i].pos,
						(int)strlen(s->env[k].name), "duplicate-key", NULL,
						"'%s' is both a secret and in 'env'",
						s->env[k].name);
}

static void check_deployment(struct reader *r, struct step *s, const struct node *node)
{
	const struct node *verify = node_get(node, "verify"), *cache = node_get(node, "cache");
	const struct node *from = node_get(node_get(node, "model"), "from");
	struct deployment *d = &s->deployment;

	if (s->kind != STEP_DEPLOY)
		return;
	if (cache && s->cache)
		reader_fail(r, cache, "bad-value", NULL,
			    "a deployment is never taken from the cache");
	if (verify && !is_bad(verify) && !node_get(verify, "http") == !node_get(verify, "run"))
		reader_fail(r, verify->key, "bad-value", NULL,
			    "'verify' has either 'http' or 'run'");
	if (!d->model_from)
		return;
	d->model_output = step_output_index(s, d->model_from);
	for (size_t i = 0; i < s->input_count && d->model_output == SIZE_MAX; i++)
		if (str_eq(s->inputs[i].name, d->model_from))
			d->model_input = i;
	if (d->model_output == SIZE_MAX && d->model_input == SIZE_MAX)
		reader_fail(r, from, "unknown-input", NULL, "the step has no output or input '%s'",
			    d->model_from);
}

/* Instances before exclude, or more than the limit. */
static int64_t count_instances(const struct matrix *m)
{
	int64_t count = 1;
	bool has_values = false;

	if (m->axis_count == 0)
		return 1;
	for (size_t i = 0; i < m->axis_count && count <= PIPELINE_INSTANCES_MAX; i++) {
		has_values |= m->axes[i].count > 0;
		count *= (int64_t)m->axes[i].count;
	}
	return (has_values ? count : 0) + (int64_t)m->include_count;
}

static void check_matrix(struct reader *r, const struct step *s, const struct node *node,
			 int64_t *total)
{
	int64_t count = count_instances(&s->matrix);

	if (count > PIPELINE_STEP_INSTANCES_MAX)
		reader_fail(r, node_get(node, "matrix")->key, "matrix-too-large", NULL,
			    "the matrix makes more than %d instances", PIPELINE_STEP_INSTANCES_MAX);
	else
		*total += count;
}

static void check_step(struct reader *r, struct step *s, const struct node *node)
{
	const struct node *gates = node_get(node, "gates");

	if (s->gate_count && !node_get(node, "metrics"))
		reader_fail(r, gates->key, "gate-without-metrics", "add metrics: metrics.json",
			    "gates need the step's 'metrics'");
	check_output_paths(r, s);
	check_input_paths(r, s);
	check_secrets(r, s);
	check_deployment(r, s, node);
}

void links_check(struct reader *r)
{
	size_t *stamp = mem_array(r->p->step_count + 1, sizeof(*stamp));
	int64_t instances = 0;

	for (size_t i = 0; i < r->p->step_count; i++)
		map_set(&r->step_by_name, r->steps[i].name, &r->steps[i]);
	for (size_t i = 0; i < r->p->step_count; i++) {
		link_inputs(r, &r->steps[i], r->step_nodes[i]);
		link_deps(r, &r->steps[i], stamp);
		check_step(r, &r->steps[i], r->step_nodes[i]);
		check_matrix(r, &r->steps[i], r->step_nodes[i], &instances);
	}
	if (instances > PIPELINE_INSTANCES_MAX)
		reader_fail(r, r->step_nodes[0], "matrix-too-large", NULL,
			    "the pipeline has more than %d step instances", PIPELINE_INSTANCES_MAX);
	free(stamp);
	order_check(r);
}
