/* SPDX-License-Identifier: Apache-2.0 */
/* rebuild.c - what a step ran with, from the scheduler's answer */
#include "cli/rebuild.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/fields.h"
#include "workers/wire/grant.h"

static const char *copy(struct arena *arena, const json_t *object, const char *name)
{
	return arena_strdup(arena, field_text(object, name));
}

static int read_digest(const json_t *object, const char *name, struct digest *ret, struct err *err)
{
	if (digest_parse(field_text(object, name), ret) == 0)
		return 0;
	return err_set(err, ERR_PROTOCOL, "the scheduler's answer has no digest in '%s'", name);
}

/* {name: value}; values as texts, or as JSON. */
static struct wire_pair *read_pairs(const json_t *object, bool as_json, struct arena *arena,
				    uint32_t *ret_count)
{
	struct wire_pair *pairs = arena_array(arena, json_object_size(object), sizeof(*pairs));
	uint32_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		char *text = as_json ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

		pairs[count++] = (struct wire_pair){
			arena_strdup(arena, name),
			arena_strdup(arena, as_json ? text : field_text(object, name)),
		};
		free(text);
	}
	*ret_count = count;
	return pairs;
}

static int read_inputs(const json_t *list, struct arena *arena, struct wire_grant *g,
		       struct err *err)
{
	const json_t *item;
	int rc = 0;
	size_t i;

	g->inputs = arena_array(arena, json_array_size(list), sizeof(*g->inputs));
	json_array_foreach(list, i, item) {
		struct wire_input *input = &g->inputs[g->input_count++];

		input->name = copy(arena, item, "name");
		input->path = copy(arena, item, "path");
		input->is_tree = str_eq(field_text(item, "kind"), "folder");
		rc = read_digest(item, "digest", &input->digest, err);
		if (rc < 0)
			break;
	}
	return rc;
}

static void read_outputs(const json_t *list, struct arena *arena, struct wire_grant *g)
{
	const json_t *item;
	size_t i;

	g->outputs = arena_array(arena, json_array_size(list), sizeof(*g->outputs));
	json_array_foreach(list, i, item)
		g->outputs[g->output_count++] = (struct wire_output){ copy(arena, item, "name"),
								      copy(arena, item, "path") };
}

static void read_command(const json_t *words, struct arena *arena, struct wire_command *ret)
{
	const json_t *word;
	size_t i;

	ret->words = arena_array(arena, json_array_size(words) + 1, sizeof(*ret->words));
	json_array_foreach(words, i, word) {
		const char *text = json_string_value(word);

		ret->words[ret->count++] = arena_strdup(arena, text ? text : "");
	}
}

static void read_context(const json_t *context, struct arena *arena, struct wire_grant *g)
{
	g->pipeline = copy(arena, context, "pipeline");
	g->commit = copy(arena, context, "commit");
	g->ref = copy(arena, context, "ref");
	g->branch = copy(arena, context, "branch");
	g->trigger = copy(arena, context, "trigger");
}

int rebuild_grant(const json_t *workspace, struct arena *arena, struct wire_grant *ret,
		  struct err *err)
{
	struct wire_grant g = { .attempt = 1, .devices = "" };
	int rc = 0;

	g.run = (uint64_t)field_int(workspace, "run");
	g.step = copy(arena, workspace, "step");
	g.workdir = copy(arena, workspace, "workdir");
	g.has_sources = !field_is_null(workspace, "sources");
	if (g.has_sources)
		rc = read_digest(workspace, "sources", &g.sources, err);
	if (rc == 0)
		rc = read_inputs(json_object_get(workspace, "inputs"), arena, &g, err);
	if (rc < 0)
		return rc;
	read_outputs(json_object_get(workspace, "outputs"), arena, &g);
	read_command(json_object_get(workspace, "command"), arena, &g.command);
	read_context(json_object_get(workspace, "context"), arena, &g);
	g.env = read_pairs(json_object_get(workspace, "env"), false, arena, &g.env_count);
	g.params = read_pairs(json_object_get(workspace, "params"), true, arena, &g.param_count);
	g.matrix = read_pairs(json_object_get(workspace, "matrix"), true, arena, &g.matrix_count);
	*ret = g;
	return 0;
}
