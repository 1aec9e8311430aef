/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_priv.h - a condition as tokens */
#ifndef INGOT_SCHEDULER_EXPR_LEXER_PRIV_H
#define INGOT_SCHEDULER_EXPR_LEXER_PRIV_H

#include <stddef.h>

struct arena;
struct expr_error;

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,    /* text: the name */
	TOKEN_NUMBER,  /* text: as written */
	TOKEN_STRING,  /* text: its value, unquoted */
	TOKEN_KEYWORD, /* text: lower case */
	TOKEN_SIGN,    /* text: the operator or punctuation, "==" and "<>" made "=" and "!=" */
	TOKEN_COUNT,
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t offset, length; /* in the source */
};

/* Reads the token at *offset of text and moves *offset behind it. Texts are in
 * the arena or literals. ERR_INVALID with *ret_error. */
int lexer_next(struct arena *arena, const char *text, size_t *offset, struct token *ret,
	       struct expr_error *ret_error);

/* Fills *e with a printed message and hint (may be NULL); returns ERR_INVALID. */
int expr_fail(struct expr_error *e, size_t offset, size_t length, const char *hint,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
