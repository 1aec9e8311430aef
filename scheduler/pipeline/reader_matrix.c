/* SPDX-License-Identifier: Apache-2.0 */
/* reader_matrix.c - fill a matrix: its axes, what is included and excluded
 *
 * Every entry of include gives a value to every axis, and so is one instance;
 * an entry of exclude may leave axes out. Without axes the first include says
 * which there are.
 */
#include "scheduler/pipeline/reader_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct value *find_value(const struct axis *axis, const struct value *value)
{
	for (size_t i = 0; i < axis->count; i++)
		if (value_eq(&axis->values[i], value))
			return &axis->values[i];
	return NULL;
}

/* "1" and 1 are two values, but one name of an instance: they count as equal. */
static void fill_axis(struct reader *r, const struct node *node, struct axis *axis)
{
	struct value *values = arena_array(&r->p->arena, node->count, sizeof(*values));
	struct map seen = MAP_INIT;

	*axis = (struct axis){ .pos = node->key->pos, .name = node->key->text, .values = values };
	for (const struct node *n = node->first; n; n = n->next) {
		if (n->bad)
			continue;
		if (map_set(&seen, n->value.text, (void *)n))
			reader_fail(r, n, "bad-matrix", NULL, "the value %s of '%s' is there twice",
				    n->text, axis->name);
		values[axis->count++] = n->value;
	}
	map_finish(&seen);
}

/* Entries that are no key of the format; or the names of the first include. */
static void fill_axes(struct reader *r, const struct shape *shape, const struct node *node,
		      struct matrix *m)
{
	const struct node *first = node_at(node_get(node, "include"), 0);
	struct axis *axes = arena_array(&r->p->arena, node->count + (first ? first->count : 0),
					sizeof(*axes));

	for (const struct node *n = node->first; n; n = n->next)
		if (!shape_key(shape, n->key->text))
			fill_axis(r, n, &axes[m->axis_count++]);
	if (m->axis_count == 0 && first && first->kind == NODE_MAP && !first->bad)
		for (const struct node *n = first->first; n; n = n->next)
			axes[m->axis_count++] =
				(struct axis){ .pos = n->key->pos, .name = n->key->text };
	m->axes = axes;
}

static void refuse_axis(struct reader *r, const struct matrix *m, const struct node *n)
{
	const char **names = mem_array(m->axis_count + 1, sizeof(*names));
	char hint[128];

	for (size_t i = 0; i < m->axis_count; i++)
		names[i] = m->axes[i].name;
	reader_suggest(r, n->key->text, names, m->axis_count, hint, sizeof(hint));
	reader_fail(r, n->key, "bad-matrix", hint, "the matrix has no axis '%s'", n->key->text);
	free(names);
}

static size_t axis_index(const struct matrix *m, const char *name)
{
	size_t i = 0;

	while (i < m->axis_count && strcmp(m->axes[i].name, name) != 0)
		i++;
	return i;
}

static void check_combination(struct reader *r, const struct matrix *m, const struct node *node,
			      const struct combination *c, bool is_include)
{
	for (size_t i = 0; i < m->axis_count; i++) {
		const struct node *n = node_get(node, m->axes[i].name);

		if (is_include && !n)
			reader_fail(r, node, "bad-matrix", NULL,
				    "this entry gives no value to '%s'", m->axes[i].name);
		if (!is_include && c->values[i] && !find_value(&m->axes[i], c->values[i]))
			reader_fail(r, n, "bad-matrix", NULL, "'%s' has no value %s to exclude",
				    m->axes[i].name, n->text);
	}
}

static size_t fill_combinations(struct reader *r, const struct matrix *m, const struct node *list,
				bool is_include, const struct combination **ret)
{
	struct combination *all = arena_array(&r->p->arena, list ? list->count : 0, sizeof(*all));
	size_t count = 0;

	for (const struct node *node = list ? list->first : NULL; node; node = node->next) {
		const struct value **values =
			arena_array(&r->p->arena, m->axis_count, sizeof(*values));

		if (node->bad)
			continue;
		for (const struct node *n = node->first; n; n = n->next) {
			size_t axis = axis_index(m, n->key->text);

			if (axis == m->axis_count)
				refuse_axis(r, m, n);
			else if (!n->bad)
				values[axis] = &n->value;
		}
		all[count] = (struct combination){ .pos = node->pos, .values = values };
		check_combination(r, m, node, &all[count++], is_include);
	}
	*ret = all;
	return count;
}

void fill_matrix(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct matrix *m = field;
	const struct node *include = node_get(node, "include"),
			  *exclude = node_get(node, "exclude");

	fill_placed_map(r, shape, node, m);
	reader_check_env_names(r, node);
	fill_axes(r, shape, node, m);
	if (include && !include->bad)
		m->include_count = fill_combinations(r, m, include, true, &m->include);
	if (exclude && !exclude->bad)
		m->exclude_count = fill_combinations(r, m, exclude, false, &m->exclude);
	if (m->axis_count == 0)
		reader_fail(r, node->key, "bad-matrix", "as in rate: [0.1, 0.5]",
			    "the matrix has no axis");
}
