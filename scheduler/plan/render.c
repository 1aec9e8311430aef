/* SPDX-License-Identifier: Apache-2.0 */
/* render.c - commands, environment and paths of an instance, with values put in
 *
 * While it renders it notes which parameters and which of the run's surroundings
 * the step names. Naming is `${{ params.epochs }}` anywhere, or the word
 * INGOT_PARAM_epochs or INGOT_COMMIT in a command or an environment value: what a
 * step does not name it does not find, and it is not in its cache key.
 */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "scheduler/plan/plan_priv.h"

static const struct {
	const char *text;
	const char *variable;
} context_names[PLAN_CONTEXT_COUNT] = {
#define XX(name, text, variable) [PLAN_CONTEXT_##name] = { text, variable },
	PLAN_CONTEXT_TABLE(XX)
#undef XX
};

const char *plan_context_text(enum plan_context_name name)
{
	return context_names[name].text;
}

struct renderer {
	struct plan *plan;
	struct plan_step *step; /* NULL: of the run itself */
	bool *names_param;      /* per parameter of the pipeline; NULL: not noted */
	size_t bytes;           /* rendered so far */
};

static void renderer_init(struct renderer *r, struct plan *plan, struct plan_step *step)
{
	r->plan = plan;
	r->step = step;
	r->names_param = NULL;
	r->bytes = 0;
}

const char *plan_context_value(const struct plan *plan, enum plan_context_name name)
{
	switch (name) {
	case PLAN_CONTEXT_PIPELINE:
		return plan->pipeline->name;
	case PLAN_CONTEXT_COMMIT:
		return plan->context.commit;
	case PLAN_CONTEXT_REF:
		return plan->context.ref;
	case PLAN_CONTEXT_BRANCH:
		return plan->context.branch;
	case PLAN_CONTEXT_TRIGGER:
		return plan->context.trigger;
	case PLAN_CONTEXT_RUN:
	case PLAN_CONTEXT_COUNT:
		break;
	}
	return NULL;
}

static int no_value(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "'%s' has no value here", name);
}

static int resolve_param(struct renderer *r, const char *name, struct buf *out, struct err *err)
{
	const struct param *param = pipeline_param(r->plan->pipeline, name);
	size_t i;

	if (!param)
		return no_value(name, err);
	i = (size_t)(param - r->plan->pipeline->params);
	if (r->names_param)
		r->names_param[i] = true;
	buf_str_append(out, r->plan->params[i].text);
	return 0;
}

static int resolve_axis(struct renderer *r, const char *name, struct buf *out, struct err *err)
{
	const struct matrix *m = r->step ? &r->step->def->matrix : NULL;

	for (size_t a = 0; m && a < m->axis_count; a++) {
		if (str_eq(m->axes[a].name, name)) {
			buf_str_append(out, r->step->matrix[a].text);
			return 0;
		}
	}
	return no_value(name, err);
}

static int resolve_path(struct renderer *r, const char *name, bool input, struct buf *out,
			struct err *err)
{
	const struct step *def = r->step ? r->step->def : NULL;

	for (size_t i = 0; def && input && i < def->input_count; i++) {
		if (str_eq(def->inputs[i].name, name)) {
			buf_str_append(out, def->inputs[i].path);
			return 0;
		}
	}
	for (size_t i = 0; def && !input && i < def->output_count; i++) {
		if (str_eq(def->outputs[i].name, name) && r->step->outputs[i].path) {
			buf_str_append(out, r->step->outputs[i].path);
			return 0;
		}
	}
	return no_value(name, err);
}

static int resolve_context(struct renderer *r, const char *name, struct buf *out, struct err *err)
{
	for (unsigned i = 0; i < PLAN_CONTEXT_COUNT; i++) {
		if (!str_eq(name, context_names[i].text))
			continue;
		if (r->step)
			r->step->context_names |= 1u << i;
		if (i == PLAN_CONTEXT_RUN)
			buf_printf(out, "%llu", (unsigned long long)r->plan->context.run);
		else
			buf_str_append(out, plan_context_value(r->plan, i));
		return 0;
	}
	return no_value(name, err);
}

static int resolve(void *arg, const char *name, struct buf *out, struct err *err)
{
	struct renderer *r = arg;

	if (str_starts(name, "params."))
		return resolve_param(r, name + strlen("params."), out, err);
	if (str_starts(name, "matrix."))
		return resolve_axis(r, name + strlen("matrix."), out, err);
	if (str_starts(name, "inputs."))
		return resolve_path(r, name + strlen("inputs."), true, out, err);
	if (str_starts(name, "outputs."))
		return resolve_path(r, name + strlen("outputs."), false, out, err);
	if (str_eq(name, "step") && r->step) {
		buf_str_append(out, r->step->name);
		return 0;
	}
	return resolve_context(r, name, out, err);
}

/* Whether text begins with a parameter's name as variables have it: '-' is '_'. */
static bool begins_with(const char *text, const char *name)
{
	while (*name && *text == (*name == '-' ? '_' : *name))
		text++, name++;
	return *name == '\0';
}

/* Whether text has `variable` and `tail` as a whole word. */
static bool mentions(const char *text, const char *variable, const char *tail)
{
	size_t head_len = strlen(variable), tail_len = strlen(tail);

	for (const char *at = text; (at = strstr(at, variable)); at += head_len) {
		const char *end = at + head_len;
		unsigned char next;

		if (!begins_with(end, tail))
			continue;
		next = (unsigned char)end[tail_len];
		if (next != '_' && !(next >= '0' && next <= '9') && !(next >= 'a' && next <= 'z') &&
		    !(next >= 'A' && next <= 'Z'))
			return true;
	}
	return false;
}

static void note_variables(struct renderer *r, const char *text)
{
	const struct pipeline *p = r->plan->pipeline;

	if (!strstr(text, "INGOT_"))
		return;
	for (size_t i = 0; i < p->param_count; i++) {
		if (mentions(text, "INGOT_PARAM_", p->params[i].name))
			r->names_param[i] = true;
	}
	for (unsigned i = 0; i < PLAN_CONTEXT_COUNT; i++) {
		if (mentions(text, context_names[i].variable, ""))
			r->step->context_names |= 1u << i;
	}
}

static int render_text(struct renderer *r, const struct template *t, const char **ret,
		       struct err *err)
{
	struct buf out = BUF_INIT;
	struct err inner = ERR_INIT;
	int rc = template_render(t, resolve, r, &out, &inner);

	r->bytes += out.len;
	if (rc == 0 && r->bytes > PLAN_RENDERED_MAX)
		rc = err_set(&inner, ERR_INVALID, "with its parameters put in, it is over %d KiB",
			     PLAN_RENDERED_MAX / 1024);
	if (rc == 0)
		*ret = arena_strndup(&r->plan->arena, buf_str(&out), out.len);
	else
		err_set(err, ERR_INVALID, "%s:%d:%d: %s", r->plan->pipeline->file, t->pos.line,
			t->pos.column, inner.text);
	buf_finish(&out);
	if (rc == 0 && r->step)
		note_variables(r, *ret);
	return rc < 0 ? ERR_INVALID : 0;
}

/* The words of a command; a script goes behind its shell's. */
static int render_command(struct renderer *r, const struct command *c, const char ***ret,
			  uint32_t *ret_count, struct err *err)
{
	const struct words *shell = &r->step->def->shell;
	size_t prefix = c->form == COMMAND_SHELL ? shell->count : 0;
	const char **words;

	if (c->form == COMMAND_NONE)
		return 0;
	words = arena_array(&r->plan->arena, prefix + c->count + 1, sizeof(*words));
	for (size_t i = 0; i < prefix; i++)
		words[i] = shell->items[i].text;
	for (size_t i = 0; i < c->count; i++) {
		int rc = render_text(r, &c->parts[i], &words[prefix + i], err);

		if (rc < 0)
			return rc;
	}
	*ret = words;
	*ret_count = (uint32_t)(prefix + c->count);
	return 0;
}

static int render_outputs(struct renderer *r, struct err *err)
{
	struct plan_step *s = r->step;

	s->outputs = arena_array(&r->plan->arena, s->def->output_count, sizeof(*s->outputs));
	for (size_t i = 0; i < s->def->output_count; i++) {
		const struct output *def = &s->def->outputs[i];
		int rc = render_text(r, &def->path, &s->outputs[i].path, err);

		if (rc < 0)
			return rc;
		s->outputs[i].def = def;
		if (!path_is_inside(s->outputs[i].path))
			return err_set(err, ERR_INVALID,
				       "%s:%d:%d: output '%s' of %s leaves the workspace: %s",
				       r->plan->pipeline->file, def->pos.line, def->pos.column,
				       def->name, s->name, s->outputs[i].path);
	}
	return 0;
}

static int render_env(struct renderer *r, struct err *err)
{
	struct plan_step *s = r->step;

	s->env = arena_array(&r->plan->arena, s->def->env_count, sizeof(*s->env));
	for (size_t i = 0; i < s->def->env_count; i++) {
		int rc = render_text(r, &s->def->env[i].value, &s->env[i].value, err);

		if (rc < 0)
			return rc;
		s->env[i].name = s->def->env[i].name;
	}
	return 0;
}

/* The parameters that were named, sorted by name: a step is given them, too. */
static int keep_params(struct renderer *r, struct err *err)
{
	const struct pipeline *p = r->plan->pipeline;
	struct plan_step *s = r->step;
	struct value *values;

	s->params = arena_array(&r->plan->arena, p->param_count, sizeof(*s->params));
	values = arena_array(&r->plan->arena, p->param_count, sizeof(*values));
	for (size_t i = 0; i < p->param_count; i++) {
		uint32_t at = s->param_count;

		if (!r->names_param[i])
			continue;
		for (; at > 0 && strcmp(s->params[at - 1]->name, p->params[i].name) > 0; at--) {
			s->params[at] = s->params[at - 1];
			values[at] = values[at - 1];
		}
		s->params[at] = &p->params[i];
		values[at] = r->plan->params[i];
		s->param_count++;
		r->bytes += strlen(values[at].text);
	}
	s->param_values = values;
	if (r->bytes > PLAN_RENDERED_MAX)
		return err_set(err, ERR_INVALID, "%s: the parameters that %s names are over %d KiB",
			       p->file, s->name, PLAN_RENDERED_MAX / 1024);
	return 0;
}

int render_group(struct plan *plan, const struct concurrency *c, const struct plan_step *s,
		 const char **ret, struct err *err)
{
	struct renderer r;
	struct plan_step shadow; /* a group does not make a step hang on what it names */
	bool *names;

	if (!c->group.text)
		return 0;
	renderer_init(&r, plan, NULL);
	if (s) {
		shadow = *s;
		names = arena_array(&plan->arena, plan->pipeline->param_count, sizeof(*names));
		r.step = &shadow;
		r.names_param = names;
	}
	return render_text(&r, &c->group, ret, err);
}

int render_step(struct plan *plan, struct plan_step *s, struct err *err)
{
	const struct step *def = s->def;
	struct renderer r;
	int rc;

	renderer_init(&r, plan, s);
	r.names_param = arena_array(&plan->arena, plan->pipeline->param_count, sizeof(bool));
	rc = render_outputs(&r, err);
	if (rc == 0)
		rc = render_command(&r, &def->run, &s->command, &s->command_count, err);
	if (rc == 0)
		rc = render_env(&r, err);
	if (rc == 0)
		rc = render_command(&r, &def->fingerprint, &s->fingerprint, &s->fingerprint_count,
				    err);
	if (rc == 0)
		rc = render_command(&r, &def->deployment.verify.run, &s->verify, &s->verify_count,
				    err);
	if (rc == 0)
		rc = render_command(&r, &def->deployment.rollback, &s->rollback, &s->rollback_count,
				    err);
	if (rc == 0)
		rc = render_group(plan, &def->concurrency, s, &s->group, err);
	if (rc == 0)
		rc = keep_params(&r, err);
	return rc;
}
