/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - conditions of a live run: `if` before a step, gates after it */
#include "scheduler/daemon/judge.h"

#include "base/buf.h"
#include "base/err.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/expr/expr.h"

/* Names with values, gathered. */
struct bindings {
	struct arena arena;
	struct expr_binding *items;
	size_t count, cap;
};

static void add_name(struct bindings *b, const char *name, struct value value)
{
	if (b->count == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 32;
		struct expr_binding *items = arena_array(&b->arena, cap, sizeof(*items));

		for (size_t i = 0; i < b->count; i++)
			items[i] = b->items[i];
		b->items = items;
		b->cap = cap;
	}
	b->items[b->count++] = (struct expr_binding){ name, value };
}

static void bind_metrics(struct bindings *b, const char *prefix, const struct metric_row *metrics,
			 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add_name(b, arena_printf(&b->arena, "%s%s", prefix, metrics[i].name),
		     value_double(&b->arena, metrics[i].value));
}

/* How all instances of a step went, in one word; NULL while one has not ended, which
 * a plan's conditions meet. */
static const char *step_result(const struct live_run *run, size_t def)
{
	const struct plan *plan = run->plan;
	enum step_state worst = STEP_STATE_SUCCEEDED;

	for (uint32_t i = 0; i < plan->instances[def]; i++) {
		enum step_state state = run->steps[plan->first[def] + i].state;

		if (!step_state_is_terminal(state))
			return NULL;
		if (!step_state_is_success(state) && worst != STEP_STATE_FAILED)
			worst = state;
	}
	return step_state_name(worst);
}

static void bind_dependencies(struct bindings *b, const struct live_run *run,
			      const struct plan_step *s)
{
	for (size_t d = 0; d < s->def->dep_count; d++) {
		size_t def = s->def->deps[d];
		const char *name = run->pipeline->steps[def].name;
		const char *result = step_result(run, def);
		const struct live_step *first = &run->steps[run->plan->first[def]];

		if (result)
			add_name(b, arena_printf(&b->arena, "%s.state", name),
				 value_text(&b->arena, result));
		if (run->plan->instances[def] == 1)
			bind_metrics(b, arena_printf(&b->arena, "%s.", name), first->metrics,
				     first->metric_count);
	}
}

static void bind_surroundings(struct bindings *b, const struct live_run *run,
			      const struct plan_step *s)
{
	const struct pipeline *p = run->pipeline;

	for (size_t i = 0; i < p->param_count; i++)
		add_name(b, arena_printf(&b->arena, "params.%s", p->params[i].name),
		     run->plan->params[i]);
	for (size_t a = 0; a < s->def->matrix.axis_count; a++)
		add_name(b, arena_printf(&b->arena, "matrix.%s", s->def->matrix.axes[a].name),
		     s->matrix[a]);
	for (unsigned i = 0; i < PLAN_CONTEXT_COUNT; i++) {
		if (i == PLAN_CONTEXT_RUN)
			add_name(b, "run", value_int(&b->arena, (int64_t)run->id));
		else
			add_name(b, plan_context_text(i),
			     value_text(&b->arena, plan_context_value(run->plan, i)));
	}
}

int judge_condition(const struct live_run *run, uint32_t index, bool *ret, struct err *err)
{
	const struct plan_step *s = &run->plan->steps[index];
	struct bindings b = { 0 };
	int rc;

	if (!s->def->condition.text) {
		*ret = true;
		return 0;
	}
	bind_surroundings(&b, run, s);
	bind_dependencies(&b, run, s);
	rc = expr_eval(run->daemon->expr, s->def->condition.text, b.items, b.count, ret, err);
	arena_finish(&b.arena);
	return rc;
}

static int judge_gate(const struct live_run *run, const struct condition *gate,
		      const struct bindings *b, struct err *err)
{
	struct err inner = ERR_INIT;
	struct buf text = BUF_INIT;
	bool met;

	if (expr_eval(run->daemon->expr, gate->text, b->items, b->count, &met, &inner) < 0)
		return err_set(err, ERR_GATE, "gate not met: %s: %s", gate->text, inner.text);
	if (met)
		return 0;
	expr_explain(gate->text, b->items, b->count, &text);
	err_set(err, ERR_GATE, "gate not met: %s", buf_str(&text));
	buf_finish(&text);
	return ERR_GATE;
}

int judge_gates(const struct live_run *run, uint32_t index, const struct metric_row *metrics,
		uint32_t count, struct err *err)
{
	const struct step *def = run->plan->steps[index].def;
	struct bindings b = { 0 };
	int rc = 0;

	if (def->gate_count == 0)
		return 0;
	bind_surroundings(&b, run, &run->plan->steps[index]);
	bind_metrics(&b, "", metrics, count);
	for (size_t i = 0; rc == 0 && i < def->gate_count; i++)
		rc = judge_gate(run, &def->gates[i], &b, err);
	arena_finish(&b.arena);
	return rc;
}
