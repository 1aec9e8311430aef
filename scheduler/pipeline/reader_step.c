/* SPDX-License-Identifier: Apache-2.0 */
/* reader_step.c - fill a step: its inputs, outputs, environment, retries …
 *
 * A bad step, input or output is there by its name, so that what refers to it
 * is not called a mistake as well.
 */
#include "scheduler/pipeline/reader_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

void fill_sources(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct step *s = field;

	s->has_sources = true;
	fill_words(r, shape, node, &s->sources);
}

/* "bash -eu" and [bash, -eu] are the same; "-c" comes last in any case. */
void fill_shell(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct words *words = field;
	struct arena *arena = &r->p->arena;
	size_t cap = 0, count = 0;
	struct word *items = NULL;

	if (node->kind == NODE_LIST) {
		fill_words(r, shape, node, words);
		items = mem_grow(NULL, &cap, words->count + 1, sizeof(*items));
		memcpy(items, words->items, words->count * sizeof(*items));
		count = words->count;
	} else {
		for (const char *s = node->text + strspn(node->text, " "); *s;
		     s += strspn(s, " ")) {
			items = mem_grow(items, &cap, count + 2, sizeof(*items));
			items[count++] = (struct word){
				.pos = node->pos,
				.text = arena_strndup(arena, s, strcspn(s, " ")),
			};
			s += strcspn(s, " ");
		}
	}
	if (count && strcmp(items[count - 1].text, "-c") != 0)
		items[count++] = (struct word){ .pos = node->pos, .text = "-c" };
	*words = (struct words){ .count = count,
				 .items = arena_copy(arena, items, count * sizeof(*items)) };
	free(items);
}

void fill_input(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct input *in = field;
	struct err err = ERR_INIT;

	*in = (struct input){
		.pos = node->key->pos,
		.name = node->key->text,
		.from_pos = node->pos,
		.step = SIZE_MAX,
		.output = SIZE_MAX,
		.path = arena_printf(&r->p->arena, "inputs/%s", node->key->text),
	};
	if (node->bad)
		return;
	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, in);
	else
		in->address.text = node->text;
	if (in->address.text && address_is_one(in->address.text)) {
		in->form = INPUT_ADDRESS;
		address_parse(&r->p->arena, in->address.text, &in->address, &err);
	}
}

/* Which values are axes is known when the other step is. */
void fill_select(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct select *select = field;

	fill_placed_map(r, shape, node, select);
	select->kind = node_get(node, "matrix") ? SELECT_MATRIX : SELECT_METRIC;
}

void fill_output(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct output *out = field;

	*out = (struct output){ .pos = node->key->pos, .name = node->key->text };
	if (node->bad)
		return;
	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, out);
	else
		fill_template(r, shape, node, &out->path);
}

void fill_inputs(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct input *inputs = arena_array(&r->p->arena, node->count, sizeof(*inputs));
	struct step *s = field;

	s->inputs = inputs;
	s->input_count = 0;
	reader_check_env_names(r, node);
	for (const struct node *n = node->first; n; n = n->next)
		fill_input(r, shape->others, n, &inputs[s->input_count++]);
}

void fill_outputs(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct output *outputs = arena_array(&r->p->arena, node->count, sizeof(*outputs));
	struct step *s = field;

	s->outputs = outputs;
	s->output_count = 0;
	reader_check_env_names(r, node);
	for (const struct node *n = node->first; n; n = n->next)
		fill_output(r, shape->others, n, &outputs[s->output_count++]);
}

void fill_gates(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	bool is_list = node->kind == NODE_LIST;
	struct condition *gates =
		arena_array(&r->p->arena, is_list ? node->count : 1, sizeof(*gates));
	const struct shape *item = is_list ? shape->item : shape;
	struct step *s = field;

	s->gates = gates;
	s->gate_count = 0;
	for (const struct node *n = is_list ? node->first : node; n; n = is_list ? n->next : NULL)
		if (!n->bad)
			fill_condition(r, item, n, &gates[s->gate_count++]);
}

/* The step's own entries replace those of the defaults of the same name. */
void fill_env(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct step *s = field;
	struct env *env = arena_array(&r->p->arena, s->env_count + node->count, sizeof(*env));
	size_t count = 0;

	for (size_t i = 0; i < s->env_count; i++)
		if (!node_get(node, s->env[i].name))
			env[count++] = s->env[i];
	for (const struct node *n = node->first; n; n = n->next) {
		if (n->bad)
			continue;
		env[count].pos = n->key->pos;
		env[count].name = n->key->text;
		fill_template(r, shape->others, n, &env[count++].value);
	}
	s->env = env;
	s->env_count = count;
}

void fill_retry(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	struct retry *retry = field;

	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, retry);
	else
		retry->max = node->value.integer;
}

void fill_retry_on(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	struct retry *retry = field;
	int *codes = arena_array(&r->p->arena, node->count, sizeof(*codes));

	(void)shape;
	retry->on_failed = retry->on_lost = retry->on_timed_out = false;
	retry->exit_codes = codes;
	retry->exit_code_count = 0;
	for (const struct node *n = node->first; n; n = n->next) {
		if (n->bad)
			continue;
		if (n->value.type == VALUE_INT)
			codes[retry->exit_code_count++] = (int)n->value.integer;
		retry->on_failed |= str_eq(n->text, "failed");
		retry->on_lost |= str_eq(n->text, "lost");
		retry->on_timed_out |= str_eq(n->text, "timed_out");
	}
}

void fill_concurrency(struct reader *r, const struct shape *shape, const struct node *node,
		      void *field)
{
	struct concurrency *c = field;

	*c = (struct concurrency){ .pos = node->key->pos, .limit = 1 };
	if (node->kind == NODE_MAP)
		fill_map(r, shape, node, c);
	else
		fill_template(r, shape, node, &c->group);
}

void fill_approval(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	(void)r, (void)shape;
	*(bool *)field = str_eq(node->text, "required");
}

void fill_verify_http(struct reader *r, const struct shape *shape, const struct node *node,
		      void *field)
{
	struct verify *v = field;

	v->form = VERIFY_HTTP;
	fill_string(r, shape, node, &v->url);
}

void fill_verify_run(struct reader *r, const struct shape *shape, const struct node *node,
		     void *field)
{
	struct verify *v = field;

	v->form = VERIFY_RUN;
	fill_command(r, shape, node, &v->run);
}

void fill_step(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	const struct node *kind = node_get(node, "kind");
	struct step *s = field;

	*s = r->defaults;
	if (kind && str_eq(kind->text, "deploy")) {
		s->cache = false;
		s->on_lost = ON_LOST_MANUAL;
	}
	s->pos = node->key->pos;
	s->name = node->key->text;
	s->deployment.pos = node->key->pos;
	if (!node->bad)
		fill_map(r, shape, node, s);
}
