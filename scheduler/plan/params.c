/* SPDX-License-Identifier: Apache-2.0 */
/* params.c - the values of a run: defaults and what the command line said */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "scheduler/plan/plan.h"

static int unknown_param(const struct pipeline *p, const char *name, struct err *err)
{
	const char **names;
	struct arena scratch = ARENA_INIT;
	const char *near;

	names = arena_array(&scratch, p->param_count, sizeof(*names));
	for (size_t i = 0; i < p->param_count; i++)
		names[i] = p->params[i].name;
	near = str_suggest(name, names, p->param_count);
	err_set(err, ERR_NOT_FOUND, "pipeline %s has no parameter '%s'", p->name, name);
	if (near)
		err_hint(err, "did you mean '%s'?", near);
	arena_finish(&scratch);
	return ERR_NOT_FOUND;
}

int plan_params(const struct pipeline *p, const struct plan_override *overrides, size_t count,
		struct arena *arena, const struct value **ret, struct err *err)
{
	struct value *values = arena_array(arena, p->param_count, sizeof(*values));

	for (size_t i = 0; i < p->param_count; i++)
		values[i] = p->params[i].value;
	for (size_t i = 0; i < count; i++) {
		const struct param *param = pipeline_param(p, overrides[i].name);
		struct err inner = ERR_INIT;

		if (!param)
			return unknown_param(p, overrides[i].name, err);
		if (strlen(overrides[i].text) > PLAN_PARAM_MAX)
			return err_set(err, ERR_TOO_LARGE,
				       "parameter %s: its value is over %d KiB; put it into a file",
				       param->name, PLAN_PARAM_MAX / 1024);
		if (value_parse(arena, param->value.type, overrides[i].text,
				&values[param - p->params], &inner) < 0)
			return err_set(err, ERR_INVALID, "parameter %s: %s", param->name,
				       inner.text);
	}
	*ret = values;
	return 0;
}
