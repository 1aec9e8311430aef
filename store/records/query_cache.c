/* SPDX-License-Identifier: Apache-2.0 */
/* query_cache.c - earlier results by key, earlier keys, interned texts */
#include "store/records/query_cache.h"

#include <string.h>

#include "base/err.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/cache_key.h"
#include "store/records/query_priv.h"

/* Runs that a search for an earlier key goes back. */
enum { PREVIOUS_RUNS_MAX = 20 };

/* For a miss, which is an answer and no mistake. */
static int nothing(struct err *err)
{
	err_clear(err);
	return ERR_NOT_FOUND;
}

int query_cache(struct db *db, const struct digest *key, struct arena *arena,
		struct loaded_result *ret, struct err *err)
{
	struct stmt *s =
		db_stmt(db, "SELECT c.step_id FROM cache c JOIN step_key k"
			    " ON k.step_id = c.step_id WHERE c.key = ?1 AND k.digest = ?2");
	stmt_bind_i64(s, 1, cache_key(key));
	stmt_bind_digest(s, 2, key);
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc < 0 ? rc : nothing(err);
	uint64_t step = (uint64_t)stmt_i64(s, 0);
	stmt_reset(s);
	return load_result(db, step, arena, ret, err);
}

int query_step_key(struct db *db, uint64_t step_id, struct arena *arena, struct step_key *ret,
		   struct err *err)
{
	struct stmt *s = stmt_of_id(db,
				    "SELECT k.step_id, k.digest, k.text, k.sources, k.params"
				    " FROM step s JOIN step_key k"
				    " ON k.step_id = coalesce(s.cached_from, s.id) WHERE s.id = ?1",
				    step_id);
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc < 0 ? rc : nothing(err);
	ret->step_id = (uint64_t)stmt_i64(s, 0);
	stmt_digest(s, 1, &ret->digest);
	ret->text = arena_strdup(arena, stmt_text(s, 2));
	stmt_digest(s, 3, &ret->sources);
	ret->params = arena_strdup(arena, stmt_text(s, 4));
	stmt_reset(s);
	return 0;
}

/* The step of that name in the run: at its old place, else wherever it is. 0: none. */
static int step_in_run(struct db *db, uint64_t run, const char *name, uint32_t index, uint64_t *ret,
		       struct err *err)
{
	struct stmt *s =
		stmt_of_id(db, "SELECT step_id FROM step_spec WHERE step_id = ?1 AND name = ?2",
			   step_id(run, index));
	stmt_bind_text(s, 2, name);
	int rc = stmt_step(s, err);
	if (rc == 0) {
		s = stmt_of_steps(db,
				  "SELECT step_id FROM step_spec WHERE step_id BETWEEN ?1 AND ?2"
				  " AND name = ?3",
				  run);
		stmt_bind_text(s, 3, name);
		rc = stmt_step(s, err);
	}
	*ret = rc > 0 ? (uint64_t)stmt_i64(s, 0) : 0;
	stmt_reset(s);
	return rc;
}

static struct stmt *earlier_runs(struct db *db, const char *pipeline, uint64_t before)
{
	struct stmt *s = db_stmt(db, "SELECT id FROM run WHERE pipeline = ?1 AND id < ?2"
				     " ORDER BY id DESC LIMIT ?3");
	stmt_bind_text(s, 1, pipeline);
	stmt_bind_i64(s, 2, before ? (int64_t)before : INT64_MAX);
	stmt_bind_i64(s, 3, PREVIOUS_RUNS_MAX);
	return s;
}

int query_previous_key(struct db *db, const char *pipeline, uint64_t before, const char *step,
		       uint32_t index, struct arena *arena, uint64_t *ret_step,
		       struct step_key *ret, struct err *err)
{
	struct stmt *runs = earlier_runs(db, pipeline, before);
	int rc;
	while ((rc = stmt_step(runs, err)) > 0) {
		uint64_t found = 0;
		rc = step_in_run(db, (uint64_t)stmt_i64(runs, 0), step, index, &found, err);
		if (rc > 0)
			rc = query_step_key(db, found, arena, ret, err);
		if (rc == 0 && found) {
			*ret_step = found;
			stmt_reset(runs);
			return 0;
		}
		if (rc < 0 && rc != ERR_NOT_FOUND)
			break;
	}
	stmt_reset(runs);
	return rc < 0 && rc != ERR_NOT_FOUND ? rc : nothing(err);
}

int query_attempt_body(struct db *db, uint64_t step_id, uint64_t fence, struct digest *ret,
		       struct err *err)
{
	struct stmt *s = stmt_of_id(db,
				    "SELECT body FROM attempt WHERE step_id = ?1 AND fence = ?2"
				    " AND body IS NOT NULL",
				    step_id);
	stmt_bind_i64(s, 2, (int64_t)fence);
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc < 0 ? rc : nothing(err);
	stmt_digest(s, 0, ret);
	stmt_reset(s);
	return 0;
}

int query_document(struct db *db, const struct digest *digest, struct arena *arena,
		   const char **ret, size_t *ret_len, struct err *err)
{
	char name[DIGEST_TEXT_SIZE];
	struct stmt *s = db_stmt(db, "SELECT text FROM document WHERE digest = ?1");
	stmt_bind_digest(s, 1, digest);
	int rc = stmt_step(s, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		digest_text(digest, name);
		return err_set(err, ERR_NOT_FOUND, "no document %s is on record", name);
	}
	const char *bytes = stmt_blob(s, 0, ret_len);
	*ret = arena_strndup(arena, bytes, *ret_len);
	stmt_reset(s);
	return 0;
}

int query_git_blobs(struct db *db, struct git_blob_row *blobs, bool *known, size_t count,
		    struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT digest, size FROM git_blob WHERE oid = ?1");
	int found = 0;
	for (size_t i = 0; i < count; i++) {
		stmt_bind_blob(s, 1, blobs[i].oid, sizeof(blobs[i].oid));
		int rc = stmt_step(s, err);
		if (rc < 0)
			return rc;
		known[i] = rc > 0;
		if (rc == 0)
			continue;
		stmt_digest(s, 0, &blobs[i].digest);
		blobs[i].size_bytes = (uint64_t)stmt_i64(s, 1);
		stmt_reset(s);
		found++;
	}
	return found;
}

int query_source_tree(struct db *db, const struct digest *list, struct digest *ret, struct err *err)
{
	struct stmt *s = db_stmt(db, "SELECT tree FROM source_tree WHERE list = ?1");
	stmt_bind_digest(s, 1, list);
	int rc = stmt_step(s, err);
	if (rc <= 0)
		return rc < 0 ? rc : nothing(err);
	stmt_digest(s, 0, ret);
	stmt_reset(s);
	return 0;
}
