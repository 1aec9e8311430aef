/* SPDX-License-Identifier: Apache-2.0 */
/* expr.h - conditions: SQL expressions over names
 *
 *	accuracy >= 0.95 and loss < coalesce(champion.loss, 1)
 *	branch = 'main' or branch like 'release/%'
 *
 * Literals, names with dots, = == != <> < <= > >=, and or not, + - * / %,
 * parentheses, in (…), between, like (which minds case), glob, is [not] null and
 * a fixed set of functions (grammar.c). "…" is a string as '…' is, `…` a name
 * with odd characters; ${{ and }} count as parentheses.
 *
 * Our own lexer and grammar go first and make the SQL, with a bound value for
 * each name; an in-memory SQLite behind an authorizer computes it. A name
 * without a value is an error, never silently false, unless it stands directly
 * in coalesce() or before `is null`. So is a comparison of a number with a
 * string, a < b < c, and a condition that is no truth value. 7 / 2 is 3.5.
 */
#ifndef INGOT_SCHEDULER_EXPR_EXPR_H
#define INGOT_SCHEDULER_EXPR_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "scheduler/expr/value.h"

struct arena;
struct buf;
struct err;
struct expr_engine;

enum {
	EXPR_TEXT_MAX = 4096, /* bytes of an expression */
	EXPR_NAMES_MAX = 64,  /* mentions of names */
	EXPR_TERMS_MAX = 500, /* operands */
	EXPR_DEPTH_MAX = 15,  /* operations within operations: SQLite's parser has 100 places
			       * on its stack, of which one takes 5 at most */
};

/* A mistake in an expression. */
struct expr_error {
	size_t offset; /* bytes from the start of the text */
	size_t length; /* bytes concerned, 1 at least */
	char message[256];
	char hint[128]; /* or empty */
};

/* A name that an expression mentions. */
struct expr_name {
	const char *text; /* as in params.epochs, accuracy, champion.loss */
	size_t offset;    /* of its first mention, in bytes */
};

/* The type of a name where it is known beforehand, otherwise VALUE_NULL. */
typedef enum value_type expr_type_of(void *arg, const char *name);

/* Checks the syntax, and the types as far as type_of (may be NULL) knows them.
 * Whether a name exists is for the caller to say: names (room for EXPR_NAMES_MAX,
 * texts in the arena; may be NULL) gets them. Returns the number of names, in the
 * order of their first mention; ERR_INVALID with the first mistake in *ret_error. */
int expr_check(struct arena *arena, const char *text, expr_type_of *type_of, void *arg,
	       struct expr_name *names, struct expr_error *ret_error);

/* A name with its value, for evaluation. */
struct expr_binding {
	const char *name;
	struct value value;
};

/* One engine per thread; it may evaluate any number of expressions. */
struct expr_engine *expr_engine_create(void);
void expr_engine_destroy(struct expr_engine *e); /* NULL is fine */

/* Computes text as a condition. Returns 0 with *ret, or
 *  ERR_INVALID    the expression is wrong, or compares a number with a string
 *  ERR_NOT_FOUND  a name has no value (or null): the text names it and suggests
 *  ERR_TIMEOUT    it took too long. */
int expr_eval(struct expr_engine *e, const char *text, const struct expr_binding *bindings,
	      size_t count, bool *ret, struct err *err);

/* Appends the condition with the values of its names, for the message of one
 * that is false: "accuracy >= 0.95 (accuracy = 0.913)". */
void expr_explain(const char *text, const struct expr_binding *bindings, size_t count,
		  struct buf *out);

#endif
