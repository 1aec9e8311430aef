/* SPDX-License-Identifier: Apache-2.0 */
/* query_keep.c - which contents records refer to */
#include "store/records/query_keep.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/db/db.h"
#include "store/db/stmt.h"

int query_collectable_runs(struct db *db, uint32_t keep, int (*each)(void *arg, uint64_t run),
			   void *arg, struct err *err)
{
	struct stmt *s =
		db_stmt(db, "SELECT id FROM (SELECT id, state, collected_at,"
			    " row_number() OVER (PARTITION BY pipeline ORDER BY id DESC) AS n"
			    " FROM run) WHERE n > ?1 AND state >= 2 AND collected_at IS NULL"
			    " ORDER BY id");
	stmt_bind_i64(s, 1, keep);
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		int stop = each(arg, (uint64_t)stmt_i64(s, 0));
		if (stop == 0)
			continue;
		stmt_reset(s);
		return stop;
	}
	return rc;
}

/* Each gives digest and is_tree. A cached step keeps what the step has that it is
 * cached from, whatever became of that one's run. */
#define KEPT_STEPS                                                                                 \
	" FROM run r JOIN step s ON s.id BETWEEN r.id << 24 AND (r.id + 1 << 24) - 1"
static const char *const kept[] = {
	"SELECT o.digest, o.is_tree" KEPT_STEPS
	" JOIN output o ON o.step_id = coalesce(s.cached_from, s.id) WHERE r.collected_at IS NULL",
	"SELECT t.tree, 1" KEPT_STEPS
	" JOIN step_key k ON k.step_id = coalesce(s.cached_from, s.id)"
	" JOIN source_tree t ON t.list = k.sources WHERE r.collected_at IS NULL",
	"SELECT i.digest, i.is_tree" KEPT_STEPS
	" JOIN input i ON i.step_id = s.id WHERE r.state < 2",
	"SELECT v.digest, o.is_tree FROM artifact_version v"
	" JOIN output o ON o.step_id = v.step_id AND o.name = v.output",
	"SELECT v.digest, coalesce((SELECT is_tree FROM output WHERE digest = v.digest),"
	" (SELECT is_tree FROM input WHERE digest = v.digest), 0) FROM model_version v",
};

static int give_each(struct stmt *s, int (*each)(void *arg, const struct digest *d, bool is_tree),
		     void *arg, struct err *err)
{
	struct digest digest;
	int rc;
	while ((rc = stmt_step(s, err)) > 0) {
		stmt_digest(s, 0, &digest);
		int stop = each(arg, &digest, stmt_i64(s, 1) != 0);
		if (stop == 0)
			continue;
		stmt_reset(s);
		return stop;
	}
	return rc;
}

int query_kept(struct db *db, int (*each)(void *arg, const struct digest *digest, bool is_tree),
	       void *arg, struct err *err)
{
	int rc = db_read_begin(db, KEEP_LIMIT_MS, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < countof(kept) && rc == 0; i++)
		rc = give_each(db_stmt(db, kept[i]), each, arg, err);
	db_read_end(db);
	return rc;
}
