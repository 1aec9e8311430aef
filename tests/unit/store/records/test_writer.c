/* SPDX-License-Identifier: Apache-2.0 */
/* test_writer.c - group commit: order, coalescing, barriers, what a kill leaves */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "fill.h"
#include "store/db/db.h"
#include "store/db/stmt.h"
#include "store/records/batch.h"
#include "store/records/load.h"
#include "store/records/records.h"
#include "store/records/writer.h"

struct fixture {
	char dir[64];
	char path[96];
	int wakes[2]; /* the thread writes a byte at each commit */
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	strcpy(f->dir, "/tmp/ingot-writer-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/ingot.db", f->dir);
	assert_int_equal(pipe2(f->wakes, O_CLOEXEC | O_NONBLOCK), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	close(f->wakes[0]);
	close(f->wakes[1]);
	free(f);
	return 0;
}

static void wake(void *ctx)
{
	struct fixture *f = ctx;
	ssize_t n = write(f->wakes[1], "w", 1);
	(void)n;
}

static struct writer *writer_of(struct fixture *f)
{
	struct db *db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &db, &f->err), 0);
	return writer_create(db, wake, f);
}

/* Waits for the thread's wake-up, then runs the callbacks. */
static void turn(struct fixture *f, struct writer *w)
{
	struct pollfd p = { .fd = f->wakes[0], .events = POLLIN };
	char byte;
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(read(f->wakes[0], &byte, 1), 1);
	assert_int_equal(writer_poll(w), 1);
}

static int64_t number(struct fixture *f, const char *sql)
{
	struct db *db = NULL;
	assert_int_equal(records_open(f->path, DB_READER, &db, &f->err), 0);
	struct stmt *s = db_stmt(db, sql);
	assert_int_equal(stmt_step(s, &f->err), 1);
	int64_t n = stmt_i64(s, 0);
	stmt_reset(s);
	db_close(db);
	return n;
}

/* Callbacks write down their names. */
static char told[64];

static void tell_a(void *ctx)
{
	(void)ctx;
	strcat(told, "a");
}

static void tell_b(void *ctx)
{
	(void)ctx;
	strcat(told, "b");
}

static void tell_and_ask_again(void *ctx)
{
	strcat(told, "c");
	batch_on_commit(writer_batch(ctx), tell_a, NULL);
}

static void callbacks_run_in_order_and_only_after_the_commit(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	told[0] = '\0';
	fill_run(writer_batch(w), 1);
	batch_on_commit(writer_batch(w), tell_a, NULL);
	batch_on_commit(writer_batch(w), tell_b, NULL);
	assert_int_equal(writer_poll(w), 0);
	assert_false(writer_is_idle(w));
	writer_submit(w);
	assert_string_equal(told, "");
	turn(f, w);
	assert_string_equal(told, "ab");
	assert_int_equal(number(f, "SELECT count(*) FROM run"), 1);
	assert_true(writer_is_idle(w));
	writer_destroy(w);
}

static void what_gathers_while_a_commit_runs_goes_with_the_next(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	struct writer_counts counts;
	told[0] = '\0';
	fill_run(writer_batch(w), 1);
	batch_on_commit(writer_batch(w), tell_a, NULL);
	writer_submit(w);
	for (uint64_t run = 2; run <= 5; run++) {
		fill_run(writer_batch(w), run);
		writer_submit(w); /* the first is not polled yet: nothing more is taken */
	}
	batch_on_commit(writer_batch(w), tell_b, NULL);
	turn(f, w);
	assert_string_equal(told, "a");
	writer_submit(w);
	turn(f, w);
	assert_string_equal(told, "ab");
	writer_counts(w, &counts);
	assert_int_equal(counts.commits, 2);
	assert_int_equal(number(f, "SELECT count(*) FROM run"), 5);
	writer_destroy(w);
}

static void flush_also_runs_what_callbacks_ask_for(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	told[0] = '\0';
	batch_on_commit(writer_batch(w), tell_and_ask_again, w);
	writer_flush(w);
	assert_string_equal(told, "ca");
	writer_destroy(w);
}

static void a_row_that_changed_several_times_is_written_once(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	struct batch *b = writer_batch(w);
	fill_run(b, 1);
	struct step_row s = { .id = step_id(1, 4), .exit_code = -1 };
	for (int i = 0; i < STEP_STATE_COUNT; i++) {
		s.state = (enum step_state)i;
		batch_step_update(b, &s);
	}
	struct run_status r = { .id = 1, .state = RUN_STATE_RUNNING, .message = "first" };
	batch_run_update(b, &r);
	r = (struct run_status){ .id = 1, .state = RUN_STATE_CANCELLED };
	batch_run_update(b, &r);
	struct attempt_row a = { .step_id = step_id(1, 4), .fence = fill_fence(1), .number = 1 };
	batch_attempt(b, &a);
	a.state = ATTEMPT_STATE_EXPIRED;
	batch_attempt(b, &a);
	writer_destroy(w);

	assert_int_equal(number(f, "SELECT state FROM step WHERE id = 1 << 24 | 4"),
			 STEP_STATE_BLOCKED);
	assert_int_equal(number(f, "SELECT state FROM run"), RUN_STATE_CANCELLED);
	assert_int_equal(number(f, "SELECT message = 'first' FROM run"), 1);
	assert_int_equal(number(f, "SELECT state FROM attempt WHERE step_id = 1 << 24 | 4"),
			 ATTEMPT_STATE_EXPIRED);
}

static void versions_count_up_and_the_same_content_is_no_new_one(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	struct digest one, two;
	int64_t versions[4] = { 0 };
	fill_digest("one", &one);
	fill_digest("two", &two);
	batch_model_version(writer_batch(w), "m", 1, "o", &one, 1, &versions[0]);
	batch_model_version(writer_batch(w), "m", 2, "o", &one, 2, &versions[1]);
	batch_model_version(writer_batch(w), "m", 3, "o", &two, 3, &versions[2]);
	batch_model_version(writer_batch(w), "n", 3, "o", &two, 3, &versions[3]);
	writer_destroy(w);
	assert_int_equal(versions[0], 1);
	assert_int_equal(versions[1], 1);
	assert_int_equal(versions[2], 2);
	assert_int_equal(versions[3], 1);
	assert_int_equal(
		number(f, "SELECT step_id FROM model_version WHERE model = 'm' AND version = 1"),
		1);
}

static void points_gather_in_parts(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	for (int64_t i = 0; i < 60; i++) {
		struct metric_point points[10];
		for (int64_t k = 0; k < 10; k++)
			points[k] = (struct metric_point){ i * 10 + k, FILL_TIME + i, 0.5 };
		batch_metric_points(writer_batch(w), step_id(1, 1), 7, "loss", points, 10);
		writer_flush(w);
	}
	writer_destroy(w);
	assert_int_equal(number(f, "SELECT sum(count) FROM metric_part"), 600);
	assert_int_equal(number(f, "SELECT count(*) FROM metric_part"), 3);
	assert_int_equal(number(f, "SELECT max(part) FROM metric_part"), 3);
}

/* What a child does that must abort; its own database, as the parent's is open. */
typedef void misdeed(struct batch *b);

static void write_badly(struct fixture *f, misdeed *fn)
{
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		struct db *db = NULL;
		if (records_open(f->path, DB_WRITER, &db, NULL) < 0)
			_exit(3);
		struct writer *w = writer_create(db, wake, f);
		fill_run(writer_batch(w), 1);
		fn(writer_batch(w));
		writer_flush(w);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(number(f, "SELECT count(*) FROM run"), 0);
}

static void result_of_an_old_fence(struct batch *b)
{
	struct attempt_row a = { .step_id = step_id(1, 4),
				 .fence = fill_fence(1),
				 .number = 1,
				 .state = ATTEMPT_STATE_FINISHED };
	struct step_row s = { .id = step_id(1, 4),
			      .state = STEP_STATE_RUNNING,
			      .fence = fill_fence(2) };
	struct result_row r = { .step_id = step_id(1, 4), .fence = fill_fence(1) };
	batch_attempt(b, &a);
	batch_step_update(b, &s);
	batch_result(b, &r);
}

static void second_result(struct batch *b)
{
	struct result_row r = { .step_id = step_id(1, 0), .fence = fill_fence(1) };
	batch_result(b, &r);
}

static void result_without_attempt(struct batch *b)
{
	struct step_row s = { .id = step_id(1, 4),
			      .state = STEP_STATE_RUNNING,
			      .fence = fill_fence(2) };
	struct result_row r = { .step_id = step_id(1, 4), .fence = fill_fence(2) };
	batch_step_update(b, &s);
	batch_result(b, &r);
}

static void update_of_a_missing_step(struct batch *b)
{
	struct step_row s = { .id = step_id(9, 0) };
	batch_step_update(b, &s);
}

static void a_broken_barrier_aborts_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct db *db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &db, &f->err), 0);
	db_close(db);
	write_badly(f, result_of_an_old_fence);
	write_badly(f, second_result);
	write_badly(f, result_without_attempt);
	write_badly(f, update_of_a_missing_step);
}

static void results_and_outputs_cannot_be_changed(void **state)
{
	struct fixture *f = *state;
	fill_database(f->path, 1);
	struct db *db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &db, &f->err), 0);
	assert_int_equal(db_exec(db, "UPDATE output SET size = 1", &f->err), ERR_CONFLICT);
	assert_non_null(strstr(f->err.text, "an output does not change"));
	assert_int_equal(db_exec(db, "UPDATE result SET outcome = 1", &f->err), ERR_CONFLICT);
	assert_int_equal(db_exec(db, "UPDATE attempt SET state = 1", &f->err), ERR_CONFLICT);
	db_close(db);
}

/* The child tells the number of each run that was acknowledged to it. */
static int acknowledgements;

struct acknowledgement {
	uint64_t run;
};

static void acknowledge(void *ctx)
{
	struct acknowledgement *a = ctx;
	ssize_t n = write(acknowledgements, &a->run, sizeof(a->run));
	(void)n;
	free(a);
}

static _Noreturn void write_until_killed(struct fixture *f, uint64_t first)
{
	struct writer *w = writer_of(f);
	struct pollfd p = { .fd = f->wakes[0], .events = POLLIN };
	char bytes[16];
	for (uint64_t run = first;; run++) {
		struct acknowledgement *a = mem_alloc(sizeof(*a));
		a->run = run;
		fill_run(writer_batch(w), run);
		batch_on_commit(writer_batch(w), acknowledge, a);
		writer_submit(w);
		while (poll(&p, 1, 0) > 0 && read(f->wakes[0], bytes, sizeof(bytes)) > 0)
			writer_poll(w);
		if (run % 7 == 0) /* batches of several runs, and of one */
			writer_flush(w);
	}
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
	struct fixture *f = *state;
	uint64_t acknowledged = 0;
	for (int kill_at = 0; kill_at < 50; kill_at++) {
		int pipe_fds[2];
		assert_int_equal(pipe(pipe_fds), 0);
		uint64_t first =
			kill_at == 0 ? 1 : (uint64_t)number(f, "SELECT max(id) + 1 FROM run");
		pid_t pid = fork();
		if (pid == 0) {
			acknowledgements = pipe_fds[1];
			write_until_killed(f, first);
		}
		close(pipe_fds[1]);
		/* From the first acknowledgement on, at some instant of its work. */
		uint64_t run;
		assert_int_equal(read(pipe_fds[0], &run, sizeof(run)), sizeof(run));
		acknowledged = run;
		usleep((useconds_t)(kill_at * 397 % 4000));
		kill(pid, SIGKILL);
		while (read(pipe_fds[0], &run, sizeof(run)) == sizeof(run))
			acknowledged = run;
		close(pipe_fds[0]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);

		char sql[160];
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM result WHERE step_id < %llu << 24",
			 (unsigned long long)acknowledged + 1);
		struct db *db = NULL;
		assert_int_equal(records_open(f->path, DB_WRITER, &db, &f->err), 0);
		assert_int_equal(db_quick_check(db, &f->err), 0);
		db_close(db);
		/* Five results a run, one less where `prepare` was cached. */
		assert_int_equal(number(f, sql), (int64_t)acknowledged * 4 + 1);
		assert_int_equal(number(f, "SELECT (SELECT count(*) FROM run) * 4 + 1"
					   " - (SELECT count(*) FROM result)"),
				 0);
	}
	assert_int_equal(number(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* The file may not grow any more: as with a full disk, COMMIT fails. */
static void a_failed_commit_aborts_and_acknowledges_nothing(void **state)
{
	struct fixture *f = *state;
	int pipe_fds[2];
	assert_int_equal(pipe(pipe_fds), 0);
	fill_database(f->path, 1);
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 400000, 400000 };
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		acknowledgements = pipe_fds[1];
		write_until_killed(f, 2);
	}
	close(pipe_fds[1]);
	uint64_t run, acknowledged = 0;
	while (read(pipe_fds[0], &run, sizeof(run)) == sizeof(run))
		acknowledged = run;
	close(pipe_fds[0]);
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_true(acknowledged >= 2);
	assert_true(number(f, "SELECT max(id) FROM run") >= (int64_t)acknowledged);
	assert_int_equal(number(f, "SELECT (SELECT count(*) FROM run) * 4 + 1"
				   " - (SELECT count(*) FROM result)"),
			 0);
}

/* Deterministic, so it may be asserted: the whole life of a plain step. */
static void a_step_costs_few_bytes_of_wal(void **state)
{
	enum { STEPS = 10000, GROUP = 250 };
	struct fixture *f = *state;
	struct writer *w = writer_of(f);
	struct run_row run = { .id = 1,
			       .pipeline = "p",
			       .repository = "/r",
			       .commit = "c",
			       .ref = "HEAD",
			       .branch = "main",
			       .trigger = "manual",
			       .steps = STEPS,
			       .created_at = FILL_TIME };
	batch_run_insert(writer_batch(w), &run);
	for (uint32_t i = 0; i < STEPS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "noop[i=%u]", i);
		struct step_spec spec = { .id = step_id(1, i), .name = name, .job = "noop" };
		batch_step_insert(writer_batch(w), &spec, 1);
	}
	writer_flush(w);
	for (uint32_t first = 0; first < STEPS; first += GROUP) {
		for (uint32_t i = first; i < first + GROUP; i++) {
			struct step_row s = { .id = step_id(1, i),
					      .state = STEP_STATE_SUCCEEDED,
					      .fence = fill_fence(i + 1),
					      .attempt = 1,
					      .worker_id = 1,
					      .started_at = FILL_TIME + i,
					      .finished_at = FILL_TIME + i };
			struct attempt_row a = { .step_id = s.id,
						 .fence = s.fence,
						 .number = 1,
						 .worker_id = 1,
						 .state = ATTEMPT_STATE_FINISHED,
						 .started_at = s.started_at,
						 .finished_at = s.finished_at,
						 .run_us = 400,
						 .cpu_user_us = 300,
						 .cpu_system_us = 200,
						 .peak_memory_bytes = 1 << 20 };
			struct result_row r = { .step_id = s.id,
						.fence = s.fence,
						.at = s.finished_at };
			fill_digest("body", &a.body);
			batch_step_update(writer_batch(w), &s);
			batch_attempt(writer_batch(w), &a);
			batch_result(writer_batch(w), &r);
		}
		writer_flush(w);
	}
	struct writer_counts counts;
	writer_counts(w, &counts);
	assert_int_equal(counts.commits, 1 + STEPS / GROUP);
	uint64_t bytes = counts.wal_pages * (4096 + 24) / STEPS;
	print_message("%d bytes of WAL a step\n", (int)bytes);
	assert_true(bytes <= 500);
	writer_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(callbacks_run_in_order_and_only_after_the_commit),
		TEST(what_gathers_while_a_commit_runs_goes_with_the_next),
		TEST(flush_also_runs_what_callbacks_ask_for),
		TEST(a_row_that_changed_several_times_is_written_once),
		TEST(versions_count_up_and_the_same_content_is_no_new_one),
		TEST(points_gather_in_parts),
		TEST(a_broken_barrier_aborts_and_leaves_nothing),
		TEST(results_and_outputs_cannot_be_changed),
		TEST(a_step_costs_few_bytes_of_wal),
		TEST(a_failed_commit_aborts_and_acknowledges_nothing),
		TEST(what_was_acknowledged_survives_kill_9),
	};
	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
