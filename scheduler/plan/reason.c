/* SPDX-License-Identifier: Apache-2.0 */
/* reason.c - why two cache keys differ, in sentences
 *
 * A key's line is a word for what it is, for most also a name, and a value. Lines
 * are paired by word and name; what differs in value, or has no partner, becomes a
 * sentence by the table below.
 */
#include "scheduler/plan/reason.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/source_list.h"

enum {
	REASON_FILES_MAX = 8,   /* changed files that are named one by one */
	REASON_VALUE_MAX = 60,  /* characters of a value that are shown */
};

enum line_form {
	LINE_PLAIN, /* word value */
	LINE_NAMED, /* word name value */
	LINE_FORM_COUNT
};

static const struct {
	const char *word;
	enum line_form form;
	bool shows_values; /* "param epochs 100 -> 200" rather than "input train changed" */
} lines[] = {
	{ "command", LINE_PLAIN, false }, { "workdir", LINE_PLAIN, true },
	{ "env", LINE_NAMED, true },      { "param", LINE_NAMED, true },
	{ "matrix", LINE_NAMED, true },   { "context", LINE_NAMED, true },
	{ "sources", LINE_PLAIN, false }, { "output", LINE_NAMED, true },
	{ "metrics", LINE_PLAIN, true },  { "gpus", LINE_PLAIN, true },
	{ "input", LINE_NAMED, false },   { "fingerprint", LINE_PLAIN, false },
};

struct line {
	size_t word;       /* index of lines[]; countof(lines): another line */
	const char *name;  /* "" for LINE_PLAIN */
	const char *value; /* of LINE_PLAIN and LINE_NAMED, the rest of the line */
};

struct key_lines {
	struct line *items;
	size_t count;
};

static size_t word_of(const char *text)
{
	size_t i = 0;

	while (i < countof(lines) && !str_eq(lines[i].word, text))
		i++;
	return i;
}

/* Cuts a copied line at its spaces. */
static struct line split_line(char *text)
{
	char *rest = strchr(text, ' ');
	struct line l = { .name = "", .value = "" };

	if (rest)
		*rest++ = '\0';
	l.word = word_of(text);
	if (rest && l.word < countof(lines) && lines[l.word].form == LINE_NAMED) {
		l.name = rest;
		rest = strchr(rest, ' ');
		if (rest)
			*rest++ = '\0';
	}
	if (rest)
		l.value = rest;
	return l;
}

static struct key_lines split_key(const char *text, struct arena *arena)
{
	struct key_lines k = { 0 };
	size_t count = 0;

	for (const char *at = text; *at; at++)
		count += *at == '\n';
	k.items = arena_array(arena, count, sizeof(*k.items));
	while (k.count < count) {
		const char *end = strchr(text, '\n');

		k.items[k.count++] = split_line(arena_strndup(arena, text, (size_t)(end - text)));
		text = end + 1;
	}
	return k;
}

static const struct line *find_line(const struct key_lines *k, const struct line *l)
{
	for (size_t i = 0; i < k->count; i++) {
		if (k->items[i].word == l->word && str_eq(k->items[i].name, l->name))
			return &k->items[i];
	}
	return NULL;
}

struct finder {
	struct arena *arena;
	struct reasons *out;
	size_t cap;
	reason_sources *sources;
	void *arg;
};

static void add(struct finder *f, const char *text)
{
	if (f->out->count == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 8;
		const char **texts = arena_array(f->arena, cap, sizeof(*texts));

		for (size_t i = 0; i < f->out->count; i++)
			texts[i] = f->out->texts[i];
		f->out->texts = texts;
		f->cap = cap;
	}
	f->out->texts[f->out->count++] = text;
}

/* A value as people wrote it: without the quotes of JSON, cut if long. */
static const char *shown(struct finder *f, const char *value)
{
	size_t len = strlen(value);

	if (len >= 2 && value[0] == '"' && value[len - 1] == '"' && !memchr(value, '\\', len))
		value = arena_strndup(f->arena, value + 1, len - 2);
	if (strlen(value) > REASON_VALUE_MAX)
		value = arena_printf(f->arena, "%.*s…", REASON_VALUE_MAX, value);
	return *value ? value : "\"\"";
}

static bool parse_list(struct finder *f, const char *value, struct source_list *ret)
{
	struct digest digest;
	const char *text;
	size_t len;

	*ret = (struct source_list){ 0 };
	if (str_eq(value, "none"))
		return true;
	if (!f->sources || digest_parse(value, &digest) < 0)
		return false;
	text = f->sources(f->arg, &digest, f->arena, &len);
	return text && source_list_parse(text, len, f->arena, ret, NULL) == 0;
}

static void add_sources(struct finder *f, const char *before, const char *after)
{
	struct source_list a, b;
	struct source_changes changes;

	if (!parse_list(f, before, &a) || !parse_list(f, after, &b)) {
		add(f, "sources changed");
		return;
	}
	source_list_diff(&a, &b, f->arena, &changes);
	for (size_t i = 0; i < changes.count && i < REASON_FILES_MAX; i++)
		add(f, arena_printf(f->arena, "%s %s", changes.changes[i].path,
				    source_change_name(changes.changes[i].kind)));
	if (changes.count > REASON_FILES_MAX)
		add(f, arena_printf(f->arena, "%zu more files changed",
				    changes.count - REASON_FILES_MAX));
}

static const char *label(struct finder *f, const struct line *l)
{
	const char *word = lines[l->word].word;

	return l->name[0] ? arena_printf(f->arena, "%s %s", word, l->name) : word;
}

static void add_changed(struct finder *f, const struct line *before, const struct line *after)
{
	if (str_eq(lines[after->word].word, "sources"))
		add_sources(f, before->value, after->value);
	else if (lines[after->word].shows_values)
		add(f, arena_printf(f->arena, "%s %s -> %s", label(f, after),
				    shown(f, before->value), shown(f, after->value)));
	else
		add(f, arena_printf(f->arena, "%s changed", label(f, after)));
}

void reason_diff(const char *before, const char *after, reason_sources *sources, void *arg,
		 struct arena *arena, struct reasons *ret)
{
	struct finder f = { .arena = arena, .out = ret, .sources = sources, .arg = arg };
	struct key_lines a = split_key(before, arena), b = split_key(after, arena);

	*ret = (struct reasons){ 0 };
	for (size_t i = 0; i < b.count; i++) {
		const struct line *old = find_line(&a, &b.items[i]);

		if (b.items[i].word == countof(lines))
			continue;
		if (!old)
			add(&f, arena_printf(arena, "%s added", label(&f, &b.items[i])));
		else if (!str_eq(old->value, b.items[i].value))
			add_changed(&f, old, &b.items[i]);
	}
	for (size_t i = 0; i < a.count; i++) {
		if (a.items[i].word < countof(lines) && !find_line(&b, &a.items[i]))
			add(&f, arena_printf(arena, "%s removed", label(&f, &a.items[i])));
	}
}
