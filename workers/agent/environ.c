/* SPDX-License-Identifier: Apache-2.0 */
/* environ.c - the environment that a step finds: exactly what product.md names */
#include "workers/agent/environ.h"

#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "workers/wire/grant.h"

/* What is there beside the grant's lists: see fill_identity() and fill_base(). */
enum { FIXED_MAX = 24 };

struct list {
	const char **items;
	size_t count, cap;
	struct arena *arena;
};

static const char *or(const char *value, const char *otherwise)
{
	return value && *value ? value : otherwise;
}

void environ_base_init(struct environ_base *ret)
{
	const char *user = or(getenv("USER"), getenv("LOGNAME"));
	const struct passwd *entry = user && getenv("HOME") ? NULL : getpwuid(getuid());

	*ret = (struct environ_base){
		.path = or(getenv("PATH"), "/usr/local/bin:/usr/bin:/bin"),
		.home = or(getenv("HOME"), entry ? entry->pw_dir : "/"),
		.lang = or(getenv("LANG"), "C.UTF-8"),
		.user = or(user, entry ? entry->pw_name : "nobody"),
	};
}

static void list_init(struct list *l, size_t cap, struct arena *arena)
{
	*l = (struct list){ .cap = cap, .arena = arena };
	l->items = arena_array(arena, cap + 1, sizeof(*l->items));
}

/* Adds PREFIX NAME=value, with each '-' of the name as '_'. */
static void add(struct list *l, const char *prefix, const char *name, const char *value)
{
	size_t prefix_len = strlen(prefix), name_len = strlen(name), value_len = strlen(value);
	char *item = arena_alloc(l->arena, prefix_len + name_len + 1 + value_len + 1);

	BUG_ON(l->count == l->cap);
	memcpy(item, prefix, prefix_len);
	memcpy(item + prefix_len, name, name_len);
	for (size_t i = prefix_len; i < prefix_len + name_len; i++) {
		if (item[i] == '-')
			item[i] = '_';
	}
	item[prefix_len + name_len] = '=';
	memcpy(item + prefix_len + name_len + 1, value, value_len + 1);
	l->items[l->count++] = item;
}

static void add_number(struct list *l, const char *name, uint64_t value)
{
	add(l, "", name, arena_printf(l->arena, "%" PRIu64, value));
}

static void add_path(struct list *l, const char *prefix, const char *name, const char *folder,
		     const char *path)
{
	add(l, prefix, name, arena_printf(l->arena, "%s/%s", folder, path));
}

/* JSON as a shell script wants it: a text without its quotes, null as nothing. */
static const char *plain(const char *json, struct arena *arena)
{
	const char *text = json;
	json_t *value;

	if (str_eq(json, "null"))
		return "";
	if (*json != '"' || json_parse(json, strlen(json), &value, NULL) < 0)
		return json;
	text = arena_strdup(arena, json_string_value(value));
	json_decref(value);
	return text;
}

static void add_values(struct list *l, const char *prefix, const struct wire_pair *pairs,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add(l, prefix, pairs[i].name, plain(pairs[i].value, l->arena));
}

static void fill_identity(struct list *l, const struct wire_grant *g)
{
	add_number(l, "INGOT_RUN", g->run);
	add(l, "", "INGOT_PIPELINE", g->pipeline);
	add(l, "", "INGOT_STEP", g->step);
	add_number(l, "INGOT_ATTEMPT", g->attempt);
	add(l, "", "INGOT_COMMIT", g->commit);
	add(l, "", "INGOT_REF", g->ref);
	add(l, "", "INGOT_BRANCH", g->branch);
	add(l, "", "INGOT_TRIGGER", g->trigger);
	add_number(l, "INGOT_FENCE", g->lease.fence);
	if (g->deploy.deployment)
		add_number(l, "INGOT_DEPLOYMENT", g->deploy.deployment);
	add(l, "", "CUDA_VISIBLE_DEVICES", g->devices);
}

static void fill_places(struct list *l, const struct wire_grant *g, const struct environ_places *p)
{
	add(l, "", "INGOT_WORKSPACE", p->workspace);
	add(l, "", "INGOT_METRICS", p->metrics);
	add(l, "", "INGOT_CHECKPOINT", p->checkpoint);
	if (p->params)
		add(l, "", "INGOT_PARAMS", p->params);
	for (uint32_t i = 0; i < g->input_count; i++)
		add_path(l, "INGOT_INPUT_", g->inputs[i].name, p->workspace, g->inputs[i].path);
	for (uint32_t i = 0; i < g->output_count; i++)
		add_path(l, "INGOT_OUTPUT_", g->outputs[i].name, p->workspace, g->outputs[i].path);
}

/* The item from the first-th on that sets the name; NULL if none does. */
static const char **find(const struct list *l, size_t first, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = first; i < l->count; i++) {
		if (strncmp(l->items[i], name, len) == 0 && l->items[i][len] == '=')
			return &l->items[i];
	}
	return NULL;
}

/* What tells a step who it is cannot be set; of the rest a later one wins. */
static void add_env(struct list *l, const struct wire_grant *g)
{
	size_t own = l->count;

	for (uint32_t i = 0; i < g->env_count; i++) {
		const struct wire_pair *e = &g->env[i];
		const char **there = find(l, 0, e->name);

		if (!there)
			there = &l->items[l->count++];
		if (there >= l->items + own)
			*there = arena_printf(l->arena, "%s=%s", e->name, e->value);
	}
}

static void fill_base(struct list *l, const struct environ_base *base, const char *tmp)
{
	const struct wire_pair pairs[] = {
		{ "PATH", base->path }, { "HOME", base->home }, { "LANG", base->lang },
		{ "TMPDIR", tmp },      { "USER", base->user }, { "CI", "true" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!find(l, 0, pairs[i].name))
			add(l, "", pairs[i].name, pairs[i].value);
	}
}

const char *const *environ_of_step(const struct environ_base *base, const struct wire_grant *g,
				   const struct environ_places *places, struct arena *arena)
{
	size_t cap = FIXED_MAX + g->input_count + g->output_count + g->param_count +
		     g->matrix_count + g->env_count;
	struct list l;

	list_init(&l, cap, arena);
	fill_identity(&l, g);
	fill_places(&l, g, places);
	add_values(&l, "INGOT_PARAM_", g->params, g->param_count);
	add_values(&l, "INGOT_MATRIX_", g->matrix, g->matrix_count);
	add_env(&l, g);
	fill_base(&l, base, places->tmp);
	return l.items;
}

const char *const *environ_of_probe(const struct environ_base *base, const char *tmp,
				    struct arena *arena)
{
	struct list l;

	list_init(&l, FIXED_MAX, arena);
	fill_base(&l, base, tmp);
	return l.items;
}
