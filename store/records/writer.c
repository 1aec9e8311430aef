/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the thread that owns the writing connection
 *
 * Three batches go round: one is open to the loop thread, one is with the writer
 * thread, one runs its callbacks.
 *
 *	loop thread          fill A | submit A | fill B ...... | poll: B goes, A's callbacks
 *	writer thread                | BEGIN rows COMMIT | wake()
 *
 * `stage` says whose the batch `taken` is; it changes under the lock alone. All
 * else belongs to one thread: the database, from writer_create() on, to the
 * writer thread; the open batch and the spare one to the loop thread.
 */
#include "store/records/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db/db.h"
#include "store/records/batch_priv.h"

enum {
	/* Idle this long the writer moves the WAL into the database and goes to sleep. */
	IDLE_MS = 200,
	/* 16 MiB: what a start has to read again stays small. */
	WAL_PAGES_MAX = 4096,
	BATCHES = 3,
};

enum stage {
	STAGE_IDLE,      /* nothing is taken */
	STAGE_SUBMITTED, /* taken is the writer thread's */
	STAGE_COMMITTED, /* taken is durable and the loop thread's */
};

struct writer {
	struct db *db;
	void (*wake)(void *ctx);
	void *ctx;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum stage stage;
	struct batch *taken;
	bool stop;
	struct writer_counts counts;

	/* The loop thread's. */
	struct batch batches[BATCHES];
	struct batch *open;
	struct batch *spare[BATCHES];
	int spares;

	/* The writer thread's. */
	int wal_pages;       /* after the last commit */
	int checkpoint_from; /* pages in the WAL from which on it is checkpointed */
	bool wants_checkpoint;
};

/* What a failure has left on disk is not known here: the restart finds out. */
static _Noreturn void give_up(const struct err *err)
{
	log_error("the records cannot be written: %s", err->text);
	abort();
}

static void write_batch(struct writer *w, const struct batch *b)
{
	struct err err = ERR_INIT;
	if (db_begin(w->db, &err) < 0 || batch_apply(b, w->db, &err) < 0 ||
	    db_commit(w->db, &err) < 0)
		give_up(&err);
}

static void checkpoint(struct writer *w)
{
	struct err err = ERR_INIT;
	/* A reader may hold pages back; the rest comes another time. */
	if (db_checkpoint(w->db, DB_CHECKPOINT_PASSIVE, &err) < 0 && err.code != ERR_BUSY)
		give_up(&err);
	w->wants_checkpoint = false;
	w->checkpoint_from = w->wal_pages + WAL_PAGES_MAX;
}

/* Returns the pages that the commit wrote. */
static int note_commit(struct writer *w)
{
	int pages = db_wal_pages(w->db), before = w->wal_pages;
	w->wal_pages = pages;
	w->wants_checkpoint = true;
	if (pages >= before)
		return pages - before;
	w->checkpoint_from = WAL_PAGES_MAX; /* the WAL began anew */
	return pages;
}

enum work { WORK_BATCH, WORK_CHECKPOINT, WORK_STOP };

/* Waits, with the lock held, for what there is to do. */
static enum work wait_for_work(struct writer *w)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += IDLE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;

	while (w->stage != STAGE_SUBMITTED) {
		if (w->stop)
			return WORK_STOP;
		if (!w->wants_checkpoint)
			pthread_cond_wait(&w->changed, &w->lock);
		else if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT)
			return WORK_CHECKPOINT;
	}
	return WORK_BATCH;
}

static void serve(struct writer *w)
{
	const struct batch *b = w->taken;
	bool has_rows = batch_has_rows(b);
	int pages = 0;
	if (has_rows) {
		write_batch(w, b);
		pages = note_commit(w);
	}
	pthread_mutex_lock(&w->lock);
	w->counts.commits += has_rows;
	w->counts.wal_pages += (uint64_t)pages;
	w->stage = STAGE_COMMITTED;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	w->wake(w->ctx);
	if (w->wal_pages >= w->checkpoint_from)
		checkpoint(w);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		enum work work = wait_for_work(w);
		pthread_mutex_unlock(&w->lock);
		if (work == WORK_STOP)
			return NULL;
		if (work == WORK_BATCH)
			serve(w);
		else
			checkpoint(w);
	}
}

struct writer *writer_create(struct db *db, void (*wake)(void *ctx), void *ctx)
{
	struct writer *w = mem_alloc(sizeof(*w));
	w->db = db;
	w->wake = wake;
	w->ctx = ctx;
	w->checkpoint_from = WAL_PAGES_MAX;
	w->open = &w->batches[0];
	for (int i = 1; i < BATCHES; i++)
		w->spare[w->spares++] = &w->batches[i];

	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	int rc = pthread_create(&w->thread, NULL, writer_main, w);
	BUG_ON(rc != 0);
	return w;
}

void writer_destroy(struct writer *w)
{
	if (!w)
		return;
	writer_flush(w);
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	for (int i = 0; i < BATCHES; i++)
		batch_finish(&w->batches[i]);
	db_close(w->db);
	free(w);
}

struct batch *writer_batch(struct writer *w)
{
	return w->open;
}

void writer_submit(struct writer *w)
{
	if (batch_is_empty(w->open))
		return;
	pthread_mutex_lock(&w->lock);
	if (w->stage == STAGE_IDLE) {
		w->taken = w->open;
		w->stage = STAGE_SUBMITTED;
		pthread_cond_broadcast(&w->changed);
		BUG_ON(w->spares == 0);
		w->open = w->spare[--w->spares];
	}
	pthread_mutex_unlock(&w->lock);
}

/* Takes the batch that is durable, or NULL. */
static struct batch *take_committed(struct writer *w)
{
	struct batch *b = NULL;
	pthread_mutex_lock(&w->lock);
	if (w->stage == STAGE_COMMITTED) {
		b = w->taken;
		w->taken = NULL;
		w->stage = STAGE_IDLE;
	}
	pthread_mutex_unlock(&w->lock);
	return b;
}

int writer_poll(struct writer *w)
{
	struct batch *b = take_committed(w);
	if (!b)
		return 0;
	batch_run_callbacks(b);
	batch_clear(b);
	w->spare[w->spares++] = b;
	return 1;
}

void writer_flush(struct writer *w)
{
	while (!writer_is_idle(w)) {
		writer_submit(w);
		pthread_mutex_lock(&w->lock);
		while (w->stage == STAGE_SUBMITTED)
			pthread_cond_wait(&w->changed, &w->lock);
		pthread_mutex_unlock(&w->lock);
		writer_poll(w);
	}
}

bool writer_is_idle(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool idle = w->stage == STAGE_IDLE;
	pthread_mutex_unlock(&w->lock);
	return idle && batch_is_empty(w->open);
}

void writer_counts(struct writer *w, struct writer_counts *ret)
{
	pthread_mutex_lock(&w->lock);
	*ret = w->counts;
	pthread_mutex_unlock(&w->lock);
}
