/* SPDX-License-Identifier: Apache-2.0 */
/* parser_priv.h - what the parts of the parser of conditions share
 *
 * tree.c has the terms and their types, operand.c reads operands and calls,
 * grammar.c operators. All failures are ERR_INVALID with p->error filled.
 */
#ifndef INGOT_SCHEDULER_EXPR_PARSER_PRIV_H
#define INGOT_SCHEDULER_EXPR_PARSER_PRIV_H

#include "scheduler/expr/grammar_priv.h"
#include "scheduler/expr/lexer_priv.h"

enum { NESTING_MAX = 100 };

enum type { TYPE_ANY, TYPE_NUMBER, TYPE_TEXT, TYPE_BOOL, TYPE_COUNT };

/* A part of the expression: where it stands, what it gives, how SQL says it. */
struct term {
	size_t offset, end;
	enum type type;
	int depth;
	bool is_literal;
	struct mention *mention; /* if it is a bare name */
	const char *literal;     /* SQL of a leaf */
	const char *before, *after; /* SQL around the children of an operation */
	const char *joint;          /* SQL between the sibling before and this one */
	struct term *children, *next;
};

struct parser {
	struct grammar *g;
	const char *text;
	struct token token;
	size_t offset; /* behind token */
	size_t end;    /* of the token before */
	int nesting; /* of parentheses, not and signs, up to NESTING_MAX */
	int term_count;
	struct expr_error *error;
};

/* The token at hand */
int parser_advance(struct parser *p);
bool parser_at(const struct parser *p, const char *text); /* a sign or keyword */
int parser_expect(struct parser *p, const char *text);    /* and go behind it */
int parser_fail(struct parser *p, const char *expected);

/* Terms: a leaf has `literal`, an operation the SQL around its children. */
struct term *term_create(struct parser *p, enum type type, size_t offset);
struct term *term_operation(struct parser *p, enum type type, const char *before,
			    const char *after);
int term_adopt(struct parser *p, struct term *parent, struct term *child, const char *joint);
void term_write_sql(const struct term *n, struct buf *sql);

/* Types */
int term_want(struct parser *p, const struct term *n, enum type type);
/* Truth values may be compared with 1 and 0; numbers and strings never meet. */
int term_want_alike(struct parser *p, const struct term *a, const struct term *b);
/* What a bare name is needed for can do without a value. */
void term_forgive_null(struct term *n);

int parse_primary(struct parser *p, struct term **ret);
/* A list in parentheses, the opening one consumed already. */
int parse_list(struct parser *p, struct term *parent, int *ret_count);
int parse_or(struct parser *p, struct term **ret);

#endif
