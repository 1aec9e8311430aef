/* SPDX-License-Identifier: Apache-2.0 */
/* operand.c - the operands of conditions: literals, names, calls, parentheses */
#include "scheduler/expr/parser_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

static const struct function {
	const char *name;
	int min_args, max_args; /* max 0: any number */
	enum type takes, gives; /* ANY: all arguments alike, and the result like them */
} functions[] = {
	{ "abs", 1, 1, TYPE_NUMBER, TYPE_NUMBER },
	{ "coalesce", 2, 0, TYPE_ANY, TYPE_ANY },
	{ "instr", 2, 2, TYPE_TEXT, TYPE_NUMBER },
	{ "length", 1, 1, TYPE_TEXT, TYPE_NUMBER },
	{ "lower", 1, 1, TYPE_TEXT, TYPE_TEXT },
	{ "max", 2, 0, TYPE_ANY, TYPE_ANY },
	{ "min", 2, 0, TYPE_ANY, TYPE_ANY },
	{ "replace", 3, 3, TYPE_TEXT, TYPE_TEXT },
	{ "round", 1, 2, TYPE_NUMBER, TYPE_NUMBER },
	{ "trim", 1, 1, TYPE_TEXT, TYPE_TEXT },
	{ "upper", 1, 1, TYPE_TEXT, TYPE_TEXT },
};

const char *grammar_function(size_t i)
{
	return i < countof(functions) ? functions[i].name : NULL;
}

static const char *sql_string(struct arena *arena, const char *s)
{
	struct buf quoted = BUF_INIT;
	const char *sql;

	buf_char(&quoted, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_char(&quoted, '\'');
		buf_char(&quoted, *s);
	}
	buf_char(&quoted, '\'');
	sql = arena_strdup(arena, buf_str(&quoted));
	buf_finish(&quoted);
	return sql;
}

static enum type type_of_name(const struct grammar *g, const char *name)
{
	static const enum type types[VALUE_COUNT] = {
		[VALUE_NULL] = TYPE_ANY,      [VALUE_BOOL] = TYPE_BOOL, [VALUE_INT] = TYPE_NUMBER,
		[VALUE_DOUBLE] = TYPE_NUMBER, [VALUE_TEXT] = TYPE_TEXT,
	};

	return g->type_of ? types[g->type_of(g->arg, name)] : TYPE_ANY;
}

/* Each mention is a record with an SQL parameter of its own. */
static int parse_name(struct parser *p, const struct token *t, struct term **ret)
{
	struct grammar *g = p->g;
	struct term *n = term_create(p, type_of_name(g, t->text), t->offset);

	if (g->mention_count == EXPR_NAMES_MAX)
		return expr_fail(p->error, t->offset, t->length, NULL, "more than %d names",
				 EXPR_NAMES_MAX);
	n->mention = &g->mentions[g->mention_count++];
	n->mention->name = (struct expr_name){ .text = t->text, .offset = t->offset };
	n->mention->required = true;
	n->literal = arena_printf(g->arena, "?%zu", g->mention_count);
	*ret = n;
	return 0;
}

int parse_list(struct parser *p, struct term *parent, int *ret_count)
{
	struct term *item;
	int rc;

	for (*ret_count = 0; *ret_count == 0 || parser_at(p, ","); ++*ret_count) {
		if (*ret_count && (rc = parser_advance(p)) < 0)
			return rc;
		rc = parse_or(p, &item);
		if (rc < 0 || (rc = term_adopt(p, parent, item, ", ")) < 0)
			return rc;
	}
	rc = parser_expect(p, ")");
	parent->end = p->end;
	return rc;
}

static const struct function *find_function(struct parser *p, const struct token *name)
{
	const char *names[countof(functions)];
	const char *near;
	char hint[96] = "";

	for (size_t i = 0; i < countof(functions); i++) {
		names[i] = functions[i].name;
		if (strcasecmp(names[i], name->text) == 0)
			return &functions[i];
	}
	near = str_suggest(name->text, names, countof(names));
	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	expr_fail(p->error, name->offset, name->length, hint, "there is no function '%.64s'",
		  name->text);
	return NULL;
}

static int check_call(struct parser *p, const struct function *f, struct term *call, int count)
{
	int rc;

	if (count < f->min_args || (f->max_args && count > f->max_args))
		return expr_fail(p->error, call->offset, call->end - call->offset, NULL,
				 "%s() takes %s%d argument%s, not %d", f->name,
				 f->max_args == f->min_args ? "" :
				 f->max_args                ? "up to " :
							      "at least ",
				 f->max_args ? f->max_args : f->min_args,
				 (f->max_args ? f->max_args : f->min_args) == 1 ? "" : "s", count);
	for (struct term *arg = call->children; arg; arg = arg->next) {
		rc = term_want(p, arg, f->takes);
		if (rc == 0 && f->takes == TYPE_ANY)
			rc = term_want_alike(p, call->children, arg);
		if (rc < 0)
			return rc;
		if (f->gives == TYPE_ANY && call->type == TYPE_ANY)
			call->type = arg->type;
		if (strcmp(f->name, "coalesce") == 0)
			term_forgive_null(arg);
	}
	return 0;
}

static int parse_call(struct parser *p, const struct token *name, struct term **ret)
{
	const struct function *f = find_function(p, name);
	struct term *call;
	int count, rc;

	if (!f)
		return ERR_INVALID;
	call = term_operation(p, f->gives, arena_printf(p->g->arena, "%s(", f->name), ")");
	rc = parser_advance(p);
	if (rc == 0 && parser_at(p, ")"))
		return expr_fail(p->error, name->offset, name->length, NULL,
				 "%s() needs an argument", f->name);
	if (rc == 0)
		rc = parse_list(p, call, &count);
	call->offset = name->offset;
	if (rc == 0)
		rc = check_call(p, f, call, count);
	*ret = call;
	return rc;
}

static int parse_literal(struct parser *p, const struct token *t, struct term **ret)
{
	enum type type = t->kind == TOKEN_NUMBER ? TYPE_NUMBER :
			 t->kind == TOKEN_STRING ? TYPE_TEXT :
						   TYPE_BOOL;
	struct term *n = term_create(p, type, t->offset);

	n->is_literal = true;
	n->literal = t->text;
	if (t->kind == TOKEN_STRING)
		n->literal = sql_string(p->g->arena, t->text);
	*ret = n;
	return 0;
}

int parse_primary(struct parser *p, struct term **ret)
{
	struct token t = p->token;
	int rc;

	if (parser_at(p, "(")) {
		rc = parser_advance(p);
		if (rc < 0 || (rc = parse_or(p, ret)) < 0)
			return rc;
		return parser_expect(p, ")");
	}
	if (parser_at(p, "null"))
		return expr_fail(p->error, t.offset, t.length, "write: x is null",
				 "null stands only behind 'is'");
	if (t.kind == TOKEN_END || t.kind == TOKEN_SIGN ||
	    (t.kind == TOKEN_KEYWORD && !parser_at(p, "true") && !parser_at(p, "false")))
		return parser_fail(p, "a value");
	rc = parser_advance(p);
	if (rc < 0)
		return rc;
	if (t.kind != TOKEN_NAME)
		return parse_literal(p, &t, ret);
	return parser_at(p, "(") ? parse_call(p, &t, ret) : parse_name(p, &t, ret);
}
