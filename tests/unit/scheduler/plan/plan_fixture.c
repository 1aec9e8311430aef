/* SPDX-License-Identifier: Apache-2.0 */
/* plan_fixture.c - a pipeline's text to a plan, in one call */
#include "plan_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/lib/test.h"

void fixture_check(struct fixture *f, const char *definition)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct buf text = BUF_INIT;

	*f = (struct fixture){ 0 };
	if (pipeline_check(definition, strlen(definition), "ingot.yaml", &f->pipeline, &mistakes) <
	    0) {
		diagnostics_render(&mistakes, &text);
		fail_msg("%s", buf_str(&text));
	}
	diagnostics_finish(&mistakes);
	f->sources = arena_array(&f->arena, f->pipeline->step_count, sizeof(*f->sources));
}

int fixture_plan(struct fixture *f, const char *override, const char *only, struct err *err)
{
	struct plan_context context = { .run = 7,
					.commit = "c0ffee",
					.ref = "refs/heads/main",
					.branch = "main",
					.trigger = "manual",
					.only = only,
					.sources = f->sources };
	struct plan_override o = { 0 };
	const struct value *params;
	int rc;

	if (override) {
		const char *eq = strchr(override, '=');

		o.name = arena_strndup(&f->arena, override, (size_t)(eq - override));
		o.text = eq + 1;
	}
	rc = plan_params(f->pipeline, &o, override ? 1 : 0, &f->arena, &params, err);
	if (rc < 0)
		return rc;
	plan_destroy(f->plan);
	f->plan = NULL;
	return plan_make(f->pipeline, params, &context, &f->plan, err);
}

void fixture_finish(struct fixture *f)
{
	plan_destroy(f->plan);
	pipeline_destroy(f->pipeline);
	arena_finish(&f->arena);
}

char *fixture_key(const struct fixture *f, const char *step, char content, const char *fingerprint,
		  struct digest *ret)
{
	const struct plan_step *s = plan_step_by_name(f->plan, step);
	struct plan_input_content inputs[16];
	struct buf text = BUF_INIT;

	assert_non_null(s);
	for (size_t i = 0; i < s->def->input_count; i++) {
		hash_bytes(&content, 1, &inputs[i].digest);
		inputs[i].is_tree = false;
	}
	plan_key(f->plan, s, inputs, fingerprint, &text, ret);
	return buf_take(&text);
}
