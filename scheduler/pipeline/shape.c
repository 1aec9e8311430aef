/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - hold a node against its shape and report what does not fit */
#include "scheduler/pipeline/shape_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/pipeline/node_priv.h"

enum { SUGGESTIONS_MAX = 64 };

/* Keys of other systems, and what they are called here. */
static const struct {
	const char *theirs, *ours;
} synonyms[] = {
	{ "jobs", "steps" },        { "stages", "steps" },     { "tasks", "steps" },
	{ "script", "run" },        { "cmd", "run" },          { "command", "run" },
	{ "deps", "inputs" },       { "outs", "outputs" },     { "artifacts", "outputs" },
	{ "depends_on", "needs" },  { "after", "needs" },      { "parameters", "params" },
	{ "strategy", "matrix" },   { "environ", "env" },      { "variables", "env" },
	{ "when", "if" },           { "retries", "retry" },    { "timeout_minutes", "timeout" },
	{ "working_directory", "workdir" },
};

static const char *const kind_words[NODE_KIND_COUNT] = {
	[NODE_SCALAR] = "a value", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping",
};

static const char *const value_words[VALUE_COUNT] = {
	[VALUE_NULL] = "nothing",    [VALUE_BOOL] = "true or false", [VALUE_INT] = "an integer",
	[VALUE_DOUBLE] = "a number", [VALUE_TEXT] = "a string",
};

static unsigned accept_of(const struct node *n)
{
	static const unsigned of_value[VALUE_COUNT] = {
		[VALUE_NULL] = ACCEPT_NULL,
		[VALUE_BOOL] = ACCEPT_BOOL,
		[VALUE_INT] = ACCEPT_INT | ACCEPT_NUMBER,
		[VALUE_DOUBLE] = ACCEPT_NUMBER,
		[VALUE_TEXT] = ACCEPT_STRING,
	};

	if (n->kind == NODE_SCALAR)
		return of_value[n->value.type];
	return n->kind == NODE_LIST ? ACCEPT_LIST : ACCEPT_MAP;
}

static bool is_allowed(const struct shape *shape, const struct key *key)
{
	return !shape->only || (key->flags & shape->only);
}

const struct key *shape_key(const struct shape *shape, const char *name)
{
	for (const struct key *k = shape->keys; k && k->name; k++)
		if (strcmp(k->name, name) == 0 && is_allowed(shape, k))
			return k;
	return NULL;
}

static void fail(struct node *n, struct diagnostics *d, const char *code, const char *hint,
		 const char *message)
{
	diagnostics_add(d, n->pos, n->length, code, hint, "%s", message);
	n->bad = true;
}

static const char *hint_for_type(const struct shape *shape, const struct node *n)
{
	static const char *const yes[] = { "yes", "no", "on",  "off", "Yes",
					   "No",  "On", "Off", "y",   "n" };

	if (n->kind != NODE_SCALAR)
		return NULL;
	for (size_t i = 0; i < countof(yes) && (shape->accepts & ACCEPT_BOOL); i++)
		if (strcmp(n->text, yes[i]) == 0)
			return "write true or false; yes, no, on and off are strings";
	if (n->value.type == VALUE_INT && shape->form && shape->form->for_number)
		return shape->form->for_number;
	if (n->value.type != VALUE_TEXT && (shape->accepts & ACCEPT_STRING) && !shape->words)
		return "put it in quotes if it is meant as a string";
	if (n->value.type == VALUE_TEXT && (shape->accepts & ACCEPT_INT) && n->quote)
		return "write numbers without quotes";
	return NULL;
}

/* "an integer 'x'" or, where there is no text to show, "a list". */
static void describe(const struct node *n, char *text, size_t size)
{
	if (n->kind != NODE_SCALAR)
		snprintf(text, size, "%s", kind_words[n->kind]);
	else if (n->value.type == VALUE_NULL)
		snprintf(text, size, "%s", value_words[n->value.type]);
	else
		snprintf(text, size, "%s '%.64s'", value_words[n->value.type], n->text);
}

static void check_type(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	bool is_missing = n->kind == NODE_SCALAR && n->length == 0 && n->key;
	const struct node *at = is_missing ? n->key : n;
	char is[96], of[80] = "";

	if (accept_of(n) & shape->accepts)
		return;
	describe(n, is, sizeof(is));
	if (n->key)
		snprintf(of, sizeof(of), " for '%.64s'", n->key->text);
	diagnostics_add(d, at->pos, at->length, "wrong-type", hint_for_type(shape, n),
			"%s is expected%s, not %s", shape->what, of, is);
	n->bad = true;
}

static bool is_word(const struct shape *shape, const char *text)
{
	for (size_t i = 0; i < shape->word_count; i++)
		if (*text && strcmp(shape->words[i], text) == 0)
			return true;
	return false;
}

static void refuse_word(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	const char *words[SUGGESTIONS_MAX], *near;
	struct buf list = BUF_INIT;
	char hint[96] = "";
	size_t count = 0;

	for (size_t i = 0; i < shape->word_count; i++) {
		if (!shape->words[i][0])
			continue;
		buf_printf(&list, "%s%s", count ? ", " : "", shape->words[i]);
		words[count++] = shape->words[i];
	}
	near = str_suggest(n->text, words, count);
	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	diagnostics_add(d, n->pos, n->length, "bad-value", hint, "'%.64s' is not one of: %s",
			n->text, buf_str(&list));
	n->bad = true;
	buf_finish(&list);
}

static void check_form(const struct form *form, struct node *n, struct diagnostics *d)
{
	struct err err = ERR_INIT;

	if (form->judge(n->text, &err) < 0)
		fail(n, d, form->code, err.hint, err.text);
}

static void check_template(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	if (!shape->names && strstr(n->text, "${{"))
		fail(n, d, "bad-template",
		     "it works in run, env, paths of outputs, concurrency and if",
		     "${{ }} has no meaning here");
}

static void check_range(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	double v = n->value.type == VALUE_INT ? (double)n->value.integer : n->value.real;

	if (shape->max == 0 || (v >= (double)shape->min && v <= (double)shape->max))
		return;
	diagnostics_add(d, n->pos, n->length, "bad-value", NULL, "%s is not between %lld and %lld",
			n->text, (long long)shape->min, (long long)shape->max);
	n->bad = true;
}

static void check_scalar(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	check_type(shape, n, d);
	if (n->bad || n->value.type == VALUE_NULL || n->value.type == VALUE_BOOL)
		return;
	check_template(shape, n, d);
	if (n->bad)
		return;
	if (n->value.type != VALUE_TEXT)
		check_range(shape, n, d);
	else if (shape->words && !is_word(shape, n->text))
		refuse_word(shape, n, d);
	else if (shape->form)
		check_form(shape->form, n, d);
}

static void check_count(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	const char *what = n->kind == NODE_LIST ? "list" : "mapping";

	if (n->count < shape->min_items)
		diagnostics_add(d, n->pos, n->length, "bad-value", NULL, "the %s is empty", what);
	else if (shape->max_items && n->count > shape->max_items)
		diagnostics_add(d, n->pos, n->length, "too-large", NULL,
				"the %s has more than %zu entries", what, shape->max_items);
	else
		return;
	n->bad = true;
}

static void check_list(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	check_type(shape, n, d);
	if (n->bad)
		return;
	check_count(shape, n, d);
	for (struct node *item = n->first; item; item = item->next)
		shape_check(shape->item, item, d);
}

static const char *synonym(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < countof(synonyms); i++)
		if (strcmp(synonyms[i].theirs, name) == 0 && shape_key(shape, synonyms[i].ours))
			return synonyms[i].ours;
	return NULL;
}

/* What may have been meant by a key that the map has not. */
static void hint_for_key(const struct shape *shape, const char *key, char *hint, size_t size)
{
	const char *names[SUGGESTIONS_MAX], *near = synonym(shape, key);
	size_t count = 0;

	for (const struct key *k = shape->keys; k && k->name && count < SUGGESTIONS_MAX; k++)
		if (is_allowed(shape, k))
			names[count++] = k->name;
	near = near ? near : str_suggest(key, names, count);
	if (near)
		snprintf(hint, size, "did you mean '%s'?", near);
	else if (strcmp(key, "<<") == 0)
		snprintf(hint, size, "put what steps share into 'defaults'");
}

static void refuse_key(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	char hint[96] = "";

	if (!diagnostics_is_full(d))
		hint_for_key(shape, n->key->text, hint, sizeof(hint));
	diagnostics_add(d, n->key->pos, n->key->length, "unknown-key", hint,
			"%s has no key '%.64s'", shape->thing, n->key->text);
	n->bad = true;
}

static void check_name(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	check_form(shape->others_form, n->key, d);
	n->bad |= n->key->bad;
}

static bool is_deploy(const struct node *step)
{
	const struct node *kind = node_get(step, "kind");

	return kind && kind->kind == NODE_SCALAR && strcmp(kind->text, "deploy") == 0;
}

static void check_entry(const struct shape *shape, const struct node *map, struct node *n,
			struct diagnostics *d)
{
	const struct key *key = shape_key(shape, n->key->text);

	if (!key && !shape->others) {
		refuse_key(shape, n, d);
		return;
	}
	if (!key)
		check_name(shape, n, d);
	shape_check(key ? key->shape : shape->others, n, d);
	if (key && (key->flags & KEY_DEPLOY) && !is_deploy(map)) {
		diagnostics_add(d, n->key->pos, n->key->length, "deploy-only", "write kind: deploy",
				"'%s' belongs to a deploy step", key->name);
		n->bad = true;
	}
}

static void check_required(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	const struct node *at = n->key ? n->key : n;

	for (const struct key *k = shape->keys; k && k->name; k++)
		if ((k->flags & KEY_REQUIRED) && is_allowed(shape, k) && !node_get(n, k->name))
			diagnostics_add(d, at->pos, at->length, "missing-key", k->about,
					n->key ? "'%.64s' has no '%s'" : "%s has no '%s'",
					n->key ? n->key->text : shape->thing, k->name);
}

static void check_map(const struct shape *shape, struct node *n, struct diagnostics *d)
{
	check_type(shape, n, d);
	if (n->bad)
		return;
	check_count(shape, n, d);
	for (struct node *entry = n->first; entry; entry = entry->next)
		check_entry(shape, n, entry, d);
	check_required(shape, n, d);
}

void shape_check(const struct shape *shape, struct node *node, struct diagnostics *d)
{
	if (node->bad)
		return;
	if (node->kind == NODE_MAP)
		check_map(shape, node, d);
	else if (node->kind == NODE_LIST)
		check_list(shape, node, d);
	else
		check_scalar(shape, node, d);
}
