/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - readers of single values, and of mappings by their key tables */
#include "scheduler/pipeline/reader_priv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/expr/expr.h"
#include "scheduler/pipeline/form_priv.h"

/* A hostile file with ten thousand steps shall not have each compared with each. */
enum { SUGGEST_AMONG_MAX = 1000 };

void reader_fail(struct reader *r, const struct node *at, const char *code, const char *hint,
		 const char *fmt, ...)
{
	char message[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	diagnostics_add(r->d, at->pos, at->length, code, hint, "%s", message);
}

void reader_suggest(const struct reader *r, const char *word, const char *const *words,
		    size_t count, char *hint, size_t size)
{
	const char *near = NULL;

	if (!diagnostics_is_full(r->d) && strlen(word) <= 128)
		near = str_suggest(word, words,
				   count < SUGGEST_AMONG_MAX ? count : SUGGEST_AMONG_MAX);
	*hint = '\0';
	if (near)
		snprintf(hint, size, "did you mean '%s'?", near);
}

void reader_check_env_names(struct reader *r, const struct node *map)
{
	struct map seen = MAP_INIT;

	for (const struct node *n = map->first; n; n = n->next) {
		char *upper = mem_strdup(n->key->text);
		const struct node *first;

		for (char *c = upper; *c; c++)
			*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
		first = map_set(&seen, upper, n->key);
		if (first && !n->bad)
			reader_fail(r, n->key, "bad-name", NULL,
				    "'%s' and '%s' would be one environment variable, …_%s",
				    first->text, n->key->text, upper);
		free(upper);
	}
	map_finish(&seen);
}

void fill_string(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	(void)r, (void)shape;
	*(const char **)field = node->text;
}

void fill_path(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	size_t len = strlen(node->text);

	(void)shape;
	*(const char **)field = arena_strndup(&r->p->arena, node->text,
					      len - (len > 1 && node->text[len - 1] == '/'));
}

void fill_bool(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	(void)r, (void)shape;
	*(bool *)field = node->value.boolean;
}

void fill_int(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	(void)r, (void)shape;
	*(int64_t *)field = node->value.integer;
}

void fill_duration(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	(void)r, (void)shape;
	str_to_duration_ms(node->text, field);
}

void fill_size(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	(void)r, (void)shape;
	str_to_size(node->text, field);
}

void fill_cpu(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	int64_t *milli = field;

	(void)r, (void)shape;
	if (node->value.type == VALUE_INT)
		*milli = node->value.integer * 1000;
	else if (node->value.type == VALUE_DOUBLE)
		*milli = (int64_t)(node->value.real * 1000 + 0.5);
	else
		*milli = form_cpu_milli(node->text);
}

void fill_word(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	unsigned i = 0;

	(void)r;
	while (i < shape->word_count && strcmp(shape->words[i], node->text) != 0)
		i++;
	*(unsigned *)field = i;
}

static struct word word_of(const struct node *node)
{
	return (struct word){ .pos = node->pos, .text = node->text };
}

void fill_words(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	bool is_list = node->kind == NODE_LIST;
	struct word *items = arena_array(&r->p->arena, is_list ? node->count : 1, sizeof(*items));
	struct words *words = field;
	size_t count = 0;

	(void)shape;
	if (!is_list)
		items[count++] = word_of(node);
	for (const struct node *item = is_list ? node->first : NULL; item; item = item->next)
		if (!item->bad)
			items[count++] = word_of(item);
	*words = (struct words){ .count = count, .items = items };
}

static void note_use(struct reader *r, const struct node *node, const struct template *t,
		     unsigned names)
{
	r->uses = mem_grow(r->uses, &r->use_cap, r->use_count + 1, sizeof(*r->uses));
	r->uses[r->use_count++] = (struct use){
		.node = node,
		.template = t ? *t : (struct template){ .text = NULL },
		.names = names,
		.step = r->step,
	};
}

static void parse_template(struct reader *r, const struct shape *shape, const struct node *node,
			   const char *text, enum template_mode mode, struct template *ret)
{
	struct err err = ERR_INIT;
	size_t offset = 0;

	if (template_parse(&r->p->arena, text, mode, ret, &offset, &err) < 0) {
		diagnostics_add(r->d, node_pos_at(r->d, node, offset), 3, "bad-template", err.hint,
				"%s", err.text);
		return;
	}
	ret->pos = node->pos;
	note_use(r, node, ret, shape->names);
}

void fill_template(struct reader *r, const struct shape *shape, const struct node *node,
		   void *field)
{
	parse_template(r, shape, node, node->text, TEMPLATE_PLAIN, field);
}

void fill_command(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	bool is_list = node->kind == NODE_LIST;
	size_t count = is_list ? node->count : 1, i = 0;
	struct template *parts = arena_array(&r->p->arena, count, sizeof(*parts));

	*(struct command *)field = (struct command){
		.pos = node->pos,
		.form = is_list ? COMMAND_ARGV : COMMAND_SHELL,
		.count = count,
		.parts = parts,
	};
	if (!is_list)
		parse_template(r, shape, node, node->text, TEMPLATE_SHELL, parts);
	for (const struct node *word = is_list ? node->first : NULL; word; word = word->next, i++)
		if (!word->bad)
			parse_template(r, shape, word, word->text, TEMPLATE_PLAIN, &parts[i]);
}

void fill_condition(struct reader *r, const struct shape *shape, const struct node *node,
		    void *field)
{
	*(struct condition *)field = (struct condition){ .pos = node->pos, .text = node->text };
	note_use(r, node, NULL, shape->names);
}

/* In the order of the table, not of the file: `defaults` comes before `steps`. */
void fill_map(struct reader *r, const struct shape *shape, const struct node *node, void *field)
{
	for (const struct key *key = shape->keys; key && key->name; key++) {
		const struct node *entry = node_get(node, key->name);

		if (entry && !entry->bad && key->shape->fill && shape_key(shape, key->name))
			key->shape->fill(r, key->shape, entry, (char *)field + key->offset);
	}
}

void fill_placed_map(struct reader *r, const struct shape *shape, const struct node *node,
		     void *field)
{
	*(struct pos *)field = node->key ? node->key->pos : node->pos;
	fill_map(r, shape, node, field);
}
