/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - a lineage graph as it grows */
#include "store/records/graph_priv.h"

#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"

void graph_init(struct graph *g, struct db *db, struct err *err)
{
	*g = (struct graph){ .db = db, .err = err };
	g->nodes = (struct query){ .db = db, .w = { .out = &g->node_text }, .err = err };
	g->edges = (struct query){ .db = db, .w = { .out = &g->edge_text }, .err = err };
	json_write_array(&g->nodes.w, NULL);
	json_write_array(&g->edges.w, NULL);
}

void graph_finish(struct graph *g)
{
	map_finish(&g->seen);
	buf_finish(&g->node_text);
	buf_finish(&g->edge_text);
	arena_finish(&g->arena);
}

void graph_write(struct graph *g, struct json_writer *w, bool truncated)
{
	json_write_end(&g->nodes.w);
	json_write_end(&g->edges.w);
	json_write_object(w, NULL);
	json_write_raw(w, "nodes", buf_str(&g->node_text));
	json_write_raw(w, "edges", buf_str(&g->edge_text));
	json_write_bool(w, "truncated", truncated);
	json_write_end(w);
}

/* Whether the id is seen for the first time. */
static bool is_new(struct graph *g, const char *id)
{
	if (map_has(&g->seen, id))
		return false;
	map_set(&g->seen, id, g);
	return true;
}

void graph_edge(struct graph *g, const char *from, const char *to, const char *label)
{
	struct json_writer *w = &g->edges.w;
	if (!is_new(g, arena_printf(&g->arena, "%s\n%s\n%s", from, to, label)))
		return;
	json_write_object(w, NULL);
	json_write_string(w, "from", from);
	json_write_string(w, "to", to);
	json_write_string(w, "label", label);
	json_write_end(w);
}

/* Opens a node's object; the caller adds fields and ends it. */
static struct json_writer *open_node(struct graph *g, const char *id, const char *kind,
				     const char *label)
{
	struct json_writer *w = &g->nodes.w;
	json_write_object(w, NULL);
	json_write_string(w, "id", id);
	json_write_string(w, "kind", kind);
	json_write_string(w, "label", label);
	return w;
}

int graph_step(struct graph *g, uint64_t step, const char **ret)
{
	struct stmt *s = stmt_of_id(g->db,
				    "SELECT spec.name, s.state, s.started_at FROM step s"
				    " JOIN step_spec spec ON spec.step_id = s.id WHERE s.id = ?1",
				    step);
	int rc = stmt_step(s, g->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(g->err, ERR_DAMAGED,
			       "run %llu has no step %u, though others read from it",
			       (unsigned long long)step_id_run(step), step_id_index(step));
	const char *label = arena_printf(&g->arena, "%llu/%s",
					 (unsigned long long)step_id_run(step), stmt_text(s, 0));
	*ret = arena_printf(&g->arena, "step:%s", label);
	rc = is_new(g, *ret);
	if (rc > 0) {
		struct json_writer *w = open_node(g, *ret, "step", label);
		json_write_int(w, "run", (int64_t)step_id_run(step));
		json_write_string(w, "step", stmt_text(s, 0));
		json_write_string(w, "state", step_state_name((enum step_state)stmt_i64(s, 1)));
		json_write_time(w, "started_at", stmt_i64(s, 2));
		json_write_end(w);
	}
	stmt_reset(s);
	return rc;
}

/* The fields of an artifact's node that stand with its output, into the object that is open. */
static int write_output_fields(struct graph *g, uint64_t step, const char *output)
{
	struct stmt *s = stmt_of_id(g->db,
				    "SELECT " ARTIFACT_COLUMNS " FROM output o"
				    " WHERE o.step_id = ?1 AND o.name = ?2",
				    step);
	stmt_bind_text(s, 2, output);
	int rc = stmt_step(s, g->err);
	if (rc <= 0)
		return rc;
	write_text(&g->nodes, "type", stmt_text(s, 1));
	write_text(&g->nodes, "path", stmt_text(s, 2));
	json_write_int(&g->nodes.w, "size", stmt_i64(s, 4));
	stmt_reset(s);
	return 0;
}

static const char *artifact_label(struct graph *g, uint64_t step, const char *output)
{
	struct stmt *s = stmt_of_id(g->db, "SELECT name FROM step_spec WHERE step_id = ?1", step);
	const char *label = NULL;
	if (stmt_step(s, NULL) > 0)
		label = arena_printf(&g->arena, "%llu/%s.%s", (unsigned long long)step_id_run(step),
				     stmt_text(s, 0), output);
	stmt_reset(s);
	return label;
}

int graph_artifact(struct graph *g, const struct digest *digest, uint64_t step, const char *output,
		   const char **ret)
{
	char id[DIGEST_TEXT_SIZE];
	digest_text(digest, id);
	*ret = arena_strdup(&g->arena, id);
	if (!is_new(g, id))
		return 0;
	const char *address = step ? artifact_label(g, step, output) : NULL;
	struct json_writer *w = open_node(g, id, "artifact", address ? address : id);
	json_write_string(w, "address", address ? address : id);
	json_write_digest(w, "digest", digest);
	int rc = write_versions_of(&g->nodes, digest);
	if (rc >= 0 && step)
		rc = write_output_fields(g, step, output);
	json_write_end(w);
	return rc < 0 ? rc : 1;
}

int graph_external(struct graph *g, const char *address, const struct digest *digest,
		   const char **ret)
{
	*ret = arena_printf(&g->arena, "external:%s", address);
	if (!is_new(g, *ret))
		return 0;
	struct json_writer *w = open_node(g, *ret, "external", address);
	json_write_string(w, "address", address);
	json_write_digest(w, "digest", digest);
	json_write_end(w);
	return 1;
}

int graph_commit(struct graph *g, uint64_t run, const char **ret)
{
	struct stmt *s =
		stmt_of_id(g->db, "SELECT commit_id, repository FROM run WHERE id = ?1", run);
	int rc = stmt_step(s, g->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(g->err, ERR_DAMAGED,
			       "run %llu is not on record, though its steps are",
			       (unsigned long long)run);
	*ret = arena_printf(&g->arena, "commit:%s", stmt_text(s, 0));
	rc = is_new(g, *ret);
	if (rc > 0) {
		struct json_writer *w = open_node(g, *ret, "commit", stmt_text(s, 0));
		json_write_string(w, "commit", stmt_text(s, 0));
		json_write_string(w, "repository", stmt_text(s, 1));
		json_write_end(w);
	}
	stmt_reset(s);
	return rc;
}

int graph_file(struct graph *g, const char *oid, const char *path, const char **ret)
{
	*ret = arena_printf(&g->arena, "file:%s:%s", oid, path);
	if (!is_new(g, *ret))
		return 0;
	struct json_writer *w = open_node(g, *ret, "file", path);
	json_write_string(w, "path", path);
	json_write_string(w, "oid", oid);
	json_write_end(w);
	return 1;
}

int graph_files(struct graph *g, const struct digest *list, size_t count, const char **ret)
{
	char hex[DIGEST_HEX_SIZE];
	digest_hex(list, hex);
	*ret = arena_printf(&g->arena, "files:%s", hex);
	if (!is_new(g, *ret))
		return 0;
	struct json_writer *w =
		open_node(g, *ret, "file", arena_printf(&g->arena, "%zu files", count));
	json_write_int(w, "count", (int64_t)count);
	json_write_end(w);
	return 1;
}

int graph_param(struct graph *g, const char *name, const char *value, const char **ret)
{
	*ret = arena_printf(&g->arena, "param:%s=%s", name, value);
	if (!is_new(g, *ret))
		return 0;
	struct json_writer *w =
		open_node(g, *ret, "param", arena_printf(&g->arena, "%s = %s", name, value));
	json_write_string(w, "name", name);
	json_write_raw(w, "value", value);
	json_write_end(w);
	return 1;
}
