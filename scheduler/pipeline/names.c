/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - check what templates and conditions name */
#include "scheduler/pipeline/reader_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "scheduler/expr/expr.h"
#include "scheduler/pipeline/shell_priv.h"

static const char *const run_names[] = { "pipeline", "branch", "ref", "commit", "trigger", "run" };

/* Conditions of steps know nothing of the run's number: it is always another one. */
static bool is_run_name(const struct use *u, const char *name)
{
	for (size_t i = 0; i < countof(run_names); i++)
		if (strcmp(run_names[i], name) == 0)
			return (u->names & NAMES_RUN) ||
			       ((u->names & NAMES_IF) && strcmp(name, "run") != 0);
	return false;
}

static const struct axis *find_axis(const struct step *s, const char *name)
{
	for (size_t i = 0; i < s->matrix.axis_count; i++)
		if (strcmp(s->matrix.axes[i].name, name) == 0)
			return &s->matrix.axes[i];
	return NULL;
}

static bool has_input(const struct step *s, const char *name)
{
	for (size_t i = 0; i < s->input_count; i++)
		if (strcmp(s->inputs[i].name, name) == 0)
			return true;
	return false;
}

static bool knows(const struct reader *r, const struct use *u, const char *name)
{
	const struct step *s = u->step == SIZE_MAX ? NULL : &r->steps[u->step];
	const char *dot = strchr(name, '.');

	if (!dot)
		return is_run_name(u, name) ||
		       ((u->names & NAMES_STEP) && strcmp(name, "step") == 0);
	if (str_starts(name, "params."))
		return map_has(&r->param_by_name, dot + 1);
	if (s && str_starts(name, "matrix.") && (u->names & (NAMES_STEP | NAMES_GATE | NAMES_IF)))
		return find_axis(s, dot + 1) != NULL;
	if (s && str_starts(name, "inputs.") && (u->names & NAMES_PATHS))
		return has_input(s, dot + 1);
	if (s && str_starts(name, "outputs.") && (u->names & NAMES_PATHS))
		return step_output_index(s, dot + 1) != SIZE_MAX;
	return false;
}

/* Names that are suggested from at most; more is a hostile file. */
enum { VOCABULARY_MAX = 500 };

/* All that knows() would take at a place, for suggestions. */
struct vocabulary {
	struct arena arena;
	const char **words;
	size_t count, cap;
};

static void add(struct vocabulary *v, const struct reader *r, const struct use *u,
		const char *prefix, const char *name)
{
	const char *word = arena_printf(&v->arena, "%s%s", prefix, name);

	if (v->count == VOCABULARY_MAX || !knows(r, u, word))
		return;
	v->words = mem_grow(v->words, &v->cap, v->count + 1, sizeof(*v->words));
	v->words[v->count++] = word;
}

static void collect(const struct reader *r, const struct use *u, struct vocabulary *v)
{
	const struct step *s = u->step == SIZE_MAX ? &r->defaults : &r->steps[u->step];

	add(v, r, u, "", "step");
	for (size_t i = 0; i < countof(run_names); i++)
		add(v, r, u, "", run_names[i]);
	for (size_t i = 0; i < s->matrix.axis_count; i++)
		add(v, r, u, "matrix.", s->matrix.axes[i].name);
	for (size_t i = 0; i < s->input_count; i++)
		add(v, r, u, "inputs.", s->inputs[i].name);
	for (size_t i = 0; i < s->output_count; i++)
		add(v, r, u, "outputs.", s->outputs[i].name);
	for (size_t i = 0; i < r->p->param_count && v->count < VOCABULARY_MAX; i++)
		add(v, r, u, "params.", r->p->params[i].name);
}

/* A bare name for one that needs its prefix: epochs for params.epochs. */
static const char *with_prefix(const struct vocabulary *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *dot = strchr(v->words[i], '.');

		if (dot && strcmp(dot + 1, name) == 0)
			return v->words[i];
	}
	return NULL;
}

static void hint_for_name(struct reader *r, const struct use *u, const char *name, char *hint,
			  size_t size)
{
	struct vocabulary v = { .words = NULL };
	const char *prefixed;

	collect(r, u, &v);
	prefixed = with_prefix(&v, name);
	if (str_starts(name, "secrets."))
		snprintf(hint, size, "list it under 'secrets' and read the variable $%.64s",
			 name + strlen("secrets."));
	else if (str_starts(name, "env."))
		snprintf(hint, size, "read the variable $%.64s", name + strlen("env."));
	else if (prefixed)
		snprintf(hint, size, "did you mean '%s'?", prefixed);
	else
		reader_suggest(r, name, v.words, v.count, hint, size);
	free(v.words);
	arena_finish(&v.arena);
}

static void refuse_name(struct reader *r, const struct use *u, const char *name, size_t offset)
{
	char hint[160] = "";

	if (!diagnostics_is_full(r->d))
		hint_for_name(r, u, name, hint, sizeof(hint));
	diagnostics_add(r->d, node_pos_at(r->d, u->node, offset), (int)strlen(name), "unknown-name",
			hint, "the name '%.64s' is not known here", name);
}

/* Templates */

/* The quotes that keep a value one word are those of a POSIX shell. */
static void check_shell(struct reader *r, const struct use *u, size_t offset)
{
	const struct words *shell = u->step == SIZE_MAX ? NULL : &r->steps[u->step].shell;

	if (u->template.mode != TEMPLATE_SHELL || !shell || !shell->count ||
	    shell_is_posix(shell->items[0].text))
		return;
	diagnostics_add(r->d, node_pos_at(r->d, u->node, offset), 3, "bad-template",
			"read the environment variables INGOT_PARAM_…, INGOT_MATRIX_… instead",
			"${{ }} is quoted for a POSIX shell, and '%.64s' is none",
			shell->items[0].text);
}

static size_t offset_of_name(const struct template *t, const struct template_part *part)
{
	const char *name = strstr(t->text + part->offset, part->text);

	return (size_t)(name - t->text);
}

static void check_template(struct reader *r, const struct use *u)
{
	for (size_t i = 0; i < u->template.part_count; i++) {
		const struct template_part *part = &u->template.parts[i];

		if (!part->is_name)
			continue;
		if (!knows(r, u, part->text))
			refuse_name(r, u, part->text, offset_of_name(&u->template, part));
		else
			check_shell(r, u, part->offset);
	}
}

/* Conditions */

/* A step that must be over before step is asked; or NULL. */
static const struct step *find_dep(const struct reader *r, const struct step *s, const char *name,
				   size_t len)
{
	for (size_t i = 0; i < s->dep_count; i++) {
		const struct step *dep = &r->steps[s->deps[i]];

		if (strncmp(dep->name, name, len) == 0 && dep->name[len] == '\0')
			return dep;
	}
	return NULL;
}

static bool knows_result(struct reader *r, const struct use *u, const struct expr_name *n)
{
	const char *dot = strchr(n->text, '.');
	struct pos pos = node_pos_at(r->d, u->node, n->offset);
	const struct step *dep;
	char *step;

	if (!dot || u->step == SIZE_MAX)
		return false;
	step = mem_strndup(n->text, (size_t)(dot - n->text));
	dep = find_dep(r, &r->steps[u->step], n->text, strlen(step));
	if (!dep && map_has(&r->step_by_name, step))
		diagnostics_add(r->d, pos, (int)strlen(n->text), "unknown-name",
				"add it to 'needs'",
				"the step '%s' need not be over when this is asked", step);
	else if (dep && strcmp(dot, ".state") != 0 && !dep->metrics)
		diagnostics_add(r->d, pos, (int)strlen(n->text), "unknown-name",
				"its state is '.state'", "the step '%s' has no 'metrics'", step);
	else if (dep && strcmp(dot, ".state") != 0 && dep->matrix.axis_count)
		diagnostics_add(r->d, pos, (int)strlen(n->text), "unknown-name", NULL,
				"'%s' has many instances: which one's metric?", step);
	dep = map_get(&r->step_by_name, step);
	free(step);
	return dep != NULL;
}

/* A gate may name any metric; only a prefix of ours must be right. */
static bool is_metric(const struct use *u, const char *name)
{
	return (u->names & NAMES_GATE) && !str_starts(name, "params.") &&
	       !str_starts(name, "matrix.");
}

/* The type that all values of an axis have, or VALUE_NULL. */
static enum value_type type_of_axis(const struct axis *a)
{
	for (size_t i = 1; a && i < a->count; i++)
		if (a->values[i].type != a->values[0].type)
			return VALUE_NULL;
	return a && a->count ? a->values[0].type : VALUE_NULL;
}

struct typing {
	const struct reader *r;
	const struct use *u;
};

static enum value_type type_of(void *arg, const char *name)
{
	const struct typing *t = arg;
	const struct param *param;

	if (str_starts(name, "params.")) {
		param = map_get(&t->r->param_by_name, name + strlen("params."));
		return param ? param->value.type : VALUE_NULL;
	}
	if (t->u->step != SIZE_MAX && str_starts(name, "matrix."))
		return type_of_axis(find_axis(&t->r->steps[t->u->step], name + strlen("matrix.")));
	if (is_run_name(t->u, name) || ((t->u->names & NAMES_IF) && str_ends(name, ".state")))
		return VALUE_TEXT;
	/* What is left is a metric; without a dot, in `if`, it is no name at all. */
	return (t->u->names & NAMES_GATE) || strchr(name, '.') ? VALUE_DOUBLE : VALUE_NULL;
}

static void check_condition(struct reader *r, const struct use *u)
{
	struct arena arena = ARENA_INIT;
	struct expr_name names[EXPR_NAMES_MAX];
	struct expr_error mistake;
	struct typing typing = { .r = r, .u = u };
	int count = expr_check(&arena, u->node->text, type_of, &typing, names, &mistake);

	if (count < 0)
		diagnostics_add(r->d, node_pos_at(r->d, u->node, mistake.offset),
				(int)mistake.length, "bad-expression", mistake.hint, "%s",
				mistake.message);
	for (int i = 0; i < count; i++)
		if (!is_metric(u, names[i].text) && !knows(r, u, names[i].text) &&
		    ((u->names & NAMES_GATE) || !knows_result(r, u, &names[i])))
			refuse_name(r, u, names[i].text, names[i].offset);
	arena_finish(&arena);
}

void names_check(struct reader *r)
{
	for (size_t i = 0; i < r->use_count; i++) {
		if (r->uses[i].template.text)
			check_template(r, &r->uses[i]);
		else
			check_condition(r, &r->uses[i]);
	}
}
