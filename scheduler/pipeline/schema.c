/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - write the key table of keys.c as a JSON Schema */
#include "scheduler/pipeline/pipeline.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/pipeline/shape_priv.h"

static const struct {
	enum accept accept;
	const char *type;
} types[] = {
	{ ACCEPT_NULL, "null" },     { ACCEPT_BOOL, "boolean" }, { ACCEPT_INT, "integer" },
	{ ACCEPT_NUMBER, "number" }, { ACCEPT_STRING, "string" }, { ACCEPT_LIST, "array" },
	{ ACCEPT_MAP, "object" },
};

static void write_shape(struct json_writer *w, const char *key, const struct shape *shape,
			const char *about);

static void write_types(struct json_writer *w, unsigned accepts)
{
	json_write_array(w, "type");
	for (size_t i = 0; i < countof(types); i++)
		if (accepts & types[i].accept)
			json_write_string(w, NULL, types[i].type);
	json_write_end(w);
}

static void write_words(struct json_writer *w, const struct shape *shape)
{
	struct buf pattern = BUF_INIT;

	/* Not "enum": that would hold for numbers and lists as well. */
	for (size_t i = 0; i < shape->word_count; i++)
		if (shape->words[i][0])
			buf_printf(&pattern, "%s%s", pattern.len ? "|" : "^(", shape->words[i]);
	buf_str_append(&pattern, ")$");
	json_write_string(w, "pattern", buf_str(&pattern));
	buf_finish(&pattern);
}

static bool stands_in(const struct shape *shape, const struct key *key)
{
	return !shape->only || (key->flags & shape->only);
}

static void write_required(struct json_writer *w, const struct shape *shape)
{
	json_write_array(w, "required");
	for (const struct key *k = shape->keys; k && k->name; k++)
		if ((k->flags & KEY_REQUIRED) && stands_in(shape, k))
			json_write_string(w, NULL, k->name);
	json_write_end(w);
}

/* Keys of deploy steps are refused wherever `kind` is another one. */
static void write_deploy_only(struct json_writer *w, const struct shape *shape)
{
	bool any = false;

	for (const struct key *k = shape->keys; k && k->name; k++)
		any |= (k->flags & KEY_DEPLOY) && stands_in(shape, k);
	if (!any)
		return;
	json_write_raw(
		w, "if",
		"{\"properties\":{\"kind\":{\"const\":\"deploy\"}},\"required\":[\"kind\"]}");
	json_write_object(w, "else");
	json_write_object(w, "properties");
	for (const struct key *k = shape->keys; k && k->name; k++)
		if (k->flags & KEY_DEPLOY)
			json_write_bool(w, k->name, false);
	json_write_end(w);
	json_write_end(w);
}

static void write_map(struct json_writer *w, const struct shape *shape)
{
	json_write_object(w, "properties");
	for (const struct key *k = shape->keys; k && k->name; k++)
		if (stands_in(shape, k))
			write_shape(w, k->name, k->shape, k->about);
	json_write_end(w);
	write_required(w, shape);
	write_deploy_only(w, shape);
	if (!shape->others) {
		json_write_bool(w, "additionalProperties", false);
		return;
	}
	write_shape(w, "additionalProperties", shape->others, NULL);
	json_write_object(w, "propertyNames");
	json_write_string(w, "pattern", shape->others_form->pattern);
	json_write_end(w);
}

static void write_counts(struct json_writer *w, const struct shape *shape, const char *min,
			 const char *max)
{
	json_write_int(w, min, (int64_t)shape->min_items);
	if (shape->max_items)
		json_write_int(w, max, (int64_t)shape->max_items);
}

static void write_keywords(struct json_writer *w, const struct shape *shape)
{
	write_types(w, shape->accepts);
	if (shape->words)
		write_words(w, shape);
	else if (shape->form)
		json_write_string(w, "pattern", shape->form->pattern);
	if (shape->max) {
		json_write_int(w, "minimum", shape->min);
		json_write_int(w, "maximum", shape->max);
	}
	if (shape->accepts & ACCEPT_LIST) {
		write_shape(w, "items", shape->item, NULL);
		write_counts(w, shape, "minItems", "maxItems");
	}
	if (shape->accepts & ACCEPT_MAP) {
		write_counts(w, shape, "minProperties", "maxProperties");
		write_map(w, shape);
	}
}

static void write_shape(struct json_writer *w, const char *key, const struct shape *shape,
			const char *about)
{
	json_write_object(w, key);
	if (about)
		json_write_string(w, "description", about);
	write_keywords(w, shape);
	json_write_end(w);
}

void pipeline_schema(struct buf *out)
{
	struct json_writer w = { .out = out };

	json_write_object(&w, NULL);
	json_write_string(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_write_string(&w, "title", "Ingot pipeline");
	json_write_string(&w, "description", "ingot.yaml, or .ingot/NAME.yaml");
	write_keywords(&w, &shape_pipeline);
	json_write_end(&w);
	buf_char(out, '\n');
}
