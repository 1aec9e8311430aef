/* SPDX-License-Identifier: Apache-2.0 */
/* graph_priv.h - a lineage graph as it grows: each node and edge once
 *
 * Nodes are told apart by their ids: "step:42/train", "sha256:…", "commit:…",
 * "file:OID:PATH", "param:NAME=VALUE", "external:ADDRESS".
 */
#ifndef INGOT_STORE_RECORDS_GRAPH_PRIV_H
#define INGOT_STORE_RECORDS_GRAPH_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "store/records/query_priv.h"

struct graph {
	struct db *db;
	struct err *err;
	struct arena arena; /* of ids */
	struct query nodes; /* writes into an array that is open */
	struct query edges;
	struct buf node_text, edge_text;
	struct map seen;    /* ids of nodes, and edges */
};

void graph_init(struct graph *g, struct db *db, struct err *err);
void graph_finish(struct graph *g);
/* Writes {nodes, edges, truncated}. */
void graph_write(struct graph *g, struct json_writer *w, bool truncated);

void graph_edge(struct graph *g, const char *from, const char *to, const char *label);

/* Each adds the node unless it is there, and gives its id (in the arena) in *ret;
 * returns 1 if it is new, 0 if it was there. */
int graph_step(struct graph *g, uint64_t step, const char **ret);
/* The content; step and output (0, NULL: unknown) tell how to call it. */
int graph_artifact(struct graph *g, const struct digest *digest, uint64_t step, const char *output,
		   const char **ret);
int graph_external(struct graph *g, const char *address, const struct digest *digest,
		   const char **ret);
int graph_commit(struct graph *g, uint64_t run, const char **ret);
int graph_file(struct graph *g, const char *oid, const char *path, const char **ret);
/* A source list that is too long to be shown file by file. */
int graph_files(struct graph *g, const struct digest *list, size_t count, const char **ret);
int graph_param(struct graph *g, const char *name, const char *value, const char **ret);

#endif
