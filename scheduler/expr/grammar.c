/* SPDX-License-Identifier: Apache-2.0 */
/* grammar.c - the grammar and the types of conditions
 *
 *	or         = and { "or" and }
 *	and        = not { "and" not }
 *	not        = "not" not | comparison
 *	comparison = sum [ relation sum | ["not"] "in" "(" list ")"
 *	           | ["not"] "between" sum "and" sum | "is" ["not"] "null" ]
 *	sum        = product { ("+" | "-") product }
 *	product    = unary { ("*" | "/" | "%") unary }
 *	unary      = ("-" | "+") unary | primary
 *	primary    = literal | name | function "(" list ")" | "(" or ")"
 *
 * It is narrower than SQL on purpose: no sub-select, no chained comparison, no
 * mixing of numbers and strings, which SQLite would take and answer with false.
 */
#include "scheduler/expr/parser_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"

static int parse_unary(struct parser *p, struct term **ret)
{
	struct term *minus, *operand;
	bool negative = parser_at(p, "-");
	size_t offset = p->token.offset;
	int rc;

	if (!negative && !parser_at(p, "+"))
		return parse_primary(p, ret);
	minus = term_operation(p, TYPE_NUMBER, negative ? "(-" : "(+", ")");
	if (++p->nesting > NESTING_MAX)
		return expr_fail(p->error, offset, 1, NULL, "too many signs");
	rc = parser_advance(p);
	if (rc == 0)
		rc = parse_unary(p, &operand);
	p->nesting--;
	if (rc < 0 || (rc = term_want(p, operand, TYPE_NUMBER)) < 0)
		return rc;
	rc = term_adopt(p, minus, operand, "");
	minus->offset = offset;
	*ret = minus;
	return rc;
}

/* left joint right, both of one type, under op; *left becomes op. */
static int combine(struct parser *p, struct term **left, struct term *right, enum type operands,
		   struct term *op, const char *joint)
{
	int rc = term_want(p, *left, operands);

	if (rc < 0 || (rc = term_want(p, right, operands)) < 0)
		return rc;
	rc = term_adopt(p, op, *left, "");
	if (rc == 0)
		rc = term_adopt(p, op, right, joint);
	*left = op;
	return rc;
}

struct operator {
	const char *written, *joint; /* the SQL between the operands */
};

static const struct operator *operator_here(const struct parser *p,
					    const struct operator *operators, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parser_at(p, operators[i].written))
			return &operators[i];
	return NULL;
}

typedef int parse_fn(struct parser *p, struct term **ret);

/* operand { operator operand }: one flat operation, which SQL reads from the left
 * as well; nested ones would soon be too deep for its parser. */
static int parse_chain(struct parser *p, struct term **ret, const struct operator *operators,
		       size_t count, parse_fn *operand, enum type type)
{
	struct term *chain = NULL, *right;
	const struct operator *op;
	int rc = operand(p, ret);

	while (rc == 0 && (op = operator_here(p, operators, count))) {
		rc = parser_advance(p);
		if (rc == 0)
			rc = operand(p, &right);
		if (rc < 0)
			return rc;
		if (!chain) {
			chain = term_operation(p, type, "(", ")");
			rc = combine(p, ret, right, type, chain, op->joint);
		} else {
			rc = term_want(p, right, type);
			if (rc == 0)
				rc = term_adopt(p, chain, right, op->joint);
		}
	}
	return rc;
}

static int parse_product(struct parser *p, struct term **ret)
{
	/* 1.0 makes every division one of decimals: 7 / 2 is not 3 here. */
	static const struct operator operators[] = {
		{ "*", " * " }, { "/", " * 1.0 / " }, { "%", " % " },
	};

	return parse_chain(p, ret, operators, countof(operators), parse_unary, TYPE_NUMBER);
}

static int parse_sum(struct parser *p, struct term **ret)
{
	static const struct operator operators[] = { { "+", " + " }, { "-", " - " } };

	return parse_chain(p, ret, operators, countof(operators), parse_product, TYPE_NUMBER);
}

static const struct operator comparisons[] = {
	{ "=", " = " },   { "!=", " <> " }, { "<=", " <= " },
	{ ">=", " >= " }, { "<", " < " },   { ">", " > " },
};

static const struct operator patterns[] = { { "like", " LIKE " }, { "glob", " GLOB " } };
static const struct operator not_patterns[] = {
	{ "like", " NOT LIKE " },
	{ "glob", " NOT GLOB " },
};

/* left joint right: a comparison, or a match of strings. */
static int parse_relation(struct parser *p, const char *joint, enum type operands,
			  struct term **left)
{
	struct term *op = term_operation(p, TYPE_BOOL, "(", ")"), *right;
	int rc = parser_advance(p);

	if (rc == 0)
		rc = parse_sum(p, &right);
	if (rc == 0)
		rc = term_want_alike(p, *left, right);
	return rc < 0 ? rc : combine(p, left, right, operands, op, joint);
}

static int parse_in(struct parser *p, bool negated, struct term **left)
{
	struct term *list = term_operation(p, TYPE_ANY, "(", ")");
	struct term *op = term_operation(p, TYPE_BOOL, "(", ")");
	struct term *of = *left;
	int count, rc = parser_advance(p);

	if (rc == 0)
		rc = parser_expect(p, "(");
	if (rc == 0)
		rc = parse_list(p, list, &count);
	if (rc < 0)
		return rc;
	for (struct term *item = list->children; item; item = item->next) {
		rc = term_want_alike(p, of, item);
		if (rc < 0)
			return rc;
	}
	return combine(p, left, list, TYPE_ANY, op, negated ? " NOT IN " : " IN ");
}

static int parse_between(struct parser *p, bool negated, struct term **left)
{
	struct term *op = term_operation(p, TYPE_BOOL, "(", ")"), *low, *high;
	int rc = parser_advance(p);

	if (rc < 0 || (rc = parse_sum(p, &low)) < 0 || (rc = parser_expect(p, "and")) < 0 ||
	    (rc = parse_sum(p, &high)) < 0 || (rc = term_want_alike(p, *left, low)) < 0 ||
	    (rc = term_want_alike(p, *left, high)) < 0)
		return rc;
	rc = combine(p, left, low, TYPE_ANY, op, negated ? " NOT BETWEEN " : " BETWEEN ");
	return rc < 0 ? rc : term_adopt(p, op, high, " AND ");
}

static int parse_is(struct parser *p, struct term **left)
{
	struct term *op = term_operation(p, TYPE_BOOL, "(", " IS NULL)");
	int rc = parser_advance(p);

	if (rc == 0 && parser_at(p, "not")) {
		op->after = " IS NOT NULL)";
		rc = parser_advance(p);
	}
	if (rc == 0)
		rc = parser_expect(p, "null");
	if (rc < 0)
		return rc;
	term_forgive_null(*left);
	rc = term_adopt(p, op, *left, "");
	*left = op;
	return rc;
}

/* What may stand behind "not": in, between, like, glob. */
static int parse_membership(struct parser *p, bool negated, struct term **left)
{
	const struct operator *pattern =
		operator_here(p, negated ? not_patterns : patterns, countof(patterns));

	if (parser_at(p, "in"))
		return parse_in(p, negated, left);
	if (parser_at(p, "between"))
		return parse_between(p, negated, left);
	if (pattern)
		return parse_relation(p, pattern->joint, TYPE_TEXT, left);
	return negated ? parser_fail(p, "'in', 'between', 'like' or 'glob'") : 0;
}

static int parse_comparison(struct parser *p, struct term **ret)
{
	const struct operator *comparison;
	int rc = parse_sum(p, ret);

	if (rc < 0)
		return rc;
	if (parser_at(p, "not")) {
		rc = parser_advance(p);
		return rc < 0 ? rc : parse_membership(p, true, ret);
	}
	if (parser_at(p, "is"))
		return parse_is(p, ret);
	comparison = operator_here(p, comparisons, countof(comparisons));
	if (!comparison)
		return parse_membership(p, false, ret);
	rc = parse_relation(p, comparison->joint, TYPE_ANY, ret);
	if (rc == 0 && operator_here(p, comparisons, countof(comparisons)))
		return expr_fail(p->error, p->token.offset, p->token.length,
				 "write a < b and b < c", "a comparison cannot go on");
	return rc;
}

static int parse_not(struct parser *p, struct term **ret)
{
	struct term *op, *operand;
	size_t offset = p->token.offset;
	int rc;

	if (++p->nesting > NESTING_MAX)
		return expr_fail(p->error, offset, 1, "split it into several conditions",
				 "the condition is nested deeper than %d", NESTING_MAX);
	if (!parser_at(p, "not")) {
		rc = parse_comparison(p, ret);
		p->nesting--;
		return rc;
	}
	op = term_operation(p, TYPE_BOOL, "(NOT ", ")");
	rc = parser_advance(p);
	if (rc == 0)
		rc = parse_not(p, &operand);
	p->nesting--;
	if (rc < 0 || (rc = term_want(p, operand, TYPE_BOOL)) < 0)
		return rc;
	rc = term_adopt(p, op, operand, "");
	op->offset = offset;
	*ret = op;
	return rc;
}

static int parse_and(struct parser *p, struct term **ret)
{
	static const struct operator operators[] = { { "and", " AND " } };

	return parse_chain(p, ret, operators, 1, parse_not, TYPE_BOOL);
}

int parse_or(struct parser *p, struct term **ret)
{
	static const struct operator operators[] = { { "or", " OR " } };

	return parse_chain(p, ret, operators, 1, parse_and, TYPE_BOOL);
}

int grammar_parse(struct grammar *g, const char *text, struct buf *sql,
		  struct expr_error *ret_error)
{
	struct parser p = { .g = g, .text = text, .error = ret_error };
	struct term *root;
	int rc;

	if (strlen(text) > EXPR_TEXT_MAX)
		return expr_fail(ret_error, EXPR_TEXT_MAX, 1, NULL,
				 "the condition is longer than %d bytes", EXPR_TEXT_MAX);
	rc = parser_advance(&p);
	if (rc == 0 && p.token.kind == TOKEN_END)
		return expr_fail(ret_error, 0, 1, NULL, "the condition is empty");
	if (rc == 0)
		rc = parse_or(&p, &root);
	if (rc == 0 && p.token.kind != TOKEN_END)
		rc = parser_fail(&p, "'and', 'or' or the end");
	if (rc == 0)
		rc = term_want(&p, root, TYPE_BOOL);
	if (rc == 0 && sql)
		term_write_sql(root, sql);
	return rc;
}
