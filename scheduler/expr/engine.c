/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c - compute conditions on an in-memory SQLite
 *
 * The SQL comes from grammar.c and holds nothing but operators, named functions,
 * literals and parameters; the authorizer, the limits and the progress handler
 * would stop it if it ever held more.
 */
#include "scheduler/expr/expr.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/expr/grammar_priv.h"

enum {
	PROGRESS_OPS = 10000, /* virtual machine steps of one condition */
	PATTERN_MAX = 256,  /* bytes of a like or glob pattern: its cost grows with their product */
	DATA_MAX = 1 << 20, /* bytes of a string */
};

struct expr_engine {
	sqlite3 *db;
};

static int authorize(void *arg, int action, const char *a, const char *function, const char *b,
		     const char *c)
{
	(void)arg, (void)a, (void)b, (void)c;
	if (action == SQLITE_SELECT)
		return SQLITE_OK;
	if (action != SQLITE_FUNCTION)
		return SQLITE_DENY;
	if (strcmp(function, "like") == 0 || strcmp(function, "glob") == 0)
		return SQLITE_OK;
	for (size_t i = 0; grammar_function(i); i++)
		if (strcmp(function, grammar_function(i)) == 0)
			return SQLITE_OK;
	return SQLITE_DENY;
}

static int interrupt(void *arg)
{
	(void)arg;
	return 1;
}

static void set_limits(sqlite3 *db)
{
	static const struct {
		int id, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, DATA_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, 16 * EXPR_TEXT_MAX },
		{ SQLITE_LIMIT_COLUMN, 1 + EXPR_NAMES_MAX },
		{ SQLITE_LIMIT_EXPR_DEPTH, 2 * EXPR_TERMS_MAX },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 1 },
		{ SQLITE_LIMIT_VDBE_OP, PROGRESS_OPS },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_MAX },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < countof(limits); i++)
		sqlite3_limit(db, limits[i].id, limits[i].value);
}

struct expr_engine *expr_engine_create(void)
{
	struct expr_engine *e = mem_alloc(sizeof(*e));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;

	BUG_ON(sqlite3_open_v2(":memory:", &e->db, flags, NULL) != SQLITE_OK);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	/* Branches 'main' and 'Main' are two. */
	BUG_ON(sqlite3_exec(e->db, "PRAGMA case_sensitive_like = ON", NULL, NULL, NULL) !=
	       SQLITE_OK);
	set_limits(e->db);
	sqlite3_set_authorizer(e->db, authorize, NULL);
	sqlite3_progress_handler(e->db, PROGRESS_OPS, interrupt, NULL);
	return e;
}

void expr_engine_destroy(struct expr_engine *e)
{
	if (!e)
		return;
	sqlite3_close(e->db);
	free(e);
}

static bool is_mentioned_before(const struct grammar *g, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(g->mentions[k].name.text, g->mentions[i].name.text) == 0)
			return true;
	return false;
}

int expr_check(struct arena *arena, const char *text, expr_type_of *type_of, void *arg,
	       struct expr_name *names, struct expr_error *ret_error)
{
	struct grammar g = { .arena = arena, .type_of = type_of, .arg = arg };
	int count = 0, rc = grammar_parse(&g, text, NULL, ret_error);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < g.mention_count; i++) {
		if (is_mentioned_before(&g, i))
			continue;
		if (names)
			names[count] = g.mentions[i].name;
		count++;
	}
	return count;
}

/* The values given to one evaluation. */
struct scope {
	const struct expr_binding *bindings;
	size_t count;
};

static const struct value *find_value(const struct scope *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->bindings[i].name, name) == 0)
			return &s->bindings[i].value;
	return NULL;
}

static enum value_type type_of_binding(void *arg, const char *name)
{
	const struct value *v = find_value(arg, name);

	return v ? v->type : VALUE_NULL;
}

static int fail_without_value(const struct scope *s, const char *text, const char *name,
			      struct err *err)
{
	const char **names = mem_array(s->count + 1, sizeof(*names));
	const char *near;
	int rc;

	for (size_t i = 0; i < s->count; i++)
		names[i] = s->bindings[i].name;
	near = str_suggest(name, names, s->count);
	rc = err_set(err, ERR_NOT_FOUND, "'%s' has no value in: %s", name, text);
	if (near && strcmp(near, name) != 0)
		err_hint(err, "did you mean '%s'?", near);
	else if (strchr(name, '-'))
		err_hint(err, "put spaces around '-' to subtract");
	free(names);
	return rc;
}

static int bind_value(sqlite3_stmt *stmt, int i, const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL:
		return sqlite3_bind_int(stmt, i, v->boolean);
	case VALUE_INT:
		return sqlite3_bind_int64(stmt, i, v->integer);
	case VALUE_DOUBLE:
		return sqlite3_bind_double(stmt, i, v->real);
	case VALUE_TEXT:
		return sqlite3_bind_text(stmt, i, v->text, -1, SQLITE_STATIC);
	case VALUE_NULL:
	case VALUE_COUNT:
		break;
	}
	return sqlite3_bind_null(stmt, i);
}

static int bind_mentions(sqlite3_stmt *stmt, const struct grammar *g, const struct scope *s,
			 const char *text, struct err *err)
{
	for (size_t i = 0; i < g->mention_count; i++) {
		const struct mention *m = &g->mentions[i];
		const struct value *v = find_value(s, m->name.text);

		if ((!v || v->type == VALUE_NULL) && m->required)
			return fail_without_value(s, text, m->name.text, err);
		if (v && bind_value(stmt, (int)i + 1, v) != SQLITE_OK)
			return err_set(err, ERR_INVALID, "the value of '%s' is too long in: %s",
				       m->name.text, text);
	}
	return 0;
}

static int fail_sqlite(struct expr_engine *e, const char *text, struct err *err)
{
	if (sqlite3_errcode(e->db) == SQLITE_INTERRUPT)
		return err_set(err, ERR_TIMEOUT, "the condition takes too long: %s", text);
	return err_set(err, ERR_INVALID, "the condition cannot be computed (%s): %s",
		       sqlite3_errmsg(e->db), text);
}

static int compute(struct expr_engine *e, sqlite3_stmt *stmt, const char *text, bool *ret,
		   struct err *err)
{
	if (sqlite3_step(stmt) != SQLITE_ROW)
		return fail_sqlite(e, text, err);
	if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		return err_set(err, ERR_INVALID,
			       "the condition has no result (a division by zero?): %s", text);
	*ret = sqlite3_column_double(stmt, 0) != 0;
	return 0;
}

static int run_sql(struct expr_engine *e, const struct grammar *g, const char *sql,
		   const struct scope *s, const char *text, bool *ret, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const char *tail = "";
	int rc;

	if (sqlite3_prepare_v2(e->db, sql, -1, &stmt, &tail) != SQLITE_OK)
		return fail_sqlite(e, text, err);
	BUG_ON(*tail || sqlite3_column_count(stmt) != 1);
	rc = bind_mentions(stmt, g, s, text, err);
	if (rc == 0)
		rc = compute(e, stmt, text, ret, err);
	sqlite3_finalize(stmt);
	return rc;
}

int expr_eval(struct expr_engine *e, const char *text, const struct expr_binding *bindings,
	      size_t count, bool *ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct scope s = { .bindings = bindings, .count = count };
	struct grammar g = { .arena = &arena, .type_of = type_of_binding, .arg = &s };
	struct expr_error mistake;
	struct buf sql = BUF_INIT;
	int rc;

	buf_str_append(&sql, "SELECT ");
	rc = grammar_parse(&g, text, &sql, &mistake);
	if (rc < 0) {
		err_set(err, rc, "%s: %s", mistake.message, text);
		if (mistake.hint[0])
			err_hint(err, "%s", mistake.hint);
	} else {
		rc = run_sql(e, &g, buf_str(&sql), &s, text, ret, err);
	}
	buf_finish(&sql);
	arena_finish(&arena);
	return rc;
}

void expr_explain(const char *text, const struct expr_binding *bindings, size_t count,
		  struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct expr_name names[EXPR_NAMES_MAX];
	struct scope s = { .bindings = bindings, .count = count };
	struct expr_error mistake;
	int found = expr_check(&arena, text, NULL, NULL, names, &mistake);

	buf_str_append(out, text);
	for (int i = 0; i < found; i++) {
		const struct value *v = find_value(&s, names[i].text);

		buf_printf(out, "%s%s", i ? ", " : " (", names[i].text);
		if (!v || v->type == VALUE_NULL)
			buf_str_append(out, " has no value");
		else
			buf_printf(out, v->type == VALUE_TEXT ? " = '%s'" : " = %s", v->text);
	}
	if (found > 0)
		buf_char(out, ')');
	arena_finish(&arena);
}
