/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - a lineage, as a tree for people and as dot for graphviz
 *
 * Edges go with the data. A tree goes against them (where from?) or with them
 * (what became of it?). There may be cycles: a step that passes a content on has it
 * as input and output.
 */
#include "cli/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/fields.h"
#include "cli/output/table.h"

enum { NODE, KIND };
enum { DEPTH_MAX = 200 };

static const struct table_column columns[] = {
	[NODE] = { "LINEAGE", COLUMN_TREE },
	[KIND] = { "KIND", 0 },
	{ 0 },
};

struct walk {
	const json_t *nodes, *edges;
	const char *here, *there; /* ends of an edge, as the walk goes */
	struct map by_id;         /* id -> the node */
	struct map unfolded;
	struct table *table;
};

/* An id is a number or a text. */
static char *id_text(const json_t *object, const char *name)
{
	struct buf text = BUF_INIT;

	field_plain(&text, json_object_get(object, name));
	return buf_take(&text);
}

static enum color kind_color(const char *kind)
{
	if (str_eq(kind, "artifact"))
		return COLOR_GREEN;
	if (str_eq(kind, "step"))
		return COLOR_CYAN;
	return str_eq(kind, "commit") ? COLOR_YELLOW : COLOR_NONE;
}

static void unfold(struct walk *w, struct table_row *parent, const char *id, int depth);

/* Unfolds what the node leads to; row NULL: only looks whether there is any. */
static bool unfold_next(struct walk *w, struct table_row *row, const char *id, int depth)
{
	bool found = false;
	const json_t *edge;
	size_t i;

	json_array_foreach(w->edges, i, edge) {
		char *here = id_text(edge, w->here), *there = id_text(edge, w->there);
		bool leads_on = str_eq(here, id);

		found = found || leads_on;
		if (leads_on && row)
			unfold(w, row, there, depth + 1);
		free(here);
		free(there);
	}
	return found;
}

static void unfold(struct walk *w, struct table_row *parent, const char *id, int depth)
{
	const json_t *node = map_get(&w->by_id, id);
	struct table_row *row = table_row(w->table, parent);
	bool again = map_has(&w->unfolded, id) || depth == DEPTH_MAX;
	struct buf label = BUF_INIT;

	field_plain(&label, json_object_get(node, "label"));
	if (again && unfold_next(w, NULL, id, depth))
		buf_str_append(&label, " (see above)");
	table_cell(row, NODE, kind_color(field_text(node, "kind")), buf_str(&label));
	table_cell(row, KIND, COLOR_DIM, field_text(node, "kind"));
	buf_finish(&label);
	map_set(&w->unfolded, id, w);
	if (!again)
		unfold_next(w, row, id, depth);
}

void graph_print_tree(const json_t *graph, bool forward, bool colored)
{
	struct walk w = {
		.nodes = json_object_get(graph, "nodes"),
		.edges = json_object_get(graph, "edges"),
		.here = forward ? "from" : "to",
		.there = forward ? "to" : "from",
		.table = table_create(columns, colored),
	};
	char *first = id_text(json_array_get(w.nodes, 0), "id");
	const json_t *node;
	size_t i;

	json_array_foreach(w.nodes, i, node) {
		char *id = id_text(node, "id");

		map_set(&w.by_id, id, (void *)node);
		free(id);
	}
	unfold(&w, NULL, first, 0);
	free(first);
	table_print(w.table);
	table_destroy(w.table);
	map_finish(&w.by_id);
	map_finish(&w.unfolded);
}

static void dot_word(struct buf *out, const json_t *value)
{
	struct buf text = BUF_INIT;

	field_plain(&text, value);
	buf_char(out, '"');
	for (const char *s = buf_str(&text); *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_char(out, '\\');
		buf_char(out, *s);
	}
	buf_char(out, '"');
	buf_finish(&text);
}

void graph_dot(const json_t *graph, struct buf *out)
{
	const json_t *node, *edge;
	size_t i;

	buf_str_append(out, "digraph lineage {\n\trankdir=LR;\n");
	json_array_foreach(json_object_get(graph, "nodes"), i, node) {
		buf_char(out, '\t');
		dot_word(out, json_object_get(node, "id"));
		buf_str_append(out, " [label=");
		dot_word(out, json_object_get(node, "label"));
		buf_printf(out, ", shape=%s];\n",
			   str_eq(field_text(node, "kind"), "step") ? "box" : "ellipse");
	}
	json_array_foreach(json_object_get(graph, "edges"), i, edge) {
		buf_char(out, '\t');
		dot_word(out, json_object_get(edge, "from"));
		buf_str_append(out, " -> ");
		dot_word(out, json_object_get(edge, "to"));
		if (*field_text(edge, "label")) {
			buf_str_append(out, " [label=");
			dot_word(out, json_object_get(edge, "label"));
			buf_char(out, ']');
		}
		buf_str_append(out, ";\n");
	}
	buf_str_append(out, "}\n");
}
