/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - text with ${{ name }} in it
 *
 * Names are params.X, matrix.X, inputs.X and outputs.X (their paths), pipeline,
 * branch, ref, commit, run, trigger and step. There are no expressions inside.
 *
 * In a shell script a value is substituted as one quoted word, whatever it
 * contains. For that the script is followed through its quotes: within "…" and
 * '…' the quotes are closed around the value, and a place where no quoting would
 * hold (a here-document, a comment, backquotes, arithmetic) is refused when the
 * template is parsed.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_TEMPLATE_H
#define INGOT_SCHEDULER_PIPELINE_TEMPLATE_H

#include <stddef.h>

#include "scheduler/pipeline/diagnostics.h"

struct arena;
struct buf;
struct err;

enum template_mode {
	TEMPLATE_PLAIN, /* values go in as they are: paths, env, argv words, groups */
	TEMPLATE_SHELL, /* values go in as one shell word */
	TEMPLATE_COUNT,
};

enum template_quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE, QUOTE_COUNT };

struct template_part {
	const char *text; /* a literal stretch, or the name if is_name */
	bool is_name;
	enum template_quote quote; /* what a name stands in, in a shell script */
	size_t offset;             /* of "${{" in the template's text, for messages */
};

struct template {
	struct pos pos;
	const char *text; /* as written */
	enum template_mode mode;
	size_t part_count;
	const struct template_part *parts;
};

/* Appends the value of name. ERR_NOT_FOUND where there is none. */
typedef int template_resolve(void *arg, const char *name, struct buf *out, struct err *err);

/* Parses text into ret, all of it allocated in the arena (text is copied).
 * ERR_INVALID with the offending offset in *ret_offset (may be NULL): "${{"
 * without "}}", a name that is no name, a place in a script that cannot be quoted. */
int template_parse(struct arena *arena, const char *text, enum template_mode mode,
		   struct template *ret, size_t *ret_offset, struct err *err);

/* Appends the text with every name resolved. Fails as resolve does, or with
 * ERR_INVALID for a value with a NUL byte or a newline that the place cannot hold. */
int template_render(const struct template *t, template_resolve *resolve, void *arg,
		    struct buf *out, struct err *err);

#endif
