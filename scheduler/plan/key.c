/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - the cache key of a step instance */
#include "scheduler/plan/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

static void append_json(struct buf *out, const char *text)
{
	struct json_writer w = { .out = out };

	json_write_string(&w, NULL, text);
}

static void append_command(struct buf *out, const struct plan_step *s)
{
	const struct command *c = &s->def->run;
	struct json_writer w = { .out = out };

	buf_str_append(out, "command ");
	json_write_array(&w, NULL);
	for (size_t i = 0; c->form == COMMAND_SHELL && i < s->def->shell.count; i++)
		json_write_string(&w, NULL, s->def->shell.items[i].text);
	for (size_t i = 0; i < c->count; i++)
		json_write_string(&w, NULL, c->parts[i].text);
	json_write_end(&w);
	buf_char(out, '\n');
}

/* Names with their places, for lists whose order means nothing. */
struct named {
	const char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void append_env(struct buf *out, const struct plan_step *s, struct arena *scratch)
{
	size_t count = s->def->env_count;
	struct named *order = arena_array(scratch, count, sizeof(*order));

	for (size_t i = 0; i < count; i++)
		order[i] = (struct named){ s->def->env[i].name, i };
	qsort(order, count, sizeof(*order), by_name);
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "env %s ", order[i].name);
		append_json(out, s->def->env[order[i].index].value.text);
		buf_char(out, '\n');
	}
}

static void append_outputs(struct buf *out, const struct plan_step *s, struct arena *scratch)
{
	size_t count = s->def->output_count;
	struct named *order = arena_array(scratch, count, sizeof(*order));

	for (size_t i = 0; i < count; i++)
		order[i] = (struct named){ s->def->outputs[i].name, i };
	qsort(order, count, sizeof(*order), by_name);
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "output %s ", order[i].name);
		append_json(out, s->def->outputs[order[i].index].path.text);
		buf_char(out, '\n');
	}
}

static void append_names(struct buf *out, const struct plan *plan, const struct plan_step *s)
{
	for (uint32_t i = 0; i < s->param_count; i++) {
		buf_printf(out, "param %s ", s->params[i]->name);
		append_json(out, s->param_values[i].text);
		buf_char(out, '\n');
	}
	for (size_t a = 0; a < s->def->matrix.axis_count; a++) {
		buf_printf(out, "matrix %s ", s->def->matrix.axes[a].name);
		append_json(out, s->matrix[a].text);
		buf_char(out, '\n');
	}
	for (unsigned i = 0; i < PLAN_CONTEXT_COUNT; i++) {
		if (!(s->context_names & 1u << i))
			continue;
		buf_printf(out, "context %s ", plan_context_text(i));
		if (i == PLAN_CONTEXT_RUN)
			buf_printf(out, "\"%llu\"", (unsigned long long)plan->context.run);
		else
			append_json(out, plan_context_value(plan, i));
		buf_char(out, '\n');
	}
}

void plan_key_static(const struct plan *plan, const struct plan_step *s, struct buf *out)
{
	struct arena scratch = ARENA_INIT;
	char sources[DIGEST_TEXT_SIZE];

	buf_str_append(out, "ingot step key 1\n");
	append_command(out, s);
	buf_str_append(out, "workdir ");
	append_json(out, s->def->workdir);
	buf_char(out, '\n');
	append_env(out, s, &scratch);
	append_names(out, plan, s);
	digest_text(&s->sources, sources);
	buf_printf(out, "sources %s\n", digest_is_zero(&s->sources) ? "none" : sources);
	append_outputs(out, s, &scratch);
	if (s->def->metrics) {
		buf_str_append(out, "metrics ");
		append_json(out, s->def->metrics);
		buf_char(out, '\n');
	}
	if (s->def->resources.gpu_count)
		buf_printf(out, "gpus %lld\n", (long long)s->def->resources.gpu_count);
	arena_finish(&scratch);
}

static void append_inputs(struct buf *out, const struct plan_step *s,
			  const struct plan_input_content *inputs)
{
	struct arena scratch = ARENA_INIT;
	size_t count = s->def->input_count;
	struct named *order = arena_array(&scratch, count, sizeof(*order));

	for (size_t i = 0; i < count; i++)
		order[i] = (struct named){ s->def->inputs[i].name, i };
	qsort(order, count, sizeof(*order), by_name);
	for (size_t i = 0; i < count; i++) {
		const struct plan_input_content *in = &inputs[order[i].index];
		char digest[DIGEST_TEXT_SIZE];

		digest_text(&in->digest, digest);
		buf_printf(out, "input %s ", order[i].name);
		append_json(out, s->def->inputs[order[i].index].path);
		buf_printf(out, " %s %s\n", in->is_tree ? "folder" : "file", digest);
	}
	arena_finish(&scratch);
}

static void append_fingerprint(struct buf *out, const struct plan_step *s, const char *fingerprint)
{
	if (!fingerprint)
		return;
	buf_str_append(out, "fingerprint ");
	append_json(out, s->def->fingerprint.parts[0].text);
	buf_char(out, ' ');
	append_json(out, fingerprint);
	buf_char(out, '\n');
}

void plan_key(const struct plan *plan, const struct plan_step *s,
	      const struct plan_input_content *inputs, const char *fingerprint, struct buf *out,
	      struct digest *ret)
{
	size_t start = out->len;

	plan_key_static(plan, s, out);
	append_inputs(out, s, inputs);
	append_fingerprint(out, s, fingerprint);
	hash_bytes(out->data + start, out->len - start, ret);
}
