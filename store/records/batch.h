/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - rows that become durable together
 *
 * Each batch_*() copies what it is given. The rows of a batch are one transaction,
 * written table by table (documents, runs, steps, attempts, resolutions, results, …),
 * so the order of the calls matters only between rows of the same key: there the
 * last wins, and a run, step, attempt or worker that changed several times is
 * written once.
 *
 * Barriers that abort the process, as they would be bugs of the scheduler: a result
 * whose fence is not the step's, a second result of a step, an update of a step or
 * run that is not there, an output that refers to no result.
 */
#ifndef INGOT_STORE_RECORDS_BATCH_H
#define INGOT_STORE_RECORDS_BATCH_H

#include "store/records/rows.h"

struct batch;

/* fn(ctx) is called by writer_poll() in the loop's thread once the batch is durable. */
void batch_on_commit(struct batch *b, void (*fn)(void *ctx), void *ctx);
bool batch_is_empty(const struct batch *b); /* neither rows nor callbacks */

/* A run in state QUEUED, and its parameters. */
void batch_run_insert(struct batch *b, const struct run_row *run);
void batch_run_update(struct batch *b, const struct run_status *status);
/* Steps in state WAITING. */
void batch_step_insert(struct batch *b, const struct step_spec *steps, size_t count);
void batch_step_update(struct batch *b, const struct step_row *step);
void batch_attempt(struct batch *b, const struct attempt_row *attempt);
void batch_resolution(struct batch *b, const struct resolution_row *resolution);
void batch_result(struct batch *b, const struct result_row *result);
/* Registers an output as the next version of a model, unless the newest version
 * has the same digest. *ret_version (or NULL) is written before the callbacks of
 * this batch run and has to live until then. */
void batch_model_version(struct batch *b, const char *model, uint64_t step_id, const char *output,
			 const struct digest *digest, int64_t at, int64_t *ret_version);
void batch_metric_points(struct batch *b, uint64_t step_id, uint64_t fence, const char *series,
			 const struct metric_point *points, size_t count);
void batch_event(struct batch *b, const struct event_row *event);
void batch_worker(struct batch *b, const struct worker_row *worker);

/* Interned: one that is there already is left alone. kind is a word. */
void batch_document(struct batch *b, const struct digest *digest, const char *kind,
		    const char *text, size_t len);
void batch_git_blobs(struct batch *b, const struct git_blob_row *blobs, size_t count);
/* The tree (a blob) that a source list was made into. */
void batch_source_tree(struct batch *b, const struct digest *list, const struct digest *tree);
/* The run's artifacts are no longer kept for its sake. */
void batch_run_collect(struct batch *b, uint64_t run, int64_t at);

#endif
