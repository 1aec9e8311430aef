/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - who waits for whom, instance by instance
 *
 * An input waits for the instances that it may come from: one where it is chosen
 * by matrix values, all of them where a metric chooses or all are taken. `needs`
 * waits for every instance. A data edge swallows a plain one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "scheduler/plan/plan_priv.h"

static int select_by_values(struct plan *plan, const struct plan_step *s, const struct input *in,
			    uint32_t *ret, struct err *err)
{
	const struct step *from = &plan->pipeline->steps[in->step];

	for (uint32_t i = 0; i < plan->instances[in->step]; i++) {
		const struct plan_step *candidate = &plan->steps[plan->first[in->step] + i];
		size_t a = 0;

		while (a < from->matrix.axis_count &&
		       value_eq(&in->select.values[a], &candidate->matrix[a]))
			a++;
		if (a == from->matrix.axis_count) {
			*ret = candidate->index;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "%s:%d:%d: input '%s' of %s selects no instance of %s",
		       plan->pipeline->file, in->select.pos.line, in->select.pos.column, in->name,
		       s->def->name, from->name);
}

static int link_step_input(struct plan *plan, const struct plan_step *s, struct plan_input *in,
			   struct err *err)
{
	uint32_t count = plan->instances[in->def->step];
	uint32_t *list = arena_array(&plan->arena, count, sizeof(*list));
	int rc = 0;

	if (in->def->select.kind == SELECT_MATRIX) {
		rc = select_by_values(plan, s, in->def, &list[0], err);
		count = 1;
	} else {
		for (uint32_t i = 0; i < count; i++)
			list[i] = plan->first[in->def->step] + i;
	}
	in->producers = list;
	in->producer_count = count;
	return rc;
}

static int link_address(struct plan *plan, const struct plan_step *s, struct plan_input *in,
			struct err *err)
{
	for (size_t i = 0; i < plan->context.pin_count; i++) {
		if (str_eq(plan->context.pins[i].address, in->def->address.text)) {
			in->pin = &plan->context.pins[i];
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "%s:%d:%d: input '%s' of %s: %s is not pinned to a content",
		       plan->pipeline->file, in->def->from_pos.line, in->def->from_pos.column,
		       in->def->name, s->def->name, in->def->address.text);
}

static int link_inputs(struct plan *plan, struct plan_step *s, struct err *err)
{
	s->inputs = arena_array(&plan->arena, s->def->input_count, sizeof(*s->inputs));
	for (size_t i = 0; i < s->def->input_count; i++) {
		struct plan_input *in = &s->inputs[i];
		int rc;

		in->def = &s->def->inputs[i];
		if (in->def->form == INPUT_STEP)
			rc = link_step_input(plan, s, in, err);
		else
			rc = link_address(plan, s, in, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int by_index_then_data(const void *a, const void *b)
{
	const struct plan_parent *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (int)y->data - (int)x->data;
}

static size_t count_parents(const struct plan *plan, const struct plan_step *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->def->input_count; i++)
		count += s->inputs[i].producer_count;
	for (size_t d = 0; d < s->def->dep_count; d++)
		count += plan->instances[s->def->deps[d]];
	return count;
}

static bool depends_by_needs(const struct plan *plan, const struct step *def, size_t dep)
{
	for (size_t i = 0; i < def->needs.count; i++) {
		if (str_eq(def->needs.items[i].text, plan->pipeline->steps[dep].name))
			return true;
	}
	return false;
}

static void link_parents(struct plan *plan, struct plan_step *s)
{
	struct plan_parent *list = arena_array(&plan->arena, count_parents(plan, s), sizeof(*list));
	uint32_t count = 0, kept = 0;

	for (size_t i = 0; i < s->def->input_count; i++) {
		for (uint32_t p = 0; p < s->inputs[i].producer_count; p++)
			list[count++] = (struct plan_parent){ s->inputs[i].producers[p], true };
	}
	for (size_t d = 0; d < s->def->dep_count; d++) {
		size_t dep = s->def->deps[d];

		if (!depends_by_needs(plan, s->def, dep))
			continue;
		for (uint32_t i = 0; i < plan->instances[dep]; i++)
			list[count++] = (struct plan_parent){ plan->first[dep] + i, false };
	}
	qsort(list, count, sizeof(*list), by_index_then_data);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || list[kept - 1].index != list[i].index)
			list[kept++] = list[i];
	}
	s->parents = list;
	s->parent_count = kept;
	plan->edges += kept;
}

int link_steps(struct plan *plan, struct err *err)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		int rc = link_inputs(plan, &plan->steps[i], err);

		if (rc < 0)
			return rc;
		link_parents(plan, &plan->steps[i]);
	}
	return 0;
}
