/* SPDX-License-Identifier: Apache-2.0 */
/* batch_priv.h - a batch as it gathers: one list for each table
 *
 * Rows are those of rows.h with their texts in the batch's arena; what belongs to
 * a row but has a table of its own is a list of its own here too.
 */
#ifndef INGOT_STORE_RECORDS_BATCH_PRIV_H
#define INGOT_STORE_RECORDS_BATCH_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "store/records/batch.h"
#include "store/records/row_list.h"

struct db;
struct err;

struct callback {
	void (*fn)(void *ctx);
	void *ctx;
};

struct run_param {
	uint64_t run;
	struct param_row row;
};

struct run_document_of {
	uint64_t run;
	struct run_document row;
};

struct step_message {
	uint64_t step_id;
	const char *message;
};

struct step_input {
	uint64_t step_id;
	struct input_row row;
};

struct step_output {
	uint64_t step_id;
	struct output_row row;
};

struct step_metric {
	uint64_t step_id;
	struct metric_row row;
};

struct cache_entry {
	int64_t key;
	uint64_t step_id;
};

/* A version of a named artifact or of a model; name, version table: apply.c. */
struct version {
	const char *name;
	uint64_t step_id;
	const char *output;
	struct digest digest;
	int64_t at;
	int64_t *ret_version;
};

struct points {
	uint64_t step_id;
	uint64_t fence;
	const char *series;
	const struct metric_point *points;
	size_t count;
};

struct document {
	struct digest digest;
	const char *kind;
	const char *text;
	size_t len;
};

struct source_tree {
	struct digest list;
	struct digest tree;
};

struct collected_run {
	uint64_t run;
	int64_t at;
};

struct batch {
	struct arena arena;
	struct row_list documents;         /* struct document */
	struct row_list git_blobs;         /* struct git_blob_row */
	struct row_list source_trees;      /* struct source_tree */
	struct row_list workers;           /* struct worker_row */
	struct row_list runs;              /* struct run_row, its lists left out */
	struct row_list params;            /* struct run_param */
	struct row_list run_documents;     /* struct run_document_of */
	struct row_list run_updates;       /* struct run_status */
	struct row_list collected;         /* struct collected_run */
	struct row_list specs;             /* struct step_spec */
	struct row_list steps;             /* struct step_row */
	struct row_list messages;          /* struct step_message */
	struct row_list attempts;          /* struct attempt_row */
	struct row_list resolutions;       /* struct resolution_row, its inputs left out */
	struct row_list inputs;            /* struct step_input */
	struct row_list results;           /* struct result_row, its lists left out */
	struct row_list outputs;           /* struct step_output */
	struct row_list metrics;           /* struct step_metric */
	struct row_list cache;             /* struct cache_entry */
	struct row_list artifact_versions; /* struct version */
	struct row_list model_versions;    /* struct version */
	struct row_list points;            /* struct points */
	struct row_list events;            /* struct event_row */
	struct row_list callbacks;         /* struct callback */

	/* Where a row that may come again stands: id -> index + 1, as a pointer. */
	struct idmap run_updates_at, steps_at, attempts_at, workers_at;
};

void batch_finish(struct batch *b);
void batch_clear(struct batch *b); /* for the next use; keeps some memory */
bool batch_has_rows(const struct batch *b);
void batch_run_callbacks(const struct batch *b);
/* Writes all rows, in a transaction that the caller began. */
int batch_apply(const struct batch *b, struct db *db, struct err *err);

#endif
