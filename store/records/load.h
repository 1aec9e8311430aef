/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - what a scheduler needs from the database to go on where one stopped
 *
 * load_start() runs once, before writer_create(), on the writing connection: it
 * raises the epoch durably and reads every run that is not terminal.
 */
#ifndef INGOT_STORE_RECORDS_LOAD_H
#define INGOT_STORE_RECORDS_LOAD_H

#include "base/arena.h"
#include "store/records/rows.h"

struct db;
struct err;

struct loaded_document {
	const char *name; /* as in struct run_document */
	struct digest digest;
	const char *text; /* NUL-terminated */
	size_t len;
};

/* What a finished step gives to those that come after it. */
struct loaded_result {
	uint64_t step_id; /* the step itself, also where another one computed it */
	const struct output_row *outputs; /* registered is NULL */
	uint32_t output_count;
	const struct metric_row *metrics;
	uint32_t metric_count;
};

struct loaded_run {
	struct run_row row; /* documents hold digests; texts are below */
	struct run_status status;
	const struct loaded_document *documents;
	uint32_t document_count;
	const struct step_row *steps; /* in order of index, none missing */
	uint32_t step_count;
	const struct attempt_row *attempts; /* granted or running */
	uint32_t attempt_count;
	const struct loaded_result *results; /* of steps with outputs or metrics, by step */
	uint32_t result_count;
};

struct load {
	struct arena arena; /* owns everything below */
	uint64_t epoch;     /* this start's own */
	uint8_t key[32];    /* the server key, for nonces */
	uint64_t next_run;
	uint64_t next_worker;
	const struct worker_row *workers; /* all that were ever seen */
	uint32_t worker_count;
	const struct loaded_run *runs; /* queued or running, by number */
	uint32_t run_count;
};

/* Fills *ret, which the caller finishes. ERR_DAMAGED names the run whose rows do
 * not fit together. */
int load_start(struct db *db, struct load *ret, struct err *err);
void load_finish(struct load *l);

/* Outputs and metrics of a step that has a result of its own (not of a cached one);
 * none is no failure. */
int load_result(struct db *db, uint64_t step_id, struct arena *arena, struct loaded_result *ret,
		struct err *err);

/* One run, live or ended, with everything above; allocated in the arena. On any
 * connection. ERR_NOT_FOUND. */
int load_run(struct db *db, uint64_t run, struct arena *arena, struct loaded_run *ret,
	     struct err *err);

#endif
