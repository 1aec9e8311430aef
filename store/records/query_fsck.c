/* SPDX-License-Identifier: Apache-2.0 */
/* query_fsck.c - the rules that hold in every moment, looked for one by one
 *
 * A rule is a statement whose rows are its exceptions, each naming itself.
 */
#include "store/records/query_keep.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/db/db.h"
#include "store/db/stmt.h"

#define STEP_NAME                                                                                  \
	"(s.id >> 24) || '/' ||"                                                                   \
	" coalesce((SELECT name FROM step_spec WHERE step_id = s.id), s.id & 0xffffff)"

/* States by name, so that the rules do not depend on the numbers. */
#define STATE_IS(...)                                                                              \
	"(SELECT name FROM word WHERE kind = 'step_state' AND number = s.state)"                   \
	" IN (" __VA_ARGS__ ")"
#define TERMINAL                                                                                   \
	"'succeeded', 'cached', 'failed', 'skipped', 'cancelled', 'timed_out', 'lost'"

static const struct rule {
	const char *kind;
	const char *message;
	const char *sql;
} rules[] = {
	{ "run", "it does not have as many steps as its plan",
	  "SELECT id FROM run WHERE steps <>"
	  " (SELECT count(*) FROM step s"
	  " WHERE s.id BETWEEN run.id << 24 AND (run.id + 1 << 24) - 1)" },
	{ "run", "it has ended, and a step of it has not",
	  "SELECT id FROM run WHERE state >= 2 AND EXISTS (SELECT 1 FROM step s"
	  " WHERE s.id BETWEEN run.id << 24 AND (run.id + 1 << 24) - 1"
	  " AND NOT " STATE_IS(TERMINAL) ")" },
	{ "step", "its run is not on record",
	  "SELECT " STEP_NAME " FROM step s"
	  " WHERE NOT EXISTS (SELECT 1 FROM run WHERE id = s.id >> 24)" },
	{ "step", "it succeeded, and has no result",
	  "SELECT " STEP_NAME " FROM step s WHERE " STATE_IS("'succeeded'")
	  " AND NOT EXISTS (SELECT 1 FROM result WHERE step_id = s.id)" },
	{ "step", "it has a result, and has not ended",
	  "SELECT " STEP_NAME " FROM step s JOIN result r ON r.step_id = s.id"
	  " WHERE NOT " STATE_IS(TERMINAL) },
	{ "step", "its result is of another attempt than its last",
	  "SELECT " STEP_NAME " FROM step s JOIN result r ON r.step_id = s.id"
	  " WHERE r.fence <> s.fence" },
	{ "step", "an attempt of it has a higher fence than the step",
	  "SELECT " STEP_NAME " FROM step s WHERE s.fence <"
	  " (SELECT coalesce(max(fence), 0) FROM attempt WHERE step_id = s.id)" },
	{ "step", "it has ended, and an attempt of it has not",
	  "SELECT " STEP_NAME " FROM step s WHERE " STATE_IS(TERMINAL)
	  " AND EXISTS (SELECT 1 FROM attempt WHERE step_id = s.id AND state < 2)" },
	{ "step", "it is cached from a step that has no result of its own",
	  "SELECT " STEP_NAME " FROM step s WHERE " STATE_IS("'cached'")
	  " AND NOT EXISTS (SELECT 1 FROM result WHERE step_id = s.cached_from)" },
	{ "foreign_key", "a row refers to one that is not there",
	  "SELECT \"table\" || ' ' || coalesce(rowid, '') FROM pragma_foreign_key_check" },
};

typedef void problem_fn(void *arg, const char *kind, const char *what, const char *message);

static int check_rule(struct db *db, const struct rule *rule, problem_fn *each, void *arg,
		      struct err *err)
{
	struct stmt *s = db_stmt(db, rule->sql);
	int rc, found = 0;
	while ((rc = stmt_step(s, err)) > 0) {
		each(arg, rule->kind, stmt_text(s, 0), rule->message);
		found++;
	}
	return rc < 0 ? rc : found;
}

int query_fsck(struct db *db, problem_fn *each, void *arg, struct err *err)
{
	struct err damage = ERR_INIT;
	int found = 0;
	int rc = db_quick_check(db, &damage);
	if (rc == ERR_DAMAGED) {
		each(arg, "database", db_path(db), damage.text);
		return 1; /* rules over damaged pages would only repeat it */
	}
	if (rc < 0) {
		err_copy(err, &damage);
		return rc;
	}
	for (size_t i = 0; i < countof(rules); i++) {
		rc = check_rule(db, &rules[i], each, arg, err);
		if (rc < 0)
			return rc;
		found += rc;
	}
	return found;
}
