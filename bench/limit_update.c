/* SPDX-License-Identifier: Apache-2.0 */
/* limit_update.c - U: how fast SQLite can record what happens to steps */
#include "bench/limit.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "bench/samples.h"

enum { ROWS = 100000, STEPS_PER_TRANSACTION = 256 };

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
	"CREATE TABLE step (id INTEGER PRIMARY KEY, state INT, attempt INT, exit_code INT,"
	" started_at INT, finished_at INT, worker INT) STRICT;"
	"WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
	" INSERT INTO step SELECT i, 0, 0, 0, 0, 0, 0 FROM n;"
	"PRAGMA wal_checkpoint(TRUNCATE);";

struct updates {
	sqlite3 *db;
	sqlite3_stmt *begin, *start, *end, *commit;
	sqlite3_int64 next;
};

static int open_updates(struct updates *u, const char *path)
{
	if (sqlite3_open(path, &u->db) != SQLITE_OK ||
	    sqlite3_exec(u->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	sqlite3_prepare_v2(u->db, "BEGIN IMMEDIATE", -1, &u->begin, NULL);
	sqlite3_prepare_v2(u->db, "COMMIT", -1, &u->commit, NULL);
	sqlite3_prepare_v2(u->db, "UPDATE step SET state = 3, attempt = attempt + 1, started_at = ?2,"
			   " worker = 1 WHERE id = ?1", -1, &u->start, NULL);
	sqlite3_prepare_v2(u->db, "UPDATE step SET state = 4, exit_code = 0, finished_at = ?2"
			   " WHERE id = ?1", -1, &u->end, NULL);
	return u->begin && u->commit && u->start && u->end ? 0 : -1;
}

static void close_updates(struct updates *u)
{
	sqlite3_finalize(u->begin);
	sqlite3_finalize(u->start);
	sqlite3_finalize(u->end);
	sqlite3_finalize(u->commit);
	sqlite3_close(u->db);
}

/* Runs a statement to its end, for the step if it has parameters. */
static int run(sqlite3_stmt *stmt, sqlite3_int64 id)
{
	int rc;

	if (sqlite3_bind_parameter_count(stmt) > 0) {
		sqlite3_bind_int64(stmt, 1, id);
		sqlite3_bind_int64(stmt, 2, clock_wall_ms());
	}
	rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int run_transaction(struct updates *u)
{
	int rc = run(u->begin, 0);

	for (int i = 0; rc == 0 && i < STEPS_PER_TRANSACTION; i++) {
		rc = run(u->start, u->next);
		if (rc == 0)
			rc = run(u->end, u->next);
		u->next = (u->next + 1) % ROWS;
	}
	return rc == 0 ? run(u->commit, 0) : rc;
}

int limit_update(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		 double *ret_value, struct err *err)
{
	struct updates u = { 0 };
	char *path = mem_printf("%s/updates.db", setup->dir);
	int rc = open_updates(&u, path);
	int64_t before = clock_mono_us(), now = before;

	(void)variant;
	while (rc == 0 && (double)(now - before) < setup->seconds * 1e6) {
		int64_t turn = now;

		rc = run_transaction(&u);
		now = clock_mono_us();
		samples_add(turns, now - turn);
	}
	if (rc < 0)
		rc = err_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(u.db));
	else
		*ret_value = (double)turns->count * STEPS_PER_TRANSACTION * 1e6 /
			     (double)(now - before);
	close_updates(&u);
	free(path);
	return rc;
}
