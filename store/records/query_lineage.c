/* SPDX-License-Identifier: Apache-2.0 */
/* query_lineage.c - the two walks
 *
 * Back: from a step to the steps that made what it read, each once. Forward: from a
 * content to the steps that read it, whichever step made it, and on to what those made.
 * Only steps that computed something are in the graph; a cached one added nothing.
 */
#include "store/records/query_lineage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/graph_priv.h"
#include "store/records/row_list.h"

/* A source list longer than this is one node. */
enum { FILES_SHOWN_MAX = 200 };

/* What is still to be visited, each once: the graph's nodes tell. */
struct walk {
	struct graph g;
	struct row_list steps;    /* uint64_t, backwards */
	struct row_list contents; /* struct digest, forward */
	size_t visited;
};

static void push_step(struct walk *w, uint64_t step)
{
	*(uint64_t *)row_list_add(&w->steps, sizeof(step)) = step;
}

static void push_content(struct walk *w, const struct digest *digest)
{
	*(struct digest *)row_list_add(&w->contents, sizeof(*digest)) = *digest;
}

/* Lines "MODE OID PATH\n"; calls for each, or once for all where there are many. */
static int add_files(struct graph *g, const struct digest *list, const char *text,
		     const char *commit, const char *step)
{
	size_t count = 0;
	const char *id;
	int rc = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		count++;
	if (count > FILES_SHOWN_MAX) {
		rc = graph_files(g, list, count, &id);
		graph_edge(g, commit, id, "");
		graph_edge(g, id, step, "");
		return rc;
	}
	char *copy = arena_strdup(&g->arena, text), *rest = NULL;
	for (char *line = strtok_r(copy, "\n", &rest); line && rc >= 0;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *oid = strchr(line, ' ');
		char *path = oid ? strchr(oid + 1, ' ') : NULL;
		if (!path)
			return err_set(g->err, ERR_DAMAGED, "a source list is damaged at '%s'",
				       line);
		*path++ = '\0';
		rc = graph_file(g, oid + 1, path, &id);
		graph_edge(g, commit, id, "");
		graph_edge(g, id, step, "");
	}
	return rc;
}

static int add_params(struct graph *g, const char *params, const char *step)
{
	json_t *object = NULL, *value;
	const char *name, *id;
	int rc = json_parse(params, strlen(params), &object, g->err);
	if (rc < 0)
		return rc;
	json_object_foreach(object, name, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		rc = graph_param(g, name, text, &id);
		graph_edge(g, id, step, name);
		free(text);
	}
	json_decref(object);
	return rc;
}

/* Commit, files and parameters that a step ran from. */
static int add_ground(struct walk *w, uint64_t step, const char *step_node)
{
	struct graph *g = &w->g;
	const char *commit;
	int rc = graph_commit(g, step_id_run(step), &commit);
	if (rc < 0)
		return rc;
	struct stmt *s =
		stmt_of_id(g->db,
			   "SELECT k.sources, d.text, k.params FROM step_key k"
			   " LEFT JOIN document d ON d.digest = k.sources WHERE k.step_id = ?1",
			   step);
	rc = stmt_step(s, g->err);
	if (rc <= 0)
		return rc;
	struct digest list;
	stmt_digest(s, 0, &list);
	if (!stmt_is_null(s, 1))
		rc = add_files(g, &list, stmt_text(s, 1), commit, step_node);
	else
		graph_edge(g, commit, step_node, "");
	if (rc >= 0 && !stmt_is_null(s, 2))
		rc = add_params(g, stmt_text(s, 2), step_node);
	stmt_reset(s);
	return rc;
}

/* The newest output with that content; 0 where there is none. */
static int find_producer(struct walk *w, const struct digest *digest, uint64_t *ret_step,
			 const char **ret_output)
{
	struct stmt *s = db_stmt(w->g.db, "SELECT step_id, name FROM output WHERE digest = ?1"
					  " ORDER BY step_id DESC LIMIT 1");
	stmt_bind_digest(s, 1, digest);
	int rc = stmt_step(s, w->g.err);
	if (rc <= 0)
		return rc;
	*ret_step = (uint64_t)stmt_i64(s, 0);
	*ret_output = arena_strdup(&w->g.arena, stmt_text(s, 1));
	stmt_reset(s);
	return 1;
}

/* The step that computed what a step gives: itself, or the one it is cached from. */
static int origin_of(struct graph *g, uint64_t step, uint64_t *ret)
{
	struct stmt *s =
		stmt_of_id(g->db, "SELECT coalesce(cached_from, id) FROM step WHERE id = ?1", step);
	int rc = stmt_step(s, g->err);
	*ret = rc > 0 ? (uint64_t)stmt_i64(s, 0) : step;
	stmt_reset(s);
	return rc;
}

/* An artifact, the step that made it in front of it, and that step to be visited. */
static int add_made(struct walk *w, const struct digest *digest, uint64_t step, const char *output,
		    const char **ret)
{
	const char *maker;
	int rc = origin_of(&w->g, step, &step);
	if (rc >= 0)
		rc = graph_artifact(&w->g, digest, step, output, ret);
	if (rc >= 0)
		rc = graph_step(&w->g, step, &maker);
	if (rc < 0)
		return rc;
	graph_edge(&w->g, maker, *ret, output);
	if (rc > 0)
		push_step(w, step);
	return 0;
}

/* An input came from a step, or by an address: of something made here, or from outside. */
static int add_input(struct walk *w, const struct stmt *s, const char *step_node)
{
	struct digest digest;
	uint64_t from = (uint64_t)stmt_i64(s, 2);
	const char *output = arena_strdup(&w->g.arena, stmt_text(s, 3));
	const char *node;
	int rc = 1;
	stmt_digest(s, 1, &digest);
	if (from == 0)
		rc = find_producer(w, &digest, &from, &output);
	if (rc < 0)
		return rc;
	if (from)
		rc = add_made(w, &digest, from, output, &node);
	else
		rc = graph_external(&w->g, stmt_text(s, 4), &digest, &node);
	if (rc >= 0)
		graph_edge(&w->g, node, step_node, stmt_text(s, 0));
	return rc;
}

static int visit_back(struct walk *w, uint64_t step)
{
	const char *node;
	int rc = graph_step(&w->g, step, &node);
	if (rc >= 0)
		rc = add_ground(w, step, node);
	if (rc < 0)
		return rc;
	struct stmt *s =
		stmt_of_id(w->g.db,
			   "SELECT name, digest, from_step, from_output, address FROM input"
			   " WHERE step_id = ?1 ORDER BY name, part",
			   step);
	while ((rc = stmt_step(s, w->g.err)) > 0) {
		rc = add_input(w, s, node);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int walk_back(struct walk *w, const struct artifact *a)
{
	const char *node;
	int rc = a->step_id ? add_made(w, &a->digest, a->step_id, a->output, &node)
			    : graph_external(&w->g, a->address, &a->digest, &node);
	while (rc >= 0 && w->visited < w->steps.count && w->visited < LINEAGE_STEPS_MAX)
		rc = visit_back(w, ((uint64_t *)w->steps.items)[w->visited++]);
	return rc;
}

static int add_outputs(struct walk *w, uint64_t step, const char *step_node)
{
	struct stmt *s = stmt_of_id(
		w->g.db, "SELECT name, digest FROM output WHERE step_id = ?1 ORDER BY name", step);
	int rc;
	while ((rc = stmt_step(s, w->g.err)) > 0) {
		struct digest digest;
		const char *node;
		stmt_digest(s, 1, &digest);
		rc = graph_artifact(&w->g, &digest, step, stmt_text(s, 0), &node);
		if (rc < 0)
			return rc;
		if (rc > 0)
			push_content(w, &digest);
		graph_edge(&w->g, step_node, node, stmt_text(s, 0));
	}
	return rc;
}

/* All that read one content. */
static int visit_forward(struct walk *w, const struct digest *digest)
{
	char content[DIGEST_TEXT_SIZE];
	const char *node;
	struct stmt *s = db_stmt(w->g.db, "SELECT step_id, name FROM input WHERE digest = ?1"
					  " ORDER BY step_id, name, part");
	int rc;
	stmt_bind_digest(s, 1, digest);
	digest_text(digest, content);
	while ((rc = stmt_step(s, w->g.err)) > 0 && w->visited < LINEAGE_STEPS_MAX) {
		uint64_t step = (uint64_t)stmt_i64(s, 0);
		rc = graph_step(&w->g, step, &node);
		if (rc < 0)
			return rc;
		graph_edge(&w->g, content, node, stmt_text(s, 1));
		if (rc == 0)
			continue;
		w->visited++;
		rc = add_outputs(w, step, node);
		if (rc < 0)
			return rc;
	}
	stmt_reset(s);
	return rc;
}

static int walk_forward(struct walk *w, const struct artifact *a)
{
	const char *node;
	uint64_t step = a->step_id;
	int rc = step ? origin_of(&w->g, step, &step) : 0;
	if (rc >= 0)
		rc = graph_artifact(&w->g, &a->digest, step, a->output, &node);
	push_content(w, &a->digest);
	for (size_t i = 0; rc >= 0 && i < w->contents.count; i++) {
		struct digest digest = ((struct digest *)w->contents.items)[i];
		rc = visit_forward(w, &digest);
	}
	return rc;
}

static int write_lineage(struct query *q, const struct artifact *a, bool forward)
{
	struct walk w = { .visited = 0 };
	graph_init(&w.g, q->db, q->err);
	int rc = forward ? walk_forward(&w, a) : walk_back(&w, a);
	if (rc >= 0)
		graph_write(&w.g, &q->w, w.visited >= LINEAGE_STEPS_MAX);
	row_list_finish(&w.steps);
	row_list_finish(&w.contents);
	graph_finish(&w.g);
	return rc;
}

int query_lineage(struct db *db, const char *address, bool forward, struct buf *out,
		  struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct artifact a = { 0 };
	struct query q;
	int rc = query_artifact(db, address, &arena, &a, err);
	if (rc >= 0)
		rc = query_begin(&q, db, out, err);
	if (rc >= 0)
		rc = query_end(&q, write_lineage(&q, &a, forward));
	arena_finish(&arena);
	return rc;
}
