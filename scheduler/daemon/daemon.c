/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - the scheduler of a home: made in order, run, ended in reverse
 *
 * The end of a turn of the loop, in on_turn(), is where everything meets: what
 * the engine decided goes into the open batch, the batch to the writer, and what
 * is to be said leaves. A commit only wakes the loop; its callbacks run at the end
 * of the turn, after the decisions, so that no batch is handed over between a
 * result and the states that follow from it.
 */
#include "scheduler/daemon/daemon.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "scheduler/daemon/act.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/helper.h"
#include "scheduler/daemon/home.h"
#include "scheduler/daemon/import.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/reader.h"
#include "scheduler/daemon/submit.h"
#include "scheduler/daemon/unpack.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "scheduler/expr/expr.h"
#include "store/blob/blob.h"
#include "store/records/batch.h"
#include "store/records/load.h"
#include "store/records/records.h"
#include "store/records/writer.h"
#include "workers/wire/endpoint.h"

/* The states of steps that run are for nobody but the next start: a commit every few
 * milliseconds is enough, and spares a thousand of them a second. */
enum { COMMIT_DELAY_MS = 5 };

enum { ACCEPT_PAUSE_MS = 100, LEAVE_MS = 6000 };

int64_t daemon_now(void)
{
	return clock_boot_ms();
}

/* ── the loop ─────────────────────────────────────────────────────────── */

static void on_tick(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	worker_link_end_silent(d);
	engine_tick(d->engine, daemon_now());
}

static void set_tick(struct daemon *d)
{
	int64_t deadline = engine_next_deadline(d->engine), now = daemon_now();

	if (deadline == INT64_MAX) {
		uv_timer_stop(&d->tick);
		return;
	}
	uv_timer_start(&d->tick, on_tick, deadline > now ? (uint64_t)(deadline - now) : 0, 0);
}

void daemon_when_durable(struct daemon *d, void (*fn)(void *arg), void *arg)
{
	d->is_urgent = true;
	batch_on_commit(writer_batch(d->writer), fn, arg);
}

static void on_commit_due(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	d->is_due = true;
}

/* Hands the open batch over, unless nobody waits for it and it has only begun. */
static void submit_batch(struct daemon *d)
{
	if (batch_is_empty(writer_batch(d->writer)))
		return;
	if (!d->is_urgent && !d->is_due) {
		if (!uv_is_active((uv_handle_t *)&d->commit))
			uv_timer_start(&d->commit, on_commit_due, COMMIT_DELAY_MS, 0);
		return;
	}
	writer_submit(d->writer);
	if (!batch_is_empty(writer_batch(d->writer)))
		return; /* the thread is busy: its commit will wake us */
	uv_timer_stop(&d->commit);
	d->is_urgent = d->is_due = false;
}

static void on_turn(uv_prepare_t *handle)
{
	struct daemon *d = handle->data;

	act_on_decisions(d);
	if (writer_poll(d->writer) > 0)
		act_on_decisions(d);
	conn_flush_all(d); /* grants first: a worker waits, the disk takes its time anyway */
	submit_batch(d);
	set_tick(d);
}

/* Called in the writer's thread. */
static void on_commit(void *arg)
{
	struct daemon *d = arg;

	uv_async_send(&d->committed);
}

/* The wake-up is all: the end of the turn does the rest. */
static void on_committed(uv_async_t *async)
{
	(void)async;
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void listen_again(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	if (!d->is_stopping)
		uv_poll_start(&d->listener, UV_READABLE, on_connection);
}

/* Without descriptors the one who knocks would keep the loop awake for nothing. */
static void pause_listening(struct daemon *d, int errnum)
{
	log_warn("no connection can be taken: %s", strerror(errnum));
	uv_poll_stop(&d->listener);
	uv_timer_start(&d->deaf, listen_again, ACCEPT_PAUSE_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)events;
	while (status == 0) {
		int fd = accept4(d->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_listening(d, errno);
		if (fd < 0)
			return;
		conn_create(d, fd);
	}
}

static void on_end_signal(uv_signal_t *handle, int signum)
{
	log_info("signal %d: leaving; runs go on at the next start", signum);
	daemon_stop(handle->data);
}

static void on_child_signal(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	(void)signum;
	local_reap(d->local);
}

/* ── leaving ──────────────────────────────────────────────────────────── */

void daemon_stop(struct daemon *d)
{
	d->is_stopping = true;
	uv_stop(&d->loop);
}

static bool is_idle(const struct daemon *d)
{
	return d->clients == 0 && d->jobs == 0 && engine_open_runs(d->engine) == 0 &&
	       writer_is_idle(d->writer);
}

static void on_linger(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	if (is_idle(d))
		daemon_stop(d);
	else
		daemon_judge_idle(d);
}

void daemon_judge_idle(struct daemon *d)
{
	if (d->options.linger_ms < 0 || d->is_stopping)
		return;
	if (d->clients == 0 && engine_open_runs(d->engine) == 0)
		uv_timer_start(&d->linger, on_linger, (uint64_t)d->options.linger_ms, 0);
	else
		uv_timer_stop(&d->linger);
}

/* ── made in order ────────────────────────────────────────────────────── */

static int open_home(struct daemon *d, struct err *err)
{
	char real[PATH_MAX];

	d->home_fd = home_open(d->options.home, err);
	if (d->home_fd < 0)
		return d->home_fd;
	if (!realpath(d->options.home, real))
		return err_errno(err, errno, "%s", d->options.home);
	d->home = mem_strdup(real);
	d->lock_fd = home_lock(d->home_fd, d->home, err);
	return d->lock_fd < 0 ? d->lock_fd : 0;
}

static int open_blobs(struct daemon *d, struct err *err)
{
	char *path = path_join(d->home, "blobs");
	int rc = blob_store_open(path, &d->blobs, err);

	free(path);
	return rc;
}

/* Opens the database, raises the epoch and loads what was live. */
static int open_records(struct daemon *d, struct load *load, struct err *err)
{
	char *path = path_join(d->home, "ingot.db");
	struct db *db = NULL;
	int rc = records_open(path, DB_WRITER, &db, err);

	if (rc == 0)
		rc = load_start(db, load, err);
	if (rc == ERR_BUSY) /* of the home's lock that means a scheduler, worth waiting for */
		rc = err_set(err, ERR_SYSTEM, "%s is locked by another program", path);
	if (rc == 0)
		rc = records_open(path, DB_READER, &d->db, err);
	if (rc == 0)
		rc = reader_create(path, &d->reader, err);
	if (rc == 0)
		d->writer = writer_create(db, on_commit, d);
	else
		db_close(db);
	free(path);
	return rc;
}

static void open_loop(struct daemon *d)
{
	BUG_ON(uv_loop_init(&d->loop) < 0);
	BUG_ON(uv_prepare_init(&d->loop, &d->turn) < 0);
	BUG_ON(uv_async_init(&d->loop, &d->committed, on_committed) < 0);
	BUG_ON(uv_timer_init(&d->loop, &d->tick) < 0);
	BUG_ON(uv_timer_init(&d->loop, &d->linger) < 0);
	BUG_ON(uv_timer_init(&d->loop, &d->commit) < 0);
	BUG_ON(uv_timer_init(&d->loop, &d->deaf) < 0);
	BUG_ON(uv_timer_init(&d->loop, &d->rest) < 0);
	BUG_ON(uv_signal_init(&d->loop, &d->on_term) < 0);
	BUG_ON(uv_signal_init(&d->loop, &d->on_int) < 0);
	BUG_ON(uv_signal_init(&d->loop, &d->on_child) < 0);
	d->turn.data = d->committed.data = d->tick.data = d->linger.data = d;
	d->commit.data = d->deaf.data = d->rest.data = d;
	d->on_term.data = d->on_int.data = d->on_child.data = d;
	signal(SIGPIPE, SIG_IGN);
}

/* Whoever was connected to a scheduler that was killed has to come back first. */
static void note_disconnected(struct daemon *d, const struct load *load)
{
	for (uint32_t i = 0; i < load->worker_count; i++) {
		struct worker_row row = load->workers[i];

		row.is_connected = false;
		if (load->workers[i].is_connected)
			batch_worker(writer_batch(d->writer), &row);
	}
}

static void take_over(struct daemon *d, const struct load *load)
{
	const struct engine_options options = { .epoch = load->epoch,
						.ttl_ms = d->options.lease_ttl_ms };

	d->epoch = load->epoch;
	for (size_t i = 0; i < SERVER_KEY_SIZE; i++)
		d->key[i] = load->key[i];
	d->next_run = load->next_run;
	d->next_worker = load->next_worker;
	for (uint32_t i = 0; i < load->worker_count; i++)
		map_set(&d->worker_ids, load->workers[i].name,
			(void *)(uintptr_t)load->workers[i].id);
	d->engine = engine_create(&options);
	d->expr = expr_engine_create();
	d->probes = probes_create(d);
	d->imports = imports_create(d);
	d->helper = helper_create(d->home);
	d->unpacks = unpacks_create(d->blobs, d->helper);
	d->local = local_create(d);
	local_adopt(d->local, load->workers, load->worker_count);
	note_disconnected(d, load);
	submit_restore(d, load);
}

static int start_listening(struct daemon *d, struct err *err)
{
	d->listen_fd = endpoint_listen(d->home, err);
	if (d->listen_fd < 0)
		return d->listen_fd;
	BUG_ON(uv_poll_init(&d->loop, &d->listener, d->listen_fd) < 0);
	d->listener.data = d;
	uv_poll_start(&d->listener, UV_READABLE, on_connection);
	uv_prepare_start(&d->turn, on_turn);
	uv_signal_start(&d->on_term, on_end_signal, SIGTERM);
	uv_signal_start(&d->on_int, on_end_signal, SIGINT);
	uv_signal_start(&d->on_child, on_child_signal, SIGCHLD);
	return 0;
}

static void tell_ready(struct daemon *d)
{
	ssize_t n;

	if (d->options.ready_fd < 0)
		return;
	n = write(d->options.ready_fd, "r", 1);
	(void)n; /* whoever waited has gone */
	fs_close(&d->options.ready_fd);
}

static int daemon_create(struct daemon *d, struct err *err)
{
	struct load load = { 0 };
	int rc;

	open_loop(d);
	rc = open_home(d, err);
	if (rc == 0)
		rc = open_blobs(d, err);
	if (rc == 0)
		rc = open_records(d, &load, err);
	if (rc == 0) {
		take_over(d, &load);
		rc = start_listening(d, err);
	}
	load_finish(&load);
	return rc;
}

/* ── ended in reverse ─────────────────────────────────────────────────── */

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* A job may wait for a repository for minutes, and cannot be told to stop; what was
 * acknowledged is durable, and the next scheduler is not to wait. */
static void on_overdue(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	act_on_decisions(d);
	writer_flush(d->writer);
	conn_flush_all(d);
	log_warn("%u jobs are left behind", d->jobs);
	unlinkat(d->home_fd, ENDPOINT_NAME, 0);
	_exit(EXIT_SUCCESS);
}

/* Jobs in threads come to their end, and workers, which are asked to leave; what they
 * bring is still taken in, recorded and answered. What that starts (a callback of a
 * commit may start a job) ends, too. */
static void wind_down(struct daemon *d)
{
	if (d->listen_fd >= 0)
		uv_poll_stop(&d->listener);
	worker_link_drain_all(d);
	local_leave(d->local);
	uv_timer_start(&d->linger, on_overdue, LEAVE_MS, 0);
	do {
		while (d->jobs || !local_is_empty(d->local))
			uv_run(&d->loop, UV_RUN_ONCE);
		act_on_decisions(d);
		writer_flush(d->writer);
	} while (d->jobs);
	probes_abandon(d->probes);
	conn_flush_all(d);
	conn_close_all(d);
}

/* The writer goes before the loop: its thread wakes the loop after each commit. */
static void daemon_destroy(struct daemon *d)
{
	d->is_stopping = true;
	if (d->writer)
		wind_down(d);
	writer_destroy(d->writer);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	live_destroy_all(d);
	local_destroy(d->local);
	probes_destroy(d->probes);
	imports_destroy(d->imports);
	unpacks_destroy(d->unpacks);
	helper_destroy(d->helper);
	expr_engine_destroy(d->expr);
	engine_destroy(d->engine);
	reader_destroy(d->reader);
	db_close(d->db);
	blob_store_close(d->blobs);
	map_finish(&d->worker_ids);
	fs_close(&d->listen_fd);
	if (d->lock_fd >= 0)
		unlinkat(d->home_fd, ENDPOINT_NAME, 0);
	fs_close(&d->lock_fd);
	fs_close(&d->home_fd);
	free(d->home);
}

int daemon_main(const struct daemon_options *options, struct err *err)
{
	struct daemon *d = mem_alloc(sizeof(*d));
	int rc;

	d->options = *options;
	d->home_fd = d->lock_fd = d->listen_fd = -1;
	rc = daemon_create(d, err);
	if (rc == 0) {
		log_info("listening in %s, epoch %llu", d->home, (unsigned long long)d->epoch);
		tell_ready(d);
		daemon_judge_idle(d);
		uv_run(&d->loop, UV_RUN_DEFAULT);
	}
	daemon_destroy(d);
	free(d);
	return rc;
}
