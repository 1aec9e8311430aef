/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c - from a definition's bytes to a checked pipeline */
#include "scheduler/pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/pipeline/reader_priv.h"

/* Byte order marks; UTF-32 first, for it begins as UTF-16 does. */
static const struct {
	const char *bytes;
	size_t len;
	const char *name;
} marks[] = {
	{ "\xff\xfe\0\0", 4, "UTF-32" },
	{ "\0\0\xfe\xff", 4, "UTF-32" },
	{ "\xff\xfe", 2, "UTF-16" },
	{ "\xfe\xff", 2, "UTF-16" },
	{ "\xef\xbb\xbf", 3, "a byte order mark" },
};

static int refuse(struct diagnostics *d, struct pos pos, const char *code, const char *hint,
		  const char *message)
{
	diagnostics_add(d, pos, 1, code, hint, "%s", message);
	return ERR_INVALID;
}

/* The place of the first byte that is no text: a control byte or bad UTF-8. */
static struct pos place_of(const char *text, const char *at)
{
	struct pos pos = { .line = 1, .column = 1 };

	for (; text < at; text++) {
		if (*text == '\n')
			pos = (struct pos){ .line = pos.line + 1, .column = 1 };
		else if ((*text & 0xc0) != 0x80)
			pos.column++;
	}
	return pos;
}

static int check_bytes(const char *text, size_t len, struct diagnostics *d)
{
	for (const char *s = text; s < text + len; s++)
		if (((unsigned char)*s < 0x20 && !strchr("\t\n\r", *s)) || *s == 0x7f || !*s)
			return refuse(d, place_of(text, s), "not-text", NULL,
				      "a control character: is this a binary file?");
	for (size_t i = 0, n; i < len; i += n) {
		for (n = 1; i + n < len && (text[i + n] & 0xc0) == 0x80; n++)
			;
		if (!str_is_utf8(text + i, n))
			return refuse(d, place_of(text, text + i), "not-utf-8",
				      "save the file as UTF-8", "this is not UTF-8");
	}
	return 0;
}

/* What can be said of the text before it is parsed. */
static int check_text(const char *text, size_t len, struct diagnostics *d)
{
	struct pos start = { 1, 1 };

	if (len > PIPELINE_TEXT_MAX) {
		diagnostics_add(d, start, 1, "too-large",
				"split it into several pipelines under .ingot/",
				"the definition is larger than %d KiB", PIPELINE_TEXT_MAX / 1024);
		return ERR_INVALID;
	}
	for (size_t i = 0; i < countof(marks); i++) {
		if (len < marks[i].len || memcmp(text, marks[i].bytes, marks[i].len) != 0)
			continue;
		diagnostics_add(d, start, 1, "not-utf-8",
				"save the file as UTF-8 without a byte order mark",
				"the file begins with %s", marks[i].name);
		return ERR_INVALID;
	}
	return check_bytes(text, len, d);
}

static void check_tree(struct reader *r, struct node *root)
{
	shape_check(&shape_pipeline, root, r->d);
	if (root->bad)
		return;
	reader_pipeline(r, root);
	links_check(r);
	names_check(r);
}

static struct pipeline *build(const char *text, size_t len, const char *file,
			      struct diagnostics *d)
{
	struct pipeline *p = mem_alloc(sizeof(*p));
	struct reader r = { .p = p, .d = d };
	struct node *root;

	p->file = arena_strdup(&p->arena, file);
	root = node_parse(text, len, &p->arena, d);
	if (root && root->kind == NODE_SCALAR && root->value.type == VALUE_NULL)
		refuse(d, root->pos, "empty", "see 'ingot init'", "the definition is empty");
	else if (root)
		check_tree(&r, root);
	map_finish(&r.param_by_name);
	map_finish(&r.step_by_name);
	free(r.uses);
	return p;
}

int pipeline_check(const char *text, size_t len, const char *file, struct pipeline **ret,
		   struct diagnostics *mistakes)
{
	struct pipeline *p = NULL;

	mistakes->file = arena_strdup(&mistakes->arena, file);
	mistakes->source = arena_strndup(&mistakes->arena, len ? text : "", len);
	mistakes->source_len = len;
	if (check_text(text, len, mistakes) == 0)
		p = build(text, len, file, mistakes);
	diagnostics_sort(mistakes);
	if (mistakes->count) {
		pipeline_destroy(p);
		return ERR_INVALID;
	}
	*ret = p;
	return 0;
}

void pipeline_destroy(struct pipeline *p)
{
	if (!p)
		return;
	arena_finish(&p->arena);
	free(p);
}

size_t pipeline_step_index(const struct pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->step_count; i++)
		if (str_eq(p->steps[i].name, name))
			return i;
	return SIZE_MAX;
}

size_t step_output_index(const struct step *s, const char *name)
{
	for (size_t i = 0; i < s->output_count; i++)
		if (str_eq(s->outputs[i].name, name))
			return i;
	return SIZE_MAX;
}

const struct param *pipeline_param(const struct pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->param_count; i++)
		if (str_eq(p->params[i].name, name))
			return &p->params[i];
	return NULL;
}
