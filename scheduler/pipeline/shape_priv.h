/* SPDX-License-Identifier: Apache-2.0 */
/* shape_priv.h - what a value of a definition may look like, and how it is read
 *
 * keys.c describes the whole format as shapes: which kinds of YAML a value may
 * be, which words, range or form, which keys a mapping has. Three things walk
 * them: shape_check() finds every mistake that one value shows by itself, the
 * readers fill the structs of step.h and pipeline.h, and schema.c writes the
 * JSON Schema. They agree because they read the same table.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_SHAPE_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_SHAPE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diagnostics;
struct err;
struct node;
struct reader;
struct shape;

/* What a value may be, as a set. */
enum accept {
	ACCEPT_NULL = 1 << 0,
	ACCEPT_BOOL = 1 << 1,
	ACCEPT_INT = 1 << 2,
	ACCEPT_NUMBER = 1 << 3, /* integers too */
	ACCEPT_STRING = 1 << 4,
	ACCEPT_LIST = 1 << 5,
	ACCEPT_MAP = 1 << 6,
	ACCEPT_SCALAR = ACCEPT_BOOL | ACCEPT_NUMBER | ACCEPT_STRING,
};

/* A form of strings: the rule in C, and as a regular expression that takes all
 * that the rule takes (the rule may be the stricter one). */
struct form {
	const char *code; /* of the mistake */
	const char *pattern;
	int (*judge)(const char *text, struct err *err); /* 0, or ERR_INVALID with the reason */
	const char *for_number; /* hint where a bare number stands; NULL: quotes would do */
};

/* What a template or a condition may name at its place, as a set. */
enum name_class {
	NAMES_RUN = 1 << 0,    /* params.X, pipeline, branch, ref, commit, run, trigger */
	NAMES_STEP = 1 << 1,   /* step, matrix.X */
	NAMES_PATHS = 1 << 2,  /* inputs.X, outputs.X */
	NAMES_GATE = 1 << 3,   /* params.X, matrix.X, metrics, champion.METRIC */
	NAMES_IF = 1 << 4,     /* NAMES_RUN without run, matrix.X, STEP.state, STEP.METRIC */
	NAMES_FREELY = 1 << 5, /* a text for people: "${{" has no meaning in it */
};

/* Where a key may stand, and whether it must. */
enum key_flags {
	KEY_REQUIRED = 1 << 0,
	KEY_DEFAULTS = 1 << 1, /* in `defaults` too */
	KEY_DEPLOY = 1 << 2,   /* in deploy steps only */
};

struct key {
	const char *name; /* NULL ends a table */
	const struct shape *shape;
	size_t offset; /* of the field that the shape fills, in the map's struct */
	unsigned flags;
	const char *about; /* one line for the schema and its readers */
};

/* Fills field from a node that the shape accepts. */
typedef void shape_fill(struct reader *r, const struct shape *shape, const struct node *node,
			void *field);

struct shape {
	unsigned accepts;
	const char *what; /* "a duration such as 90s, 10m or 2h" */
	shape_fill *fill; /* NULL: the map that it stands in reads it */
	const struct form *form;        /* of strings, or NULL */
	unsigned names;                 /* enum name_class: what ${{ }} may name; 0: no templates */
	const char *const *words;       /* the only strings, or NULL; "" is left out */
	size_t word_count;
	int64_t min, max;               /* of numbers, where max > 0 */
	const struct shape *item;       /* of lists */
	size_t min_items, max_items;    /* of lists and maps; max 0: no limit of its own */
	const struct key *keys;         /* of maps, or NULL */
	unsigned only;                  /* of those keys the ones with these flags */
	const struct shape *others;     /* of entries under names of one's own, or NULL */
	const struct form *others_form; /* of these names */
	const char *thing;              /* "a step": what the map is */
};

/* Reports every mistake of node and below, and marks what must not be read. */
void shape_check(const struct shape *shape, struct node *node, struct diagnostics *d);

/* The key of that name in shape's table, or NULL. */
const struct key *shape_key(const struct shape *shape, const char *name);

/* The whole format. */
extern const struct shape shape_pipeline;

#endif
