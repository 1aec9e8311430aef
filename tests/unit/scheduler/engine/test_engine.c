/* SPDX-License-Identifier: Apache-2.0 */
/* test_engine.c - the engine by hand: small runs, every decision looked at */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "scheduler/engine/engine.h"

enum { SESSION = 77, STEPS_MAX = 64, TAKEN_MAX = 512 };

/* One engine, one pool "here" of 2 cpu and 2 GPUs, decisions kept as taken. */
struct bench {
	struct engine *e;
	int64_t now;
	struct decision taken[TAKEN_MAX];
	size_t count;
	bool resolve; /* answer every RESOLVE with RUN */
};

/* A definition: one spec a step unless said, edges as pairs. */
struct sketch {
	struct run_step_spec specs[STEPS_MAX];
	struct engine_placement placements[STEPS_MAX];
	uint32_t spec_of[STEPS_MAX], parent_at[STEPS_MAX + 1], parents[STEPS_MAX];
	uint32_t count;
	struct engine_submission s;
};

static void pump(struct bench *b)
{
	struct decision d;

	b->count = 0;
	while (engine_take(b->e, &d)) {
		assert_true(b->count < TAKEN_MAX);
		b->taken[b->count++] = d;
		if (d.kind == DECISION_RESOLVE && b->resolve)
			engine_resolved(b->e, d.step, RESOLUTION_RUN, REASON_NONE, b->now);
	}
	const char *broken = engine_check(b->e);

	assert_string_equal(broken ? broken : "", "");
}

static void open_bench(struct bench *b, uint64_t epoch)
{
	static const int64_t memories[] = { (int64_t)8 << 30, (int64_t)16 << 30 };
	struct pool_spec pool = {
		.name = "here", .cpu_milli = 2000, .memory_bytes = (int64_t)4 << 30,
		.gpus = 2, .gpu_memory_bytes = memories, .max_workers = 2,
	};

	*b = (struct bench){ .now = 1000, .resolve = true };
	b->e = engine_create(&(struct engine_options){ .epoch = epoch });
	assert_int_equal(engine_pool_declare(b->e, &pool), 0);
}

static void add_worker(struct bench *b, uint64_t session, const char *name, uint32_t slots)
{
	struct engine_worker w = { .session = session, .name = name, .slots = slots };

	assert_int_equal(engine_worker_register(b->e, &w, b->now), 0);
}

static void sketch_init(struct sketch *k, uint64_t run, uint32_t count)
{
	memset(k, 0, sizeof(*k));
	k->count = count;
	for (uint32_t i = 0; i < count; i++) {
		k->spec_of[i] = i;
		k->specs[i].retry.on = RUN_RETRY_FAILED | RUN_RETRY_TIMED_OUT | RUN_RETRY_LOST;
		k->placements[i].demand.cpu_milli = 1000;
	}
	k->s.run = (struct run_spec){
		.number = run, .specs = k->specs, .spec_count = count, .spec_of = k->spec_of,
		.step_count = count, .parent_at = k->parent_at, .parents = k->parents,
	};
	k->s.placements = k->placements;
}

/* Edges have to come in order of children. */
static void edge(struct sketch *k, uint32_t parent, uint32_t child, bool data)
{
	uint32_t at = k->parent_at[k->count];

	k->parents[at] = parent | (data ? RUN_PARENT_DATA : 0);
	for (uint32_t i = child + 1; i <= k->count; i++)
		k->parent_at[i] = at + 1;
}

static void submit(struct bench *b, struct sketch *k)
{
	engine_submit(b->e, &k->s, b->now);
	pump(b);
}

static const struct decision *taken(const struct bench *b, enum decision_kind kind, uint64_t step)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->taken[i].kind == kind && (step == 0 || b->taken[i].step == step))
			return &b->taken[i];
	return NULL;
}

static size_t taken_count(const struct bench *b, enum decision_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += b->taken[i].kind == kind;
	return count;
}

static struct step_view view(const struct bench *b, uint64_t step)
{
	struct step_view v;

	assert_int_equal(engine_step_view(b->e, step, &v), 0);
	return v;
}

static enum run_state run_state(const struct bench *b, uint64_t run)
{
	struct run_view v;

	assert_int_equal(engine_run_view(b->e, run, &v), 0);
	return v.state;
}

static enum complete_verdict complete_as(struct bench *b, uint64_t step, enum outcome outcome,
					 int exit_code, char body)
{
	struct digest digest = { { body } };
	struct step_view v = view(b, step);
	struct completion c = {
		.outcome = outcome,
		.reason = outcome == OUTCOME_FAILED ? REASON_EXIT_CODE : REASON_NONE,
		.exit_code = exit_code, .run_ms = 100, .body = &digest,
	};

	return engine_complete(b->e, step, v.fence, SESSION, &c, b->now);
}

static void run_to(struct bench *b, uint64_t step, enum outcome outcome)
{
	struct step_view v = view(b, step);

	assert_int_equal(engine_start(b->e, step, v.fence, SESSION, b->now), LEASE_OK);
	assert_int_equal(complete_as(b, step, outcome, 1, 'a'), COMPLETE_ACCEPTED);
	pump(b);
}

static void assert_state(const struct bench *b, uint64_t step, enum step_state state,
			 enum reason reason)
{
	struct step_view v = view(b, step);

	assert_string_equal(step_state_name(v.state), step_state_name(state));
	assert_string_equal(reason_name(v.reason), reason_name(reason));
}

static void close_bench(struct bench *b)
{
	engine_destroy(b->e);
}

/* ── Order ────────────────────────────────────────────────────────────── */

static void a_chain_runs_in_order(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 3);
	add_worker(&b, SESSION, "w1", 1);
	sketch_init(&k, 1, 3);
	edge(&k, 0, 1, true);
	edge(&k, 1, 2, false);
	submit(&b, &k);
	assert_non_null(taken(&b, DECISION_GRANT, step_id(1, 0)));
	assert_int_equal(taken_count(&b, DECISION_RESOLVE), 1);
	assert_int_equal(view(&b, step_id(1, 0)).fence, (3 << ENGINE_FENCE_BITS) + 1);
	assert_state(&b, step_id(1, 1), STEP_STATE_WAITING, REASON_NONE);
	run_to(&b, step_id(1, 0), OUTCOME_SUCCEEDED);
	assert_non_null(taken(&b, DECISION_GRANT, step_id(1, 1)));
	run_to(&b, step_id(1, 1), OUTCOME_SUCCEEDED);
	run_to(&b, step_id(1, 2), OUTCOME_SUCCEEDED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_SUCCEEDED);
	assert_int_equal(engine_open_runs(b.e), 0);
	engine_forget(b.e, 1);
	close_bench(&b);
}

static void a_failure_skips_what_needs_it_at_once(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 2);
	sketch_init(&k, 1, 5);
	edge(&k, 0, 2, false);
	edge(&k, 1, 2, false);
	edge(&k, 2, 3, false);
	k.specs[4].is_finally = true;
	submit(&b, &k);
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_state(&b, step_id(1, 0), STEP_STATE_FAILED, REASON_EXIT_CODE);
	assert_state(&b, step_id(1, 2), STEP_STATE_SKIPPED, REASON_UPSTREAM);
	assert_state(&b, step_id(1, 3), STEP_STATE_SKIPPED, REASON_UPSTREAM);
	assert_state(&b, step_id(1, 4), STEP_STATE_WAITING, REASON_NONE);
	run_to(&b, step_id(1, 1), OUTCOME_SUCCEEDED);
	assert_non_null(taken(&b, DECISION_GRANT, step_id(1, 4)));
	run_to(&b, step_id(1, 4), OUTCOME_SUCCEEDED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_FAILED);
	close_bench(&b);
}

static void an_allowed_failure_is_done_for_order_and_not_for_data(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 2);
	sketch_init(&k, 1, 3);
	k.specs[0].allow_failure = true;
	edge(&k, 0, 1, false);
	edge(&k, 0, 2, true);
	submit(&b, &k);
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_state(&b, step_id(1, 2), STEP_STATE_SKIPPED, REASON_UPSTREAM);
	run_to(&b, step_id(1, 1), OUTCOME_SUCCEEDED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_SUCCEEDED);
	close_bench(&b);
}

static void fail_fast_cancels_the_matrix(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 2);
	sketch_init(&k, 1, 4);
	memset(k.spec_of, 0, sizeof(k.spec_of));
	k.specs[0].fail_fast = true;
	submit(&b, &k);
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_state(&b, step_id(1, 3), STEP_STATE_CANCELLED, REASON_FAIL_FAST);
	/* The second is leased: its worker has to let go of it. */
	assert_state(&b, step_id(1, 1), STEP_STATE_LEASED, REASON_FAIL_FAST);
	assert_non_null(taken(&b, DECISION_CANCEL, step_id(1, 1)));
	assert_int_equal(engine_release(b.e, step_id(1, 1), view(&b, step_id(1, 1)).fence, SESSION,
					b.now), LEASE_OK);
	pump(&b);
	assert_state(&b, step_id(1, 1), STEP_STATE_CANCELLED, REASON_FAIL_FAST);
	assert_int_equal(run_state(&b, 1), RUN_STATE_FAILED);
	close_bench(&b);
}

/* ── Attempts ─────────────────────────────────────────────────────────── */

static void a_failure_is_tried_again_after_a_pause(void **state)
{
	struct sketch k;
	struct bench b;
	uint64_t first;
	int64_t due;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 1);
	sketch_init(&k, 1, 1);
	k.specs[0].retry.max = 1;
	k.specs[0].retry.backoff_ms = 4000;
	submit(&b, &k);
	first = view(&b, step_id(1, 0)).fence;
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_state(&b, step_id(1, 0), STEP_STATE_READY, REASON_RETRY);
	assert_int_equal(view(&b, step_id(1, 0)).tries_left, 0);
	due = engine_next_deadline(b.e);
	assert_true(due > b.now + 3000 && due <= b.now + 4000);
	b.now = due;
	engine_tick(b.e, b.now);
	pump(&b);
	assert_non_null(taken(&b, DECISION_GRANT, step_id(1, 0)));
	/* The first attempt's completion comes once more: it is recorded already. */
	struct digest same = { { 'a' } }, other = { { 'b' } };
	assert_int_equal(engine_complete_check(b.e, step_id(1, 0), first, SESSION, &same),
			 COMPLETE_RECORDED);
	assert_int_equal(engine_complete_check(b.e, step_id(1, 0), first, SESSION, &other),
			 COMPLETE_CONFLICT);
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_FAILED);
	close_bench(&b);
}

static void a_lost_worker_is_not_the_steps_fault_three_times(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	sketch_init(&k, 1, 1);
	add_worker(&b, 1, "w", 1);
	submit(&b, &k);
	for (uint64_t session = 1; session <= 4; session++) {
		struct step_view v = view(&b, step_id(1, 0));

		assert_int_equal(v.session, session);
		assert_int_equal(v.lost, session - 1);
		assert_int_equal(engine_start(b.e, v.step, v.fence, session, b.now), LEASE_OK);
		add_worker(&b, session + 1, "w", 1); /* the same name: the old life is over */
		pump(&b);
		assert_int_equal(engine_heartbeat(b.e, v.step, v.fence, session, b.now),
				 LEASE_FENCED);
	}
	assert_state(&b, step_id(1, 0), STEP_STATE_FAILED, REASON_WORKER_LOST);
	close_bench(&b);
}

static void a_manual_step_starts_once_and_is_lost(void **state)
{
	struct sketch k;
	struct bench b;
	struct step_view v;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 1);
	sketch_init(&k, 1, 1);
	k.specs[0].on_lost_manual = true;
	submit(&b, &k);
	assert_true(taken(&b, DECISION_GRANT, 0)->strict);
	assert_true(taken(&b, DECISION_GRANT, 0)->after_commit);
	assert_int_equal(complete_as(&b, step_id(1, 0), OUTCOME_SUCCEEDED, 0, 'a'),
			 COMPLETE_FENCED);
	/* Expired before its start: nothing happened yet. */
	b.now = engine_next_deadline(b.e);
	engine_tick(b.e, b.now);
	pump(&b);
	assert_state(&b, step_id(1, 0), STEP_STATE_LEASED, REASON_NONE);
	v = view(&b, step_id(1, 0));
	assert_int_equal(v.attempts, 1);
	assert_int_equal(v.fence, (1 << ENGINE_FENCE_BITS) + 2);
	assert_int_equal(engine_start(b.e, v.step, v.fence, SESSION, b.now), LEASE_OK);
	assert_int_equal(engine_start(b.e, v.step, v.fence, SESSION, b.now), LEASE_OK);
	engine_worker_gone(b.e, SESSION, b.now);
	pump(&b);
	assert_state(&b, step_id(1, 0), STEP_STATE_LOST, REASON_WORKER_LOST);
	assert_int_equal(run_state(&b, 1), RUN_STATE_FAILED);
	close_bench(&b);
}

/* ── Placement ────────────────────────────────────────────────────────── */

static void two_steps_never_share_a_gpu(void **state)
{
	struct sketch k;
	struct bench b;
	uint64_t masks = 0;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 4);
	sketch_init(&k, 1, 3);
	for (int i = 0; i < 3; i++)
		k.placements[i].demand = (struct demand){ .gpus = 1 };
	k.placements[1].demand.gpu_memory_bytes = (int64_t)12 << 30;
	submit(&b, &k);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 2);
	for (size_t i = 0; i < b.count; i++) {
		if (b.taken[i].kind != DECISION_GRANT)
			continue;
		assert_int_equal(masks & b.taken[i].gpus, 0);
		assert_true(b.taken[i].after_commit);
		masks |= b.taken[i].gpus;
	}
	assert_int_equal(masks, 3);
	assert_int_equal(view(&b, step_id(1, 1)).gpus, 2);
	close_bench(&b);
}

static void what_fits_nowhere_fails_at_once(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	sketch_init(&k, 1, 2);
	k.placements[0].demand.gpus = 3;
	submit(&b, &k);
	assert_state(&b, step_id(1, 0), STEP_STATE_FAILED, REASON_NO_WORKER_FITS);
	/* The other one could run, had the pool a worker: one is asked for. */
	assert_state(&b, step_id(1, 1), STEP_STATE_READY, REASON_NONE);
	assert_int_equal(taken(&b, DECISION_WANT_WORKERS, 0)->workers, 1);
	close_bench(&b);
}

static void short_steps_are_given_ahead(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 1);
	sketch_init(&k, 1, 30);
	submit(&b, &k);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 1);
	struct digest body = { { 'x' } };
	struct completion c = { .outcome = OUTCOME_SUCCEEDED, .run_ms = 1, .body = &body };
	uint64_t fence = view(&b, step_id(1, 0)).fence;
	assert_int_equal(engine_complete(b.e, step_id(1, 0), fence, SESSION, &c, b.now),
			 COMPLETE_ACCEPTED);
	pump(&b);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 17);
	/* The next one takes the resources over, and starts at once. */
	fence = view(&b, step_id(1, 1)).fence;
	assert_int_equal(engine_complete(b.e, step_id(1, 1), fence, SESSION, &c, b.now),
			 COMPLETE_ACCEPTED);
	pump(&b);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 1);
	fence = view(&b, step_id(1, 2)).fence;
	assert_int_equal(engine_start(b.e, step_id(1, 2), fence, SESSION, b.now), LEASE_OK);
	/* One that waited too long there comes back, and nothing more goes out. */
	fence = view(&b, step_id(1, 9)).fence;
	assert_int_equal(engine_release(b.e, step_id(1, 9), fence, SESSION, b.now), LEASE_OK);
	pump(&b);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 0);
	assert_state(&b, step_id(1, 9), STEP_STATE_READY, REASON_NONE);
	assert_int_equal(view(&b, step_id(1, 9)).attempts, 0);
	close_bench(&b);
}

static void max_parallel_holds(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 4);
	sketch_init(&k, 1, 4);
	memset(k.spec_of, 0, sizeof(k.spec_of));
	k.placements[0].demand.cpu_milli = 0;
	k.placements[0].max_parallel = 2;
	submit(&b, &k);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 2);
	run_to(&b, step_id(1, 0), OUTCOME_SUCCEEDED);
	assert_int_equal(taken_count(&b, DECISION_GRANT), 1);
	close_bench(&b);
}

static void higher_priority_goes_first(void **state)
{
	struct sketch k, l;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	sketch_init(&k, 1, 1);
	sketch_init(&l, 2, 1);
	l.placements[0].priority = 5;
	submit(&b, &k);
	submit(&b, &l);
	add_worker(&b, SESSION, "w1", 1);
	pump(&b);
	assert_int_equal(taken(&b, DECISION_GRANT, 0)->step, step_id(2, 0));
	close_bench(&b);
}

/* ── Runs together ────────────────────────────────────────────────────── */

static void group_run(struct bench *b, uint64_t number, enum group_policy policy)
{
	struct sketch k;

	sketch_init(&k, number, 1);
	k.s.group = "main";
	k.s.group_policy = policy;
	submit(b, &k);
}

static void a_group_queues_replaces_skips_and_supersedes(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 4);
	group_run(&b, 1, GROUP_QUEUE);
	group_run(&b, 2, GROUP_QUEUE);
	assert_int_equal(run_state(&b, 1), RUN_STATE_RUNNING);
	assert_int_equal(run_state(&b, 2), RUN_STATE_QUEUED);
	group_run(&b, 3, GROUP_REPLACE_PENDING);
	assert_int_equal(run_state(&b, 2), RUN_STATE_CANCELLED);
	assert_state(&b, step_id(2, 0), STEP_STATE_CANCELLED, REASON_SUPERSEDED);
	assert_int_equal(run_state(&b, 3), RUN_STATE_QUEUED);
	group_run(&b, 4, GROUP_SKIP);
	assert_int_equal(run_state(&b, 4), RUN_STATE_CANCELLED);
	engine_start(b.e, step_id(1, 0), view(&b, step_id(1, 0)).fence, SESSION, b.now);
	group_run(&b, 5, GROUP_CANCEL_RUNNING);
	assert_non_null(taken(&b, DECISION_CANCEL, step_id(1, 0)));
	assert_int_equal(run_state(&b, 3), RUN_STATE_CANCELLED);
	assert_int_equal(run_state(&b, 5), RUN_STATE_QUEUED);
	assert_int_equal(complete_as(&b, step_id(1, 0), OUTCOME_CANCELLED, 143, 'a'),
			 COMPLETE_ACCEPTED);
	pump(&b);
	assert_state(&b, step_id(1, 0), STEP_STATE_CANCELLED, REASON_SUPERSEDED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_CANCELLED);
	assert_int_equal(run_state(&b, 5), RUN_STATE_RUNNING);
	close_bench(&b);
}

static void cancel_lets_finally_run(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 1);
	sketch_init(&k, 1, 3);
	edge(&k, 0, 1, true);
	k.specs[2].is_finally = true;
	submit(&b, &k);
	engine_start(b.e, step_id(1, 0), view(&b, step_id(1, 0)).fence, SESSION, b.now);
	assert_int_equal(engine_cancel(b.e, 1, REASON_RUN_CANCELLED, false, b.now), 0);
	pump(&b);
	assert_state(&b, step_id(1, 1), STEP_STATE_CANCELLED, REASON_RUN_CANCELLED);
	assert_true(view(&b, step_id(1, 0)).cancel);
	assert_int_equal(complete_as(&b, step_id(1, 0), OUTCOME_FAILED, 1, 'a'), COMPLETE_ACCEPTED);
	pump(&b);
	assert_state(&b, step_id(1, 0), STEP_STATE_CANCELLED, REASON_RUN_CANCELLED);
	run_to(&b, step_id(1, 2), OUTCOME_SUCCEEDED);
	assert_int_equal(run_state(&b, 1), RUN_STATE_CANCELLED);
	close_bench(&b);
}

/* ── Restart ──────────────────────────────────────────────────────────── */

static void a_restart_goes_on_where_the_record_ends(void **state)
{
	struct engine_step_record steps[4] = {
		{ .state = STEP_STATE_SUCCEEDED, .fence = 1 << 20 | 1, .attempts = 1 },
		{ .state = STEP_STATE_RUNNING, .fence = 1 << 20 | 1, .attempts = 1,
		  .session = SESSION },
		{ .state = STEP_STATE_READY, .fence = 1 << 20 | 9 },
		{ .state = STEP_STATE_WAITING },
	};
	struct engine_run_record record = { .state = RUN_STATE_RUNNING };
	struct digest body = { { 'a' } };
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 2);
	sketch_init(&k, 1, 4);
	edge(&k, 0, 3, true);
	engine_restore(b.e, &k.s, &record, steps, b.now);
	pump(&b);
	assert_non_null(taken(&b, DECISION_RESOLVE, step_id(1, 3)));
	assert_int_equal(engine_next_deadline(b.e),
			 b.now + ENGINE_TTL_MS + ENGINE_RESTART_GRACE_MS);
	add_worker(&b, SESSION, "w1", 2);
	pump(&b);
	/* One of two cpu is still held by the attempt that outlived the restart. */
	assert_int_equal(taken_count(&b, DECISION_GRANT), 1);
	assert_int_equal(taken(&b, DECISION_GRANT, 0)->step, step_id(1, 2));
	assert_int_equal(view(&b, step_id(1, 2)).fence, (2 << 20) + 1);
	assert_int_equal(engine_complete_check(b.e, step_id(1, 0), 1 << 20 | 1, SESSION, &body),
			 COMPLETE_PAST);
	run_to(&b, step_id(1, 1), OUTCOME_SUCCEEDED);
	assert_state(&b, step_id(1, 1), STEP_STATE_SUCCEEDED, REASON_NONE);
	close_bench(&b);
}

static void an_attempt_without_a_session_ends_at_once(void **state)
{
	struct engine_step_record steps[2] = {
		{ .state = STEP_STATE_RUNNING, .fence = 1 << 20 | 1, .attempts = 1 },
		{ .state = STEP_STATE_LEASED, .fence = 1 << 20 | 1, .attempts = 1 },
	};
	struct engine_run_record record = { .state = RUN_STATE_RUNNING };
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 2);
	sketch_init(&k, 1, 2);
	engine_restore(b.e, &k.s, &record, steps, b.now);
	pump(&b);
	assert_int_equal(engine_next_deadline(b.e), b.now);
	engine_tick(b.e, b.now);
	pump(&b);
	assert_state(&b, step_id(1, 0), STEP_STATE_READY, REASON_WORKER_LOST);
	assert_state(&b, step_id(1, 1), STEP_STATE_READY, REASON_NONE);
	assert_int_equal(taken_count(&b, DECISION_ATTEMPT_ENDED), 2);
	close_bench(&b);
}

static void workers_that_may_come_back_are_not_replaced(void **state)
{
	struct engine_step_record steps[3] = {
		{ .state = STEP_STATE_RUNNING, .fence = 1 << 20 | 1, .session = SESSION },
		{ .state = STEP_STATE_READY },
		{ .state = STEP_STATE_READY },
	};
	struct engine_run_record record = { .state = RUN_STATE_RUNNING };
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 2);
	sketch_init(&k, 1, 3);
	engine_restore(b.e, &k.s, &record, steps, b.now);
	pump(&b);
	assert_int_equal(taken(&b, DECISION_WANT_WORKERS, 0)->workers, 1);
	engine_worker_gone(b.e, SESSION, b.now);
	pump(&b);
	assert_int_equal(taken(&b, DECISION_WANT_WORKERS, 0)->workers, 2);
	close_bench(&b);
}

/* ── Why ──────────────────────────────────────────────────────────────── */

static void put_name(void *ctx, uint64_t step, struct buf *out)
{
	(void)ctx;
	buf_printf(out, "step%u", step_id_index(step));
}

static void assert_why(const struct bench *b, uint64_t step, const char *expected)
{
	struct buf out = BUF_INIT;

	assert_int_equal(engine_why(b->e, step, put_name, NULL, b->now, &out), 0);
	assert_string_equal(buf_str(&out), expected);
	buf_finish(&out);
}

static void every_state_has_an_answer_to_why(void **state)
{
	struct sketch k;
	struct bench b;

	(void)state;
	open_bench(&b, 1);
	add_worker(&b, SESSION, "w1", 2);
	sketch_init(&k, 1, 4);
	k.placements[0].demand.gpus = 2;
	k.placements[1].demand.gpus = 1;
	edge(&k, 0, 2, false);
	k.specs[3].is_finally = true;
	submit(&b, &k);
	assert_why(&b, step_id(1, 0), "it is about to start on w1");
	assert_why(&b, step_id(1, 1),
		   "it waits for a worker: on here, 0 of 2 GPUs free, 1 needed");
	assert_why(&b, step_id(1, 2), "it waits for step0 (leased)");
	assert_why(&b, step_id(1, 3),
		   "it waits for the other steps to end: 3 have not (finally)");
	run_to(&b, step_id(1, 0), OUTCOME_FAILED);
	assert_why(&b, step_id(1, 0), "it is failed: the command exited with a code other than 0");
	assert_why(&b, step_id(1, 2), "it needs step0, which is failed: "
				      "the command exited with a code other than 0");
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_runs_in_order),
		cmocka_unit_test(a_failure_skips_what_needs_it_at_once),
		cmocka_unit_test(an_allowed_failure_is_done_for_order_and_not_for_data),
		cmocka_unit_test(fail_fast_cancels_the_matrix),
		cmocka_unit_test(a_failure_is_tried_again_after_a_pause),
		cmocka_unit_test(a_lost_worker_is_not_the_steps_fault_three_times),
		cmocka_unit_test(a_manual_step_starts_once_and_is_lost),
		cmocka_unit_test(two_steps_never_share_a_gpu),
		cmocka_unit_test(what_fits_nowhere_fails_at_once),
		cmocka_unit_test(short_steps_are_given_ahead),
		cmocka_unit_test(max_parallel_holds),
		cmocka_unit_test(higher_priority_goes_first),
		cmocka_unit_test(a_group_queues_replaces_skips_and_supersedes),
		cmocka_unit_test(cancel_lets_finally_run),
		cmocka_unit_test(a_restart_goes_on_where_the_record_ends),
		cmocka_unit_test(an_attempt_without_a_session_ends_at_once),
		cmocka_unit_test(workers_that_may_come_back_are_not_replaced),
		cmocka_unit_test(every_state_has_an_answer_to_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
