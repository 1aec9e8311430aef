/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - libyaml's events to a tree of nodes with places
 *
 * Events, not libyaml's documents: its loader has no limit of depth and takes
 * time quadratic in it, and follows aliases into cycles. Here the depth is
 * counted while events arrive, and an alias is a mistake.
 */
#include "scheduler/pipeline/node_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/pipeline/pipeline.h"

struct builder {
	struct arena *arena;
	struct diagnostics *d;
	yaml_parser_t yaml;
	size_t *lines; /* where each line starts, in bytes */
	size_t line_count;
	size_t line, column, byte; /* the mark that was looked up last */
	int depth;
	bool is_over; /* after a mistake that leaves nothing to read */
};

static struct pos pos_of(yaml_mark_t mark)
{
	return (struct pos){ .line = (int)mark.line + 1, .column = (int)mark.column + 1 };
}

static void index_lines(struct builder *b)
{
	const char *s = b->d->source, *newline = s;
	size_t cap = 0;

	b->lines = mem_grow(NULL, &cap, 1, sizeof(*b->lines));
	b->lines[b->line_count++] = 0;
	while ((newline = strchr(newline, '\n'))) {
		b->lines = mem_grow(b->lines, &cap, b->line_count + 1, sizeof(*b->lines));
		b->lines[b->line_count++] = (size_t)(++newline - s);
	}
}

/* libyaml counts characters, and lines that end in other ways than ours: the
 * result is within the source in any case. Marks come in order, so that a line
 * of any length is walked once. */
static size_t byte_at(struct builder *b, yaml_mark_t mark)
{
	const char *s = b->d->source;

	if (mark.line >= b->line_count)
		return b->d->source_len;
	if (mark.line != b->line || mark.column < b->column) {
		b->line = mark.line;
		b->column = 0;
		b->byte = b->lines[mark.line];
	}
	for (; b->column < mark.column && s[b->byte]; b->column++)
		do
			b->byte++;
		while ((s[b->byte] & 0xc0) == 0x80);
	return b->byte;
}

static struct node *fail(struct builder *b, struct pos pos, const char *code, const char *hint,
			 const char *message)
{
	if (!b->is_over)
		diagnostics_add(b->d, pos, 1, code, hint, "%s", message);
	b->is_over = true;
	return NULL;
}

static const char *hint_for_syntax(const char *problem, const char *line, const char *at)
{
	const char *template = strstr(line, "${{");

	if (*at == '\t')
		return "indent with spaces, not tabs";
	if (template && template <= at)
		return "within { } and [ ] put a text with ${{ }} in quotes";
	if (strstr(problem, "cannot start any token"))
		return "put the text in quotes";
	if (strstr(problem, "mapping values are not allowed"))
		return "is a quote or a line break missing, or the indentation wrong?";
	return NULL;
}

static struct node *fail_syntax(struct builder *b)
{
	const yaml_parser_t *y = &b->yaml;
	const char *problem = y->problem ? y->problem : "this is not YAML";
	yaml_mark_t line = { .line = y->problem_mark.line };
	const char *source = b->d->source;
	const char *hint = hint_for_syntax(problem, source + byte_at(b, line),
					   source + byte_at(b, y->problem_mark));

	return fail(b, pos_of(y->problem_mark), "yaml", hint,
		    arena_printf(b->arena, "not valid YAML: %s%s%s", problem,
				 y->context ? ", " : "", y->context ? y->context : ""));
}

static bool next_event(struct builder *b, yaml_event_t *event)
{
	if (b->is_over)
		return false;
	if (yaml_parser_parse(&b->yaml, event))
		return true;
	fail_syntax(b);
	return false;
}

static struct node *new_node(struct builder *b, enum node_kind kind, const yaml_event_t *event)
{
	struct node *n = arena_alloc(b->arena, sizeof(*n));

	n->kind = kind;
	n->pos = pos_of(event->start_mark);
	n->length = 1;
	n->start = byte_at(b, event->start_mark);
	n->end = byte_at(b, event->end_mark);
	n->value = value_null();
	return n;
}

static void refuse_anchor_and_tag(struct builder *b, struct node *n, const yaml_char_t *anchor,
				  const yaml_char_t *tag)
{
	if (anchor)
		diagnostics_add(
			b->d, n->pos, 1, "alias", "write the value out, or put it into 'defaults'",
			"anchors and aliases are not used here: &%.64s", (const char *)anchor);
	if (tag)
		diagnostics_add(b->d, n->pos, 1, "tag", NULL, "tags are not used here: %.64s",
				(const char *)tag);
	n->bad |= tag != NULL;
}

static struct node *read_scalar(struct builder *b, const yaml_event_t *event)
{
	static const char quotes[] = {
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = '\'', [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = '"',
		[YAML_LITERAL_SCALAR_STYLE] = '|',        [YAML_FOLDED_SCALAR_STYLE] = '>',
	};
	struct node *n = new_node(b, NODE_SCALAR, event);
	const char *text = (const char *)event->data.scalar.value;
	struct err err = ERR_INIT;

	n->quote = quotes[event->data.scalar.style];
	n->text = arena_strndup(b->arena, text, event->data.scalar.length);
	if (event->start_mark.line == event->end_mark.line)
		n->length = (int)(event->end_mark.column - event->start_mark.column);
	if (strlen(n->text) != event->data.scalar.length) {
		diagnostics_add(b->d, n->pos, n->length, "bad-value", NULL,
				"a string holds a NUL byte");
		n->bad = true;
	}
	if (n->quote)
		n->value = value_text(b->arena, n->text);
	else if (value_resolve(b->arena, n->text, &n->value, &err) < 0) {
		diagnostics_add(b->d, n->pos, n->length, "bad-value", NULL, "%s", err.text);
		n->bad = true;
	}
	refuse_anchor_and_tag(b, n, event->data.scalar.anchor, event->data.scalar.tag);
	return n;
}

static struct node *read_node(struct builder *b, const yaml_event_t *event);

/* The next node, or NULL at the collection's end or after a failure. */
static struct node *read_next(struct builder *b)
{
	yaml_event_t event;
	struct node *n;

	if (!next_event(b, &event))
		return NULL;
	n = read_node(b, &event);
	yaml_event_delete(&event);
	return n;
}

static void append(struct node *parent, struct node **last, struct node *child)
{
	if (*last)
		(*last)->next = child;
	else
		parent->first = child;
	*last = child;
	parent->count++;
}

static void read_items(struct builder *b, struct node *list)
{
	struct node *last = NULL, *item;

	while ((item = read_next(b)))
		append(list, &last, item);
}

static void refuse_duplicate(struct builder *b, const struct node *key, const struct node *first)
{
	diagnostics_add(b->d, key->pos, key->length, "duplicate-key", NULL,
			"the key '%.64s' is there already, in line %d", key->text, first->pos.line);
}

static void read_entries(struct builder *b, struct node *map)
{
	struct map seen = MAP_INIT;
	struct node *last = NULL, *key, *value;

	while ((key = read_next(b)) && (value = read_next(b))) {
		if (key->kind != NODE_SCALAR) {
			fail(b, key->pos, "yaml", "put it in quotes if it is a word",
			     "a list or a mapping cannot be a key");
			break;
		}
		value->key = key;
		if (map_has(&seen, key->text)) {
			refuse_duplicate(b, key, map_get(&seen, key->text));
			continue;
		}
		map_set(&seen, key->text, key);
		append(map, &last, value);
	}
	map_finish(&seen);
}

static struct node *read_collection(struct builder *b, enum node_kind kind,
				    const yaml_event_t *event)
{
	struct node *n = new_node(b, kind, event);

	if (kind == NODE_LIST)
		refuse_anchor_and_tag(b, n, event->data.sequence_start.anchor,
				      event->data.sequence_start.tag);
	else
		refuse_anchor_and_tag(b, n, event->data.mapping_start.anchor,
				      event->data.mapping_start.tag);
	if (++b->depth > PIPELINE_DEPTH_MAX)
		return fail(b, n->pos, "too-deep", NULL,
			    arena_printf(b->arena, "nested deeper than %d levels",
					 PIPELINE_DEPTH_MAX));
	if (kind == NODE_LIST)
		read_items(b, n);
	else
		read_entries(b, n);
	b->depth--;
	return n;
}

static struct node *read_alias(struct builder *b, const yaml_event_t *event)
{
	struct node *n = new_node(b, NODE_SCALAR, event);

	diagnostics_add(b->d, n->pos, 1, "alias", "write the value out, or put it into 'defaults'",
			"anchors and aliases are not used here: *%.64s",
			(const char *)event->data.alias.anchor);
	n->text = "";
	n->bad = true;
	return n;
}

static struct node *read_node(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return read_collection(b, NODE_LIST, event);
	case YAML_MAPPING_START_EVENT:
		return read_collection(b, NODE_MAP, event);
	case YAML_ALIAS_EVENT:
		return read_alias(b, event);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		break;
	}
	return NULL;
}

/* The events around the root; any other type is NULL there. */
static struct node *read_document(struct builder *b)
{
	yaml_event_t event;
	struct node *root = NULL;
	bool more = true;

	while (more && next_event(b, &event)) {
		if (event.type == YAML_DOCUMENT_START_EVENT && root)
			fail(b, pos_of(event.start_mark), "several-documents", NULL,
			     "a definition is one YAML document; '---' begins a second one");
		else if (!root)
			root = read_node(b, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return b->is_over ? NULL : root;
}

struct node *node_parse(const char *text, size_t len, struct arena *arena, struct diagnostics *d)
{
	struct builder b = { .arena = arena, .d = d };
	struct node *root;

	index_lines(&b);
	yaml_parser_initialize(&b.yaml);
	yaml_parser_set_encoding(&b.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.yaml, (const unsigned char *)text, len);
	root = read_document(&b);
	if (!root)
		fail(&b, (struct pos){ 1, 1 }, "empty", "see 'ingot init'",
		     "the definition is empty");
	yaml_parser_delete(&b.yaml);
	free(b.lines);
	return root;
}

struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (struct node *n = map->first; n; n = n->next)
		if (strcmp(n->key->text, key) == 0)
			return n;
	return NULL;
}

struct node *node_at(const struct node *parent, size_t n)
{
	struct node *child = parent ? parent->first : NULL;

	while (child && n--)
		child = child->next;
	return child;
}

/* Walks source and text side by side: they differ in white space (indentation,
 * folding) and in doubled single quotes; anything else is an escape. */
static size_t align(const struct diagnostics *d, const struct node *scalar, size_t offset)
{
	const char *s = d->source + scalar->start, *end = d->source + scalar->end;
	const char *t = scalar->text, *goal = scalar->text + offset;

	if (scalar->quote == '|' || scalar->quote == '>')
		s += strcspn(s, "\n");
	else if (scalar->quote)
		s++;
	while (t < goal && s < end) {
		if (*s == *t) {
			s += 1 + (scalar->quote == '\'' && *s == '\'');
			t++;
		} else if (isspace((unsigned char)*t)) {
			t++;
		} else if (isspace((unsigned char)*s)) {
			s++;
		} else {
			return scalar->start;
		}
	}
	while (s < end && *t && !isspace((unsigned char)*t) && isspace((unsigned char)*s))
		s++;
	return t == goal && s <= end ? (size_t)(s - d->source) : scalar->start;
}

struct pos node_pos_at(const struct diagnostics *d, const struct node *scalar, size_t offset)
{
	struct pos pos = { .line = 1, .column = 1 };
	size_t at;

	if (diagnostics_is_full(d))
		return scalar->pos;
	at = align(d, scalar, offset);
	for (size_t i = 0; i < at && i < d->source_len; i++) {
		if (d->source[i] == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((d->source[i] & 0xc0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}
