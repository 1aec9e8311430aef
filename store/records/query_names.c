/* SPDX-License-Identifier: Apache-2.0 */
/* query_names.c - what people call runs and steps, to numbers */
#include "store/records/query_runs.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/query_priv.h"
#include "store/records/row_list.h"

/* Names in a message: a matrix may have thousands of instances. */
enum { NAMES_SHOWN_MAX = 8 };

int query_latest_run(struct db *db, uint64_t *ret, struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT max(id) FROM run");
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	uint64_t run = (uint64_t)stmt_i64(s, 0);
	stmt_reset(s);
	if (run == 0)
		return err_set(err, ERR_NOT_FOUND, "there are no runs yet");
	*ret = run;
	return 0;
}

int query_run_named(struct db *db, const char *name, uint64_t *ret, struct err *err)
{
	uint64_t run = 0;
	if (strcmp(name, "latest") == 0)
		return query_latest_run(db, ret, err);
	if (str_to_u64(name, &run) < 0 || run == 0)
		return err_set(err, ERR_INVALID, "'%s' is no run: give a number, or latest", name);
	struct stmt *s = stmt_of_id(db, "SELECT 1 FROM run WHERE id = ?1", run);
	int rc = stmt_step(s, err);
	stmt_reset(s);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such run: %s", name);
	*ret = run;
	return 0;
}

/* Whether each "key=value" of the wanted name's brackets stands in the instance's. */
static bool instance_matches(const char *instance, const char *wanted)
{
	const char *have = strchr(instance, '['), *want = strchr(wanted, '[');
	if (!want || !have)
		return !want;
	const char *part = want + 1;
	while (*part && *part != ']') {
		size_t len = strcspn(part, ",]");
		const char *found = have + 1;
		while (*found && (strcspn(found, ",]") != len || strncmp(found, part, len) != 0)) {
			found += strcspn(found, ",]");
			found += *found != '\0';
		}
		if (!*found)
			return false;
		part += len + (part[len] == ',');
	}
	return true;
}

struct candidates {
	struct arena arena;
	struct row_list names; /* const char *: of all instances */
	struct row_list fits;  /* const char *: of those that are meant */
	uint64_t step;         /* the last that fits */
	uint64_t exact;        /* whose whole name it is; 0: none */
};

static void consider(struct candidates *c, const char *wanted, size_t job_len, uint64_t id,
		     const char *name, const char *job)
{
	const char *kept = arena_strdup(&c->arena, name);
	*(const char **)row_list_add(&c->names, sizeof(kept)) = kept;
	if (strcmp(name, wanted) == 0)
		c->exact = id;
	if (strlen(job) != job_len || strncmp(job, wanted, job_len) != 0 ||
	    !instance_matches(name, wanted))
		return;
	*(const char **)row_list_add(&c->fits, sizeof(kept)) = kept;
	c->step = id;
}

static int unknown_step(const struct candidates *c, uint64_t run, const char *wanted,
			struct err *err)
{
	const char *const *names = c->names.items;
	err_set(err, ERR_NOT_FOUND, "run %llu has no step %s", (unsigned long long)run, wanted);
	const char *near = str_suggest(wanted, names, c->names.count);
	return near ? err_hint(err, "did you mean '%s'?", near) : ERR_NOT_FOUND;
}

static int ambiguous_step(const struct candidates *c, const char *wanted, struct err *err)
{
	const char *const *names = c->fits.items;
	struct buf list = BUF_INIT;
	for (size_t i = 0; i < c->fits.count && i < NAMES_SHOWN_MAX; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	if (c->fits.count > NAMES_SHOWN_MAX)
		buf_printf(&list, " and %zu more", c->fits.count - NAMES_SHOWN_MAX);
	err_set(err, ERR_NOT_FOUND, "%s is %zu steps: %s", wanted, c->fits.count, buf_str(&list));
	buf_finish(&list);
	return err_hint(err, "name one of them");
}

static int choose(const struct candidates *c, uint64_t run, const char *wanted, uint64_t *ret,
		  struct err *err)
{
	if (!c->exact && c->fits.count == 0)
		return unknown_step(c, run, wanted, err);
	if (!c->exact && c->fits.count > 1)
		return ambiguous_step(c, wanted, err);
	*ret = c->exact ? c->exact : c->step;
	return 0;
}

int query_step_named(struct db *db, uint64_t run, const char *name, uint64_t *ret, struct err *err)
{
	struct candidates c = { 0 };
	struct stmt *s = stmt_of_steps(db,
				       "SELECT step_id, name, job FROM step_spec"
				       " WHERE step_id BETWEEN ?1 AND ?2 ORDER BY step_id",
				       run);
	int rc;
	while ((rc = stmt_step(s, err)) > 0)
		consider(&c, name, strcspn(name, "["), (uint64_t)stmt_i64(s, 0), stmt_text(s, 1),
			 stmt_text(s, 2));
	if (rc == 0)
		rc = choose(&c, run, name, ret, err);
	row_list_finish(&c.names);
	row_list_finish(&c.fits);
	arena_finish(&c.arena);
	return rc;
}

const char *query_step_address(struct db *db, uint64_t step_id, struct arena *arena)
{
	struct stmt *s = stmt_of_id(db, "SELECT name FROM step_spec WHERE step_id = ?1", step_id);
	const char *address = NULL;
	if (stmt_step(s, NULL) > 0)
		address = arena_printf(arena, "%llu/%s", (unsigned long long)step_id_run(step_id),
				       stmt_text(s, 0));
	stmt_reset(s);
	return address;
}
