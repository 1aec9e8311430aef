/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - the thread that owns the writing connection, and group commit
 *
 *	1. writer_create() takes a database that records_open() opened for writing.
 *	2. The loop thread puts rows into writer_batch(), with batch_*() of batch.h,
 *	   and says with batch_on_commit() what has to happen once they are durable.
 *	3. writer_submit(), once per turn of the loop: if the thread is idle it takes
 *	   the open batch, otherwise the batch gathers on.
 *	4. After the commit the thread calls wake(), the loop thread calls
 *	   writer_poll(): the callbacks run, in the order they were given. Then 3 again.
 *	5. writer_flush() and writer_destroy() at the end.
 *
 * There is no timer here: a batch is what gathered while the last one was made
 * durable, so batches grow with load. Who waits for nothing may call submit later.
 * Any failure in the thread, COMMIT's above all, is logged and aborts the process:
 * what is on disk decides at the restart.
 *
 * The thread checkpoints (PASSIVE) when it was idle for a moment or the WAL is
 * large, and truncates the WAL at the end. Idle, it sleeps without a timeout.
 */
#ifndef INGOT_STORE_RECORDS_WRITER_H
#define INGOT_STORE_RECORDS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct db;
struct writer;

/* Takes db. wake(ctx) is called in the writer's thread after each commit; it
 * must only make the loop thread call writer_poll() soon (uv_async_send). */
struct writer *writer_create(struct db *db, void (*wake)(void *ctx), void *ctx);
/* Flushes, truncates the WAL, closes the database. NULL is fine. */
void writer_destroy(struct writer *w);

/* The open batch, lent until the next submit, poll or flush. */
struct batch *writer_batch(struct writer *w);
void writer_submit(struct writer *w);
/* Returns the number of batches whose callbacks ran: 0 or 1. A callback may fill
 * the open batch. */
int writer_poll(struct writer *w);
/* Blocks until everything is durable and all callbacks have run, those that
 * they filled in included. */
void writer_flush(struct writer *w);
/* Whether nothing waits to be made durable and no callback is due. */
bool writer_is_idle(struct writer *w);

struct writer_counts {
	uint64_t commits;
	uint64_t wal_pages; /* written by all commits together, at least */
};

void writer_counts(struct writer *w, struct writer_counts *ret);

#endif
