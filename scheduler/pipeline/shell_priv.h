/* SPDX-License-Identifier: Apache-2.0 */
/* shell_priv.h - follow a shell script through its quotes, to know what a place is
 *
 *	struct shell shell = SHELL_INIT;
 *	shell_read(&shell, "echo \"", 6);
 *	rc = shell_quote_here(&shell, &quote, &err);   (QUOTE_DOUBLE)
 *	shell_read_word(&shell);                       (the value that goes there)
 *	shell_read(&shell, "\"", 1);
 */
#ifndef INGOT_SCHEDULER_PIPELINE_SHELL_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_SHELL_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "scheduler/pipeline/template.h"

struct err;

enum {
	SHELL_NESTING_MAX = 32,
	SHELL_DELIMITER_MAX = 64, /* bytes of the word behind << */
};

enum shell_context {
	CONTEXT_PLAIN,      /* the script, (…) and $(…) */
	CONTEXT_SINGLE,     /* '…' */
	CONTEXT_DOUBLE,     /* "…" */
	CONTEXT_BRACE,      /* ${…} */
	CONTEXT_BACKQUOTE,  /* `…` */
	CONTEXT_ARITHMETIC, /* $((…)) and ((…)) */
	CONTEXT_COMMENT,
	CONTEXT_HERE, /* the lines of a here-document */
	CONTEXT_COUNT,
};

struct shell {
	enum shell_context stack[SHELL_NESTING_MAX];
	int depth;           /* of the innermost context; stack[0] is the script */
	int parens;          /* open ones in CONTEXT_ARITHMETIC */
	char previous;       /* byte, 'x' behind a value; a newline at the start */
	bool is_escaped;     /* a backslash stands before the next byte */
	size_t word;         /* bytes of the plain word so far */
	char delimiter[SHELL_DELIMITER_MAX]; /* of a here-document to come, or empty */
	bool strips_tabs;    /* it began with <<- */
	bool expands;        /* its word is not quoted: $(…) works in it */
	const char *unsure;  /* why nothing more can be said; NULL: all is clear */
};

#define SHELL_INIT { .previous = '\n' }

void shell_read(struct shell *s, const char *text, size_t len);
void shell_read_word(struct shell *s);

/* What a value stands in at this place. ERR_INVALID where no quoting would make
 * one word of it. */
int shell_quote_here(const struct shell *s, enum template_quote *ret, struct err *err);

/* Whether words of argv[0] read POSIX quotes: sh, bash, dash, ksh, zsh, busybox. */
bool shell_is_posix(const char *program);

#endif
