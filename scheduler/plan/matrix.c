/* SPDX-License-Identifier: Apache-2.0 */
/* matrix.c - the instances of a step: product, less exclude, then include */
#include <string.h>

#include "base/buf.h"
#include "scheduler/plan/plan_priv.h"

static bool combination_matches(const struct combination *c, const struct value *values,
				size_t axes)
{
	for (size_t a = 0; a < axes; a++) {
		if (c->values[a] && !value_eq(c->values[a], &values[a]))
			return false;
	}
	return true;
}

static bool is_excluded(const struct matrix *m, const struct value *values)
{
	for (size_t i = 0; i < m->exclude_count; i++) {
		if (combination_matches(&m->exclude[i], values, m->axis_count))
			return true;
	}
	return false;
}

/* The n-th combination of the product; the last axis turns fastest. */
static const struct value *product_nth(const struct matrix *m, size_t n, struct arena *arena)
{
	struct value *values = arena_array(arena, m->axis_count, sizeof(*values));

	for (size_t a = m->axis_count; a-- > 0;) {
		values[a] = m->axes[a].values[n % m->axes[a].count];
		n /= m->axes[a].count;
	}
	return values;
}

static size_t product_size(const struct matrix *m)
{
	size_t size = 1;

	for (size_t a = 0; a < m->axis_count; a++)
		size *= m->axes[a].count;
	return size;
}

static bool has_instance(const struct value **list, size_t count, const struct combination *c,
			 size_t axes)
{
	for (size_t i = 0; i < count; i++) {
		if (combination_matches(c, list[i], axes))
			return true;
	}
	return false;
}

size_t matrix_expand(const struct matrix *m, struct arena *arena, const struct value ***ret)
{
	size_t product = m->axis_count ? product_size(m) : 1;
	const struct value **list = arena_array(arena, product + m->include_count, sizeof(*list));
	size_t count = 0;

	for (size_t n = 0; n < product; n++) {
		const struct value *values = product_nth(m, n, arena);

		if (!is_excluded(m, values))
			list[count++] = values;
	}
	for (size_t i = 0; i < m->include_count; i++) {
		struct value *values;

		if (has_instance(list, count, &m->include[i], m->axis_count))
			continue;
		values = arena_array(arena, m->axis_count, sizeof(*values));
		for (size_t a = 0; a < m->axis_count; a++)
			values[a] = *m->include[i].values[a];
		list[count++] = values;
	}
	*ret = list;
	return count;
}

const char *matrix_instance_name(const struct step *def, const struct value *values,
				 struct arena *arena)
{
	struct buf name = BUF_INIT;
	const char *copy;

	if (def->matrix.axis_count == 0)
		return def->name;
	buf_printf(&name, "%s[", def->name);
	for (size_t a = 0; a < def->matrix.axis_count; a++)
		buf_printf(&name, "%s%s=%s", a ? "," : "", def->matrix.axes[a].name,
			   values[a].text);
	buf_char(&name, ']');
	copy = arena_strndup(arena, name.data, name.len);
	buf_finish(&name);
	return copy;
}
