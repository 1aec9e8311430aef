/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - the terms of a condition: their types, their SQL
 *
 * Every operation is written out with its own parentheses, so that precedence is
 * decided by grammar.c alone.
 */
#include "scheduler/expr/parser_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static const char *const type_words[TYPE_COUNT] = {
	[TYPE_ANY] = "a value",
	[TYPE_NUMBER] = "a number",
	[TYPE_TEXT] = "a string",
	[TYPE_BOOL] = "a truth value",
};

int parser_advance(struct parser *p)
{
	p->end = p->token.offset + p->token.length;
	return lexer_next(p->g->arena, p->text, &p->offset, &p->token, p->error);
}

bool parser_at(const struct parser *p, const char *text)
{
	return (p->token.kind == TOKEN_SIGN || p->token.kind == TOKEN_KEYWORD) &&
	       strcmp(p->token.text, text) == 0;
}

int parser_fail(struct parser *p, const char *expected)
{
	const struct token *t = &p->token;

	if (t->kind == TOKEN_END)
		return expr_fail(p->error, t->offset, 1, NULL,
				 "the condition ends where %s is expected", expected);
	return expr_fail(p->error, t->offset, t->length, NULL, "%s is expected, not %.*s", expected,
			 (int)(t->length < 40 ? t->length : 40), p->text + t->offset);
}

int parser_expect(struct parser *p, const char *text)
{
	char expected[16];

	if (parser_at(p, text))
		return parser_advance(p);
	snprintf(expected, sizeof(expected), "'%s'", text);
	return parser_fail(p, expected);
}

struct term *term_create(struct parser *p, enum type type, size_t offset)
{
	struct term *n = arena_alloc(p->g->arena, sizeof(*n));

	n->offset = offset;
	n->end = p->end;
	n->type = type;
	n->depth = 1;
	return n;
}

struct term *term_operation(struct parser *p, enum type type, const char *before,
			    const char *after)
{
	struct term *n = term_create(p, type, 0);

	n->before = before;
	n->after = after;
	return n;
}

int term_adopt(struct parser *p, struct term *parent, struct term *child, const char *joint)
{
	struct term **last = &parent->children;

	child->joint = joint;
	if (++p->term_count > EXPR_TERMS_MAX)
		return expr_fail(p->error, child->offset, 1, "split it into several conditions",
				 "the condition has more than %d parts", EXPR_TERMS_MAX);

	while (*last)
		last = &(*last)->next;
	*last = child;
	if (parent->children == child)
		parent->offset = child->offset;
	parent->end = p->end;
	if (parent->depth <= child->depth)
		parent->depth = child->depth + 1;
	if (parent->depth > EXPR_DEPTH_MAX)
		return expr_fail(p->error, child->offset, 1, "split it into several conditions",
				 "the condition is nested deeper than %d", EXPR_DEPTH_MAX);
	return 0;
}

static int term_fail(struct parser *p, const struct term *n, const char *what, const char *hint)
{
	return expr_fail(p->error, n->offset, n->end - n->offset, hint, "%s", what);
}

int term_want(struct parser *p, const struct term *n, enum type type)
{
	char what[96];

	if (n->type == type || n->type == TYPE_ANY || type == TYPE_ANY)
		return 0;
	snprintf(what, sizeof(what), "%s stands where %s is expected", type_words[n->type],
		 type_words[type]);
	return term_fail(p, n, what,
		       type == TYPE_BOOL ? "compare it with something, such as x >= 0.9" : NULL);
}

int term_want_alike(struct parser *p, const struct term *a, const struct term *b)
{
	char what[96];
	bool clash = (a->type == TYPE_TEXT) != (b->type == TYPE_TEXT);

	if (!clash || a->type == TYPE_ANY || b->type == TYPE_ANY)
		return 0;
	snprintf(what, sizeof(what), "%s is compared with %s", type_words[a->type],
		 type_words[b->type]);
	return term_fail(p, b, what,
			 b->type == TYPE_TEXT && b->is_literal ? "write numbers without quotes"
							       : NULL);
}

void term_forgive_null(struct term *n)
{
	if (n->mention)
		n->mention->required = false;
}

void term_write_sql(const struct term *n, struct buf *sql)
{
	if (n->literal) {
		buf_str_append(sql, n->literal);
		return;
	}
	buf_str_append(sql, n->before);
	for (const struct term *child = n->children; child; child = child->next) {
		if (child != n->children)
			buf_str_append(sql, child->joint);
		term_write_sql(child, sql);
	}
	buf_str_append(sql, n->after);
}
