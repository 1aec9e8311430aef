/* SPDX-License-Identifier: Apache-2.0 */
/* node_priv.h - a YAML document as a tree of nodes that know their places
 *
 * The only file that speaks to libyaml is node.c. What comes out has no anchors,
 * aliases, tags or duplicate keys and is at most PIPELINE_DEPTH_MAX deep.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_NODE_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_NODE_PRIV_H

#include "scheduler/expr/value.h"
#include "scheduler/pipeline/diagnostics.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_KIND_COUNT };

struct node {
	enum node_kind kind;
	struct pos pos;
	int length;         /* characters to underline */
	size_t start, end;  /* bytes of the source it takes */
	struct node *key;   /* of an entry of a map; NULL otherwise */
	struct node *first, *next; /* children; siblings */
	size_t count;       /* children */
	struct value value; /* of a scalar; a quoted or block one is a string */
	const char *text;   /* of a scalar, as written, unquoted */
	char quote;         /* of a scalar: ' " | > or 0 for a plain one */
	bool bad;           /* a mistake was reported: not to be read */
};

/* Parses text; nodes are allocated in the arena. Mistakes go to d. Returns the
 * root, or NULL where the document cannot be read at all. */
struct node *node_parse(const char *text, size_t len, struct arena *arena, struct diagnostics *d);

/* The entry of a map, or NULL (also for a node that is NULL or no map). */
struct node *node_get(const struct node *map, const char *key);

/* The n-th child, or NULL. */
struct node *node_at(const struct node *parent, size_t n);

/* Where the byte at offset of a scalar's text stands in the source; the scalar's
 * own place where escapes or folding hide it. */
struct pos node_pos_at(const struct diagnostics *d, const struct node *scalar, size_t offset);

#endif
