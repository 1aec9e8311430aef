/* SPDX-License-Identifier: Apache-2.0 */
/* diagnostics.h - the mistakes of a definition, all of them, with their places
 *
 *	ingot.yaml:12:5: error[unknown-key]: a step has no key 'ouputs'
 *	   12 |     ouputs: { train: out/train.csv }
 *	      |     ^
 *	   help: did you mean 'outputs'?
 */
#ifndef INGOT_SCHEDULER_PIPELINE_DIAGNOSTICS_H
#define INGOT_SCHEDULER_PIPELINE_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct buf;
struct err;

/* A file with more mistakes than this is told so; the others are not listed. */
enum { DIAGNOSTICS_MAX = 100 };

/* A place in a definition; both count from 1, columns in characters. */
struct pos {
	int line, column;
};

struct diagnostic {
	struct pos pos;
	int length;          /* characters that the caret underlines, 1 at least */
	const char *code;    /* such as "unknown-key"; a literal, listed in FORMAT.md */
	const char *message; /* one line */
	const char *hint;    /* the way out, or NULL */
};

struct diagnostics {
	struct arena arena; /* owns the texts */
	const char *file;   /* the name that is shown */
	const char *source; /* the definition's own text, copied */
	size_t source_len;
	struct diagnostic *items; /* by place once the check returned */
	size_t count, cap;
	size_t left_out; /* found beyond DIAGNOSTICS_MAX */
};

#define DIAGNOSTICS_INIT { 0 }

void diagnostics_finish(struct diagnostics *d);

/* Adds a mistake with a printed message; hint (may be NULL) is copied. */
void diagnostics_add(struct diagnostics *d, struct pos pos, int length, const char *code,
		     const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Whether there are DIAGNOSTICS_MAX: places and hints need not be exact any more. */
bool diagnostics_is_full(const struct diagnostics *d);

/* By place; drops what is over DIAGNOSTICS_MAX. For whoever added the last one. */
void diagnostics_sort(struct diagnostics *d);

/* Appends every mistake as in the drawing above, then one line on those left out. */
void diagnostics_render(const struct diagnostics *d, struct buf *out);

/* Appends a JSON array of {file, line, column, code, message, hint}. */
void diagnostics_json(const struct diagnostics *d, struct buf *out);

/* Puts the first mistakes into err as ERR_INVALID; returns ERR_INVALID, or 0 if
 * there are none. */
int diagnostics_err(const struct diagnostics *d, struct err *err);

#endif
