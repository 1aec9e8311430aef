/* SPDX-License-Identifier: Apache-2.0 */
/* query_address.c - what an address names
 *
 * Messages are for people who mistyped: each says which part is unknown and what
 * there is instead.
 */
#include "store/records/query_artifacts.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_priv.h"
#include "store/records/row_list.h"

struct resolver {
	struct db *db;
	const char *address;
	struct arena *arena;
	struct artifact *ret;
	struct err *err;
};

/* Completes *ret from its step and output. Returns 1, 0 where there is none. */
static int fill_output(const struct resolver *r)
{
	struct artifact *a = r->ret;
	struct stmt *s = stmt_of_id(r->db,
				    "SELECT " ARTIFACT_COLUMNS ", spec.name FROM step s"
				    " JOIN step_spec spec ON spec.step_id = s.id"
				    " JOIN output o ON o.step_id = coalesce(s.cached_from, s.id)"
				    " WHERE s.id = ?1 AND o.name = ?2",
				    a->step_id);
	stmt_bind_text(s, 2, a->output);
	int rc = stmt_step(s, r->err);
	if (rc <= 0)
		return rc;
	a->output = arena_strdup(r->arena, stmt_text(s, 0));
	a->type = arena_strdup(r->arena, stmt_text(s, 1));
	a->path = arena_strdup(r->arena, stmt_text(s, 2));
	stmt_digest(s, 3, &a->digest);
	a->size_bytes = (uint64_t)stmt_i64(s, 4);
	a->is_tree = stmt_i64(s, 5) != 0;
	a->address =
		arena_printf(r->arena, "%llu/%s.%s", (unsigned long long)step_id_run(a->step_id),
			     stmt_text(s, ARTIFACT_COLUMN_COUNT), a->output);
	stmt_reset(s);
	return 1;
}

/* Fills list with the first column (const char *) of a statement's rows. */
static int read_names(struct stmt *s, struct arena *arena, struct row_list *list, struct err *err)
{
	int rc;
	while ((rc = stmt_step(s, err)) > 0)
		*(const char **)row_list_add(list, sizeof(char *)) =
			arena_strdup(arena, stmt_text(s, 0));
	return rc;
}

static int unknown_output(const struct resolver *r, const char *step, const char *output,
			  const struct row_list *outputs)
{
	const char *const *names = outputs->items;
	if (outputs->count == 0)
		return err_set(r->err, ERR_NOT_FOUND, "%s has no outputs on record", step);
	struct buf list = BUF_INIT;
	for (size_t i = 0; i < outputs->count; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	if (output)
		err_set(r->err, ERR_NOT_FOUND, "%s has no output %s, it has %s", step, output,
			buf_str(&list));
	else
		err_set(r->err, ERR_INVALID, "%s has several outputs: %s", step, buf_str(&list));
	buf_finish(&list);
	if (!output)
		return err_hint(r->err, "name one: %s.%s", step, names[0]);
	const char *near = str_suggest(output, names, outputs->count);
	return near ? err_hint(r->err, "did you mean '%s'?", near) : ERR_NOT_FOUND;
}

/* The output of ret->step_id by that name; NULL: its only one. */
static int resolve_output(const struct resolver *r, const char *step, const char *output)
{
	struct row_list outputs = ROW_LIST_INIT;
	struct stmt *s = stmt_of_id(r->db,
				    "SELECT o.name FROM step s JOIN output o"
				    " ON o.step_id = coalesce(s.cached_from, s.id)"
				    " WHERE s.id = ?1 ORDER BY o.name",
				    r->ret->step_id);
	int rc = read_names(s, r->arena, &outputs, r->err);
	if (rc == 0) {
		if (!output && outputs.count == 1)
			output = ((const char **)outputs.items)[0];
		r->ret->output = output;
		rc = output ? fill_output(r) : 0;
		if (rc == 0)
			rc = unknown_output(r, step, output, &outputs);
	}
	row_list_finish(&outputs);
	return rc;
}

/* RUN/STEP.OUTPUT. An output's name has no dot and no bracket, a step's may. */
static int resolve_step_output(const struct resolver *r)
{
	uint64_t run = 0;
	const char *slash = strchr(r->address, '/');
	const char *step = slash + 1;
	const char *dot = strrchr(step, '.');
	if (dot && strchr(dot, ']'))
		dot = NULL;
	char *run_name = arena_strndup(r->arena, r->address, (size_t)(slash - r->address));
	char *step_name = arena_strndup(r->arena, step, dot ? (size_t)(dot - step) : strlen(step));
	int rc = query_run_named(r->db, run_name, &run, r->err);
	if (rc < 0)
		return rc;
	rc = query_step_named(r->db, run, step_name, &r->ret->step_id, r->err);
	if (rc < 0)
		return rc;
	const char *full = query_step_address(r->db, r->ret->step_id, r->arena);
	return resolve_output(r, full, dot ? dot + 1 : NULL);
}

/* Completes *ret from its digest: by the newest step that made it, else by one that
 * read it. Returns 1, 0 where there is none. */
static int resolve_content(const struct resolver *r)
{
	struct artifact *a = r->ret;
	struct stmt *s =
		db_stmt(r->db, "SELECT step_id, name, is_tree FROM output WHERE digest = ?1"
			       " UNION ALL SELECT 0, name, is_tree FROM input WHERE digest = ?1"
			       " ORDER BY 1 DESC LIMIT 1");
	stmt_bind_digest(s, 1, &a->digest);
	int rc = stmt_step(s, r->err);
	if (rc <= 0)
		return rc;
	a->step_id = (uint64_t)stmt_i64(s, 0);
	a->output = arena_strdup(r->arena, stmt_text(s, 1));
	a->is_tree = stmt_i64(s, 2) != 0;
	stmt_reset(s);
	return a->step_id ? fill_output(r) : 1;
}

/* model:NAME@VERSION and artifact:NAME@VERSION. */
struct kind {
	const char *prefix;
	const char *what;
	const char *versions; /* of a name, or the newest: step, output, digest */
	const char *newest;
	const char *names;
};

static const struct kind kinds[] = {
	{
		"model:", "model",
		"SELECT step_id, output, digest FROM model_version"
		" WHERE model = ?1 AND version = ?2",
		"SELECT max(version) FROM model_version WHERE model = ?1",
		"SELECT DISTINCT model FROM model_version ORDER BY 1",
	},
	{
		"artifact:", "artifact",
		"SELECT step_id, output, digest FROM artifact_version"
		" WHERE name = ?1 AND version = ?2",
		"SELECT max(version) FROM artifact_version WHERE name = ?1",
		"SELECT DISTINCT name FROM artifact_version ORDER BY 1",
	},
};

static int unknown_name(const struct resolver *r, const struct kind *kind, const char *name)
{
	struct row_list names = ROW_LIST_INIT;
	int rc = read_names(db_stmt(r->db, kind->names), r->arena, &names, r->err);
	if (rc == 0) {
		rc = err_set(r->err, ERR_NOT_FOUND, "no %s named %s", kind->what, name);
		const char *near = str_suggest(name, names.items, names.count);
		if (near)
			err_hint(r->err, "did you mean '%s%s'?", kind->prefix, near);
		else if (names.count == 0)
			err_hint(r->err, "no %s is registered yet", kind->what);
	}
	row_list_finish(&names);
	return rc;
}

/* The newest version of a name, 0 if there is none. */
static int newest_version(const struct resolver *r, const struct kind *kind, const char *name,
			  int64_t *ret)
{
	struct stmt *s = db_stmt(r->db, kind->newest);
	stmt_bind_text(s, 1, name);
	int rc = stmt_step(s, r->err);
	if (rc < 0)
		return rc;
	*ret = stmt_i64(s, 0);
	stmt_reset(s);
	return 0;
}

static int resolve_version_number(const struct resolver *r, const struct kind *kind,
				  const char *name, int64_t version, int64_t newest)
{
	struct stmt *s = db_stmt(r->db, kind->versions);
	stmt_bind_text(s, 1, name);
	stmt_bind_i64(s, 2, version);
	int rc = stmt_step(s, r->err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(r->err, ERR_NOT_FOUND,
			       "%s%s has no version %lld, the newest is %lld", kind->prefix, name,
			       (long long)version, (long long)newest);
	r->ret->step_id = (uint64_t)stmt_i64(s, 0);
	r->ret->output = arena_strdup(r->arena, stmt_text(s, 1));
	stmt_digest(s, 2, &r->ret->digest);
	stmt_reset(s);
	rc = fill_output(r);
	return rc == 0 ? resolve_content(r) : rc; /* an input of the step was registered */
}

static int resolve_version(const struct resolver *r, const struct kind *kind)
{
	const char *rest = r->address + strlen(kind->prefix);
	const char *at = strrchr(rest, '@');
	int64_t version = 0, newest = 0;
	if (!at || (strcmp(at, "@latest") != 0 && str_to_i64(at + 1, &version) < 0))
		return err_set(r->err, ERR_INVALID, "%s: give a version: %.*s@3 or %.*s@latest",
			       r->address, (int)strcspn(r->address, "@"), r->address,
			       (int)strcspn(r->address, "@"), r->address);
	const char *name = arena_strndup(r->arena, rest, (size_t)(at - rest));
	int rc = newest_version(r, kind, name, &newest);
	if (rc < 0)
		return rc;
	if (newest == 0)
		return unknown_name(r, kind, name);
	return resolve_version_number(r, kind, name, strcmp(at, "@latest") ? version : newest,
				      newest);
}

static int resolve_digest(const struct resolver *r)
{
	if (digest_parse(r->address, &r->ret->digest) < 0)
		return err_set(r->err, ERR_INVALID, "%s: a digest is sha256: and 64 hex digits",
			       r->address);
	int rc = resolve_content(r);
	if (rc == 0)
		return err_set(r->err, ERR_NOT_FOUND, "no step has made or read %s", r->address);
	return rc;
}

int query_artifact(struct db *db, const char *address, struct arena *arena, struct artifact *ret,
		   struct err *err)
{
	struct artifact a = { .address = arena_strdup(arena, address) };
	struct resolver r = { db, a.address, arena, &a, err };
	int rc;
	if (str_starts(address, "sha256:"))
		rc = resolve_digest(&r);
	else if (str_starts(address, kinds[0].prefix))
		rc = resolve_version(&r, &kinds[0]);
	else if (str_starts(address, kinds[1].prefix))
		rc = resolve_version(&r, &kinds[1]);
	else if (strchr(address, '/'))
		rc = resolve_step_output(&r);
	else
		rc = err_set(err, ERR_INVALID,
			     "'%s' is no address: RUN/STEP.OUTPUT, model:NAME@VERSION,"
			     " artifact:NAME@VERSION or sha256:…",
			     address);
	if (rc < 0)
		return rc;
	*ret = a;
	return 0;
}
