/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h - a lineage, as a tree for people and as dot for graphviz */
#ifndef INGOT_CLI_GRAPH_H
#define INGOT_CLI_GRAPH_H

#include <jansson.h>
#include <stdbool.h>

struct buf;

/* Prints the graph {nodes, edges} of artifact.lineage to standard output, from its first
 * node, the artifact asked for: to what it was made from, or forward to what was made
 * from it. What is reached on several ways is unfolded once and marked where it comes
 * again. */
void graph_print_tree(const json_t *graph, bool forward, bool colored);
/* Appends it in the language of dot(1). */
void graph_dot(const json_t *graph, struct buf *out);

#endif
