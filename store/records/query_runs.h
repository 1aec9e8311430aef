/* SPDX-License-Identifier: Apache-2.0 */
/* query_runs.h - runs and steps as JSON, with the names of product.md
 *
 * Everything in query_*.h reads on a DB_READER. What answers in JSON sees one moment
 * of the database, for at most QUERY_LIMIT_MS (ERR_TIMEOUT), and appends to its buf;
 * after a failure the buf is as before. Steps are named as instances.
 *
 * A run: id, pipeline, state, reason, message, repository, commit, ref, branch,
 * trigger, params, plan, created_at, started_at, finished_at, counts {steps, done,
 * cached, failed}, and where asked for steps. A step: id, index, name, job, kind,
 * state, reason, message, attempt, worker, exit_code, started_at, finished_at,
 * cached_from ("7/train"), matrix, metrics, inputs, outputs; in detail also
 * attempts. What is not there is null; reason is null where there is none.
 */
#ifndef INGOT_STORE_RECORDS_QUERY_RUNS_H
#define INGOT_STORE_RECORDS_QUERY_RUNS_H

#include "store/records/rows.h"

struct arena;
struct buf;
struct db;
struct err;

enum { QUERY_LIMIT_MS = 2000 };

struct run_filter {
	const char *pipeline; /* NULL: any */
	const char *branch;   /* NULL: any */
	const char *state;    /* NULL: any */
	uint64_t before;      /* runs with a lower number; 0: from the newest */
	uint32_t limit;       /* 1 at least */
};

/* {runs: [run without steps…] newest first, next: what to give as `before` for the
 * next page, or null}. ERR_INVALID for an unknown state. */
int query_runs(struct db *db, const struct run_filter *filter, struct buf *out, struct err *err);
/* One run, with its steps unless without. ERR_NOT_FOUND. */
int query_run(struct db *db, uint64_t run, bool with_steps, struct buf *out, struct err *err);
/* One step in detail. ERR_NOT_FOUND. */
int query_step(struct db *db, uint64_t step_id, struct buf *out, struct err *err);

/* The newest run; ERR_NOT_FOUND if there is none. */
int query_latest_run(struct db *db, uint64_t *ret, struct err *err);
/* A number or "latest" to a run that is there. ERR_NOT_FOUND, ERR_INVALID. */
int query_run_named(struct db *db, const char *name, uint64_t *ret, struct err *err);
/* The step of a run by its instance's name, or by the definition's where that has one
 * instance, or with some of the matrix ("train[rate=0.1]") where that leaves one.
 * ERR_NOT_FOUND lists or suggests. */
int query_step_named(struct db *db, uint64_t run, const char *name, uint64_t *ret, struct err *err);
/* "run/name" of a step, allocated in the arena; NULL if there is none. */
const char *query_step_address(struct db *db, uint64_t step_id, struct arena *arena);

#endif
