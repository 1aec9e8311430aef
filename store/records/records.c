/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - the schema's versions, and the words that its views show */
#include "store/records/records.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/db/stmt.h"
#include "store/records/schema.h"
#include "store/records/states.h"

/* The schema's SQL says `state < 2` for live runs, `state >= 2` for attempts that ended. */
_Static_assert(RUN_STATE_SUCCEEDED == 2 && ATTEMPT_STATE_FINISHED == 2, "as the schema says");

static const char *const migrations[] = { schema_1 };

static const struct db_schema schema = {
	.what = "Ingot",
	.application_id = 0x696e676f, /* "ingo" */
	.migrations = migrations,
	.count = countof(migrations),
};

static const struct {
	const char *kind;
	int number;
	const char *name;
} words[] = {
#define XX(name, text) { "run_state", RUN_STATE_##name, text },
	RUN_STATE_TABLE(XX)
#undef XX
#define XX(name, text, terminal) { "step_state", STEP_STATE_##name, text },
		STEP_STATE_TABLE(XX)
#undef XX
#define XX(name, text) { "attempt_state", ATTEMPT_STATE_##name, text },
			ATTEMPT_STATE_TABLE(XX)
#undef XX
#define XX(name, text, sentence) { "reason", REASON_##name, text },
				REASON_TABLE(XX)
#undef XX
};

int records_version(void)
{
	return schema.count;
}

static int write_word(struct db *db, const char *kind, int number, const char *name,
		      struct err *err)
{
	struct stmt *s = db_stmt(db, "INSERT OR REPLACE INTO word (kind, number, name) "
				     "VALUES (?1, ?2, ?3)");
	stmt_bind_text(s, 1, kind);
	stmt_bind_i64(s, 2, number);
	stmt_bind_text(s, 3, name);
	return stmt_run(s, err);
}

static int write_words(struct db *db, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < countof(words) && rc >= 0; i++)
		rc = write_word(db, words[i].kind, words[i].number, words[i].name, err);
	for (int i = 0; i < OUTCOME_COUNT && rc >= 0; i++)
		rc = write_word(db, "outcome", i, outcome_name((enum outcome)i), err);
	return rc < 0 ? rc : 0;
}

/* New words go to the end of their tables in states.h: their number tells
 * whether the file has them all. */
static int bring_words(struct db *db, struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT count(*) FROM word");
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	int64_t count = stmt_i64(s, 0);
	stmt_reset(s);
	if (count == (int64_t)countof(words) + OUTCOME_COUNT)
		return 0;
	rc = db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = write_words(db, err);
	if (rc == 0)
		rc = db_commit(db, err);
	if (rc < 0)
		db_rollback(db);
	return rc < 0 ? rc : 0;
}

int records_open(const char *path, enum db_role role, struct db **ret, struct err *err)
{
	struct db *db = NULL;
	int rc = db_open(path, role, &schema, &db, err);
	if (rc < 0)
		return rc;
	if (role == DB_WRITER)
		rc = bring_words(db, err);
	if (rc < 0) {
		db_close(db);
		return rc;
	}
	*ret = db;
	return 0;
}
