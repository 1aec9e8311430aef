/* SPDX-License-Identifier: Apache-2.0 */
/* test_load.c - a scheduler's start: epochs, the key, live runs as they were */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "fill.h"
#include "store/db/db.h"
#include "store/records/batch.h"
#include "store/records/load.h"
#include "store/records/records.h"
#include "store/records/writer.h"

struct fixture {
	char dir[64];
	char path[96];
	struct db *db;
	struct load load;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	strcpy(f->dir, "/tmp/ingot-load-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/ingot.db", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	load_finish(&f->load);
	db_close(f->db);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	load_finish(&f->load);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	assert_int_equal(load_start(f->db, &f->load, &f->err), 0);
}

static void no_wake(void *ctx)
{
	(void)ctx;
}

/* Adds rows with a writer of its own, which takes and closes the database. */
static void add(struct fixture *f, void (*fn)(struct batch *b))
{
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	struct writer *w = writer_create(f->db, no_wake, NULL);
	f->db = NULL;
	fn(writer_batch(w));
	writer_destroy(w);
}

static void each_start_has_a_higher_epoch_and_the_same_key(void **state)
{
	struct fixture *f = *state;
	uint8_t key[32];
	start(f);
	assert_int_equal(f->load.epoch, 1);
	assert_int_equal(f->load.next_run, 1);
	assert_int_equal(f->load.next_worker, 1);
	assert_int_equal(f->load.run_count, 0);
	memcpy(key, f->load.key, sizeof(key));
	for (uint64_t epoch = 2; epoch < 5; epoch++) {
		start(f);
		assert_int_equal(f->load.epoch, epoch);
		assert_memory_equal(f->load.key, key, sizeof(key));
	}
	uint8_t zero[32] = { 0 };
	assert_memory_not_equal(key, zero, sizeof(key));
}

static void ended_runs_are_not_loaded_but_counted_on(void **state)
{
	struct fixture *f = *state;
	fill_database(f->path, 3);
	start(f);
	assert_int_equal(f->load.run_count, 0);
	assert_int_equal(f->load.next_run, 4);
	assert_int_equal(f->load.next_worker, 2);
	assert_int_equal(f->load.worker_count, 1);
	assert_string_equal(f->load.workers[0].name, "box-1");
}

/* Run 2, with evaluate and report put back: one running, one granted, one waiting. */
static void go_live(struct batch *b)
{
	struct run_status run = { .id = 2,
				  .state = RUN_STATE_RUNNING,
				  .cancel_requested = true,
				  .started_at = 5,
				  .steps_done = 4 };
	fill_run(b, 1);
	fill_run(b, 2);
	batch_run_update(b, &run);
	struct step_row s = { .id = step_id(2, 4),
			      .state = STEP_STATE_RUNNING,
			      .fence = fill_fence(9),
			      .attempt = 1,
			      .tries_left = 1,
			      .worker_id = 1,
			      .exit_code = -1,
			      .started_at = 77 };
	batch_step_update(b, &s);
	struct attempt_row a = { .step_id = s.id,
				 .fence = s.fence,
				 .number = 1,
				 .worker_id = 1,
				 .state = ATTEMPT_STATE_RUNNING,
				 .started_at = 77 };
	memset(a.session, 0xab, sizeof(a.session));
	batch_attempt(b, &a);
}

static void a_live_run_comes_back_with_all_that_its_plan_needs(void **state)
{
	struct fixture *f = *state;
	add(f, go_live);
	start(f);
	assert_int_equal(f->load.run_count, 1);
	const struct loaded_run *run = &f->load.runs[0];
	struct digest plan;
	fill_digest("plan", &plan);
	assert_int_equal(run->row.id, 2);
	assert_string_equal(run->row.pipeline, "penguins");
	assert_string_equal(run->row.commit, "c2");
	assert_true(digest_eq(&run->row.plan, &plan));
	assert_int_equal(run->row.param_count, 2);
	assert_string_equal(run->row.params[1].name, "seed");
	assert_string_equal(run->row.params[1].value, "7");
	assert_int_equal(run->document_count, 2);
	assert_string_equal(run->documents[0].name, "definition");
	assert_string_equal(run->documents[0].text, "name: penguins\n");
	assert_string_equal(run->documents[1].name, "sources/train");
	assert_int_equal(run->status.state, RUN_STATE_RUNNING);
	assert_true(run->status.cancel_requested);
	assert_int_equal(run->status.steps_done, 4);
}

static void its_steps_attempts_and_results_are_as_they_were(void **state)
{
	struct fixture *f = *state;
	uint8_t session[SESSION_SIZE];
	memset(session, 0xab, sizeof(session));
	add(f, go_live);
	start(f);
	const struct loaded_run *run = &f->load.runs[0];
	assert_int_equal(run->step_count, FILL_STEPS);
	assert_int_equal(run->steps[0].state, STEP_STATE_CACHED);
	assert_int_equal(run->steps[0].cached_from, step_id(1, 0));
	assert_int_equal(run->steps[4].state, STEP_STATE_RUNNING);
	assert_int_equal(run->steps[4].fence, fill_fence(9));
	assert_int_equal(run->steps[4].tries_left, 1);
	assert_int_equal(run->steps[4].exit_code, -1);
	assert_string_equal(run->steps[5].message, "KeyError: 'bill'");
	assert_int_equal(run->attempt_count, 1);
	assert_int_equal(run->attempts[0].step_id, step_id(2, 4));
	assert_int_equal(run->attempts[0].state, ATTEMPT_STATE_RUNNING);
	assert_memory_equal(run->attempts[0].session, session, sizeof(session));
	/* prepare (by way of run 1), both train, evaluate. */
	assert_int_equal(run->result_count, 4);
	assert_int_equal(run->results[0].step_id, step_id(2, 0));
	assert_int_equal(run->results[0].output_count, 2);
	assert_true(run->results[0].outputs[0].is_tree);
	assert_int_equal(run->results[0].outputs[0].files, 3);
	assert_int_equal(run->results[3].step_id, step_id(2, 3));
	assert_int_equal(run->results[3].metric_count, 2);
	assert_true(run->results[3].metrics[1].value == 0.5);
}

static void lose_a_step(struct fixture *f)
{
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	assert_int_equal(db_exec(f->db, "DELETE FROM step WHERE id = 2 << 24 | 4", &f->err), 0);
	db_close(f->db);
	f->db = NULL;
}

static void a_run_whose_steps_are_missing_is_damaged_by_name(void **state)
{
	struct fixture *f = *state;
	add(f, go_live);
	lose_a_step(f);
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	assert_int_equal(load_start(f->db, &f->load, &f->err), ERR_DAMAGED);
	assert_string_equal(f->err.text, "run 2 has 5 steps on record instead of 6");
}

static void any_run_can_be_loaded_by_its_number(void **state)
{
	struct fixture *f = *state;
	struct arena arena = ARENA_INIT;
	struct loaded_run run;
	fill_database(f->path, 2);
	start(f);
	assert_int_equal(load_run(f->db, 2, &arena, &run, &f->err), 0);
	assert_int_equal(run.status.state, RUN_STATE_FAILED);
	assert_string_equal(run.status.message, "report failed");
	assert_int_equal(run.attempt_count, 0);
	assert_int_equal(load_run(f->db, 3, &arena, &run, &f->err), ERR_NOT_FOUND);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(each_start_has_a_higher_epoch_and_the_same_key),
		TEST(ended_runs_are_not_loaded_but_counted_on),
		TEST(a_live_run_comes_back_with_all_that_its_plan_needs),
		TEST(its_steps_attempts_and_results_are_as_they_were),
		TEST(a_run_whose_steps_are_missing_is_damaged_by_name),
		TEST(any_run_can_be_loaded_by_its_number),
	};
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
