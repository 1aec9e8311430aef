/* SPDX-License-Identifier: Apache-2.0 */
/* grammar_priv.h - a condition parsed, typed and written as SQL */
#ifndef INGOT_SCHEDULER_EXPR_GRAMMAR_PRIV_H
#define INGOT_SCHEDULER_EXPR_GRAMMAR_PRIV_H

#include "scheduler/expr/expr.h"

struct buf;

/* A name as the expression uses it. */
struct mention {
	struct expr_name name;
	bool required; /* it stands somewhere where null would make the result unknown */
};

struct grammar {
	struct arena *arena;
	expr_type_of *type_of; /* or NULL */
	void *arg;
	struct mention mentions[EXPR_NAMES_MAX];
	size_t mention_count;
};

/* Parses text; with sql (may be NULL), appends an expression in which ?1 is the
 * first mention, ?2 the second and so on. ERR_INVALID with *ret_error. */
int grammar_parse(struct grammar *g, const char *text, struct buf *sql,
		  struct expr_error *ret_error);

/* The functions that a condition may call; NULL behind the last. */
const char *grammar_function(size_t i);

#endif
