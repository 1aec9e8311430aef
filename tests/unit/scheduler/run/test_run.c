/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c - histories of one run, written down and replayed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "scheduler/run/run.h"

enum { STEPS_MAX = 8 };

struct edge {
	uint32_t parent, child;
	bool data;
};

/* A run of `count` steps, each of its own spec; edges in order of children. */
static struct run *make(const struct run_step_spec *specs, uint32_t count,
			const struct edge *edges, size_t edge_count)
{
	uint32_t spec_of[STEPS_MAX], parent_at[STEPS_MAX + 1] = { 0 }, parents[STEPS_MAX * 2];
	struct run_spec spec = {
		.number = 7, .specs = specs, .spec_count = count, .spec_of = spec_of,
		.step_count = count, .parent_at = parent_at, .parents = parents,
	};
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		spec_of[i] = i;
		while (at < edge_count && edges[at].child == i) {
			parents[at] = edges[at].parent | (edges[at].data ? RUN_PARENT_DATA : 0);
			at++;
		}
		parent_at[i + 1] = (uint32_t)at;
	}
	return run_create(&spec);
}

struct said {
	uint32_t index;
	enum step_event event;
};

static void play(struct run *run, const struct said *history, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(run_apply(run, history[i].index, history[i].event, REASON_NONE));
		assert_string_equal(run_check(run) ? run_check(run) : "", "");
	}
}

static void assert_step(const struct run *run, uint32_t index, enum step_state state)
{
	assert_string_equal(step_state_name(run->steps[index].state), step_state_name(state));
}

static size_t count_notes(const struct run *run, enum run_note_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < run->note_count; i++)
		count += run->notes[i].kind == kind;
	return count;
}

/* ── The tables ───────────────────────────────────────────────────────── */

static void no_event_moves_a_step_that_has_ended(void **state)
{
	(void)state;
	for (int event = 0; event < STEP_EVENT_COUNT; event++)
		for (int from = 0; from < STEP_STATE_COUNT; from++)
			if (step_state_is_terminal(from))
				assert_true(step_next(event, from) < 0);
}

static void only_workers_words_lead_out_of_running(void **state)
{
	(void)state;
	assert_int_equal(step_next(STEP_EVENT_CANCELLED, STEP_STATE_RUNNING),
			 STEP_NEXT_IMPOSSIBLE);
	assert_int_equal(step_next(STEP_EVENT_STARTED, STEP_STATE_RUNNING), STEP_NEXT_NOP);
	assert_int_equal(step_next(STEP_EVENT_LOST, STEP_STATE_RUNNING), STEP_STATE_LOST);
	assert_int_equal(step_next(STEP_EVENT_SUCCEEDED, STEP_STATE_LEASED), STEP_NEXT_IMPOSSIBLE);
	assert_int_equal(run_next(RUN_EVENT_STARTED, RUN_STATE_RUNNING), STEP_NEXT_IMPOSSIBLE);
	assert_int_equal(run_next(RUN_EVENT_CANCELLED, RUN_STATE_QUEUED), RUN_STATE_CANCELLED);
}

static void what_cannot_happen_changes_nothing(void **state)
{
	const struct run_step_spec specs[1] = { { .retry.max = 1 } };
	struct run *run = make(specs, 1, NULL, 0);

	(void)state;
	run_start(run);
	run->note_count = 0;
	assert_false(run_apply(run, 0, STEP_EVENT_SUCCEEDED, REASON_NONE));
	assert_step(run, 0, STEP_STATE_WAITING);
	assert_int_equal(run->note_count, 0);
	run_destroy(run);
}

/* ── Graphs ───────────────────────────────────────────────────────────── */

static void children_are_released_once_by_the_last_parent(void **state)
{
	static const struct run_step_spec specs[3];
	const struct edge edges[] = { { 0, 2, true }, { 1, 2, false } };
	const struct said first[] = {
		{ 0, STEP_EVENT_RESOLVED_CACHED }, { 1, STEP_EVENT_RESOLVED_RUN },
		{ 1, STEP_EVENT_GRANTED }, { 1, STEP_EVENT_STARTED },
	};
	struct run *run = make(specs, 3, edges, countof(edges));

	(void)state;
	run_start(run);
	assert_int_equal(count_notes(run, RUN_NOTE_RESOLVE), 2);
	run->note_count = 0;
	play(run, first, countof(first));
	assert_int_equal(count_notes(run, RUN_NOTE_RESOLVE), 0);
	assert_true(run_apply(run, 1, STEP_EVENT_SUCCEEDED, REASON_NONE));
	assert_false(run_apply(run, 1, STEP_EVENT_CANCELLED, REASON_NONE));
	assert_int_equal(count_notes(run, RUN_NOTE_RESOLVE), 1);
	assert_int_equal(run->steps[2].nblock, 0);
	run_destroy(run);
}

static void a_long_chain_is_skipped_without_recursion(void **state)
{
	enum { LENGTH = 200000 };
	struct run_step_spec spec = { 0 };
	uint32_t *spec_of = mem_array(LENGTH, sizeof(*spec_of));
	uint32_t *parent_at = mem_array(LENGTH + 1, sizeof(*parent_at));
	uint32_t *parents = mem_array(LENGTH, sizeof(*parents));
	struct run_spec chain = {
		.number = 1, .specs = &spec, .spec_count = 1, .spec_of = spec_of,
		.step_count = LENGTH, .parent_at = parent_at, .parents = parents,
	};
	struct run *run;

	(void)state;
	for (uint32_t i = 1; i < LENGTH; i++) {
		parents[i - 1] = i - 1;
		parent_at[i + 1] = i;
	}
	run = run_create(&chain);
	run_start(run);
	run_apply(run, 0, STEP_EVENT_RESOLVED_FAILED, REASON_INPUT);
	assert_int_equal(run->counts[STEP_STATE_SKIPPED], LENGTH - 1);
	assert_int_equal(run->state, RUN_STATE_FAILED);
	assert_int_equal(run->reason, REASON_INPUT);
	assert_int_equal(run->culprit, 0);
	run_destroy(run);
	free(spec_of);
	free(parent_at);
	free(parents);
}

static void finally_runs_after_a_cancel_and_minds_data(void **state)
{
	const struct run_step_spec specs[3] = {
		[1] = { .is_finally = true },
		[2] = { .is_finally = true },
	};
	const struct edge edges[] = { { 0, 1, false }, { 0, 2, true } };
	const struct said end[] = {
		{ 1, STEP_EVENT_RESOLVED_RUN }, { 1, STEP_EVENT_GRANTED },
		{ 1, STEP_EVENT_STARTED }, { 1, STEP_EVENT_SUCCEEDED },
	};
	struct run *run = make(specs, 3, edges, countof(edges));

	(void)state;
	run_start(run);
	run_cancel(run, REASON_RUN_CANCELLED, false);
	assert_step(run, 0, STEP_STATE_CANCELLED);
	assert_step(run, 1, STEP_STATE_WAITING);
	assert_step(run, 2, STEP_STATE_SKIPPED);
	play(run, end, countof(end));
	assert_int_equal(run->state, RUN_STATE_CANCELLED);
	assert_int_equal(run->reason, REASON_RUN_CANCELLED);
	assert_int_equal(count_notes(run, RUN_NOTE_ENDED), 1);
	run_destroy(run);
}

static void cancelled_while_queued_runs_nothing(void **state)
{
	const struct run_step_spec specs[2] = { [1] = { .is_finally = true } };
	struct run *run = make(specs, 2, NULL, 0);

	(void)state;
	run_cancel(run, REASON_SUPERSEDED, false);
	assert_int_equal(run->counts[STEP_STATE_CANCELLED], 2);
	assert_int_equal(run->state, RUN_STATE_CANCELLED);
	run_destroy(run);
}

static void an_empty_run_succeeds(void **state)
{
	struct run *run = make(NULL, 0, NULL, 0);

	(void)state;
	run_start(run);
	assert_int_equal(run->state, RUN_STATE_SUCCEEDED);
	run_destroy(run);
}

/* ── Attempts ─────────────────────────────────────────────────────────── */

static void outcomes_cost_what_the_definition_says(void **state)
{
	static const int codes[] = { 9 };
	const struct run_step_spec specs[3] = {
		{ .retry = { .max = 1, .on = RUN_RETRY_TIMED_OUT, .exit_codes = codes,
			     .exit_code_count = 1 } },
		{ .retry = { .max = 1, .on = RUN_RETRY_FAILED } },
		{ .retry = { .max = 5, .on = RUN_RETRY_FAILED }, .on_lost_manual = true },
	};
	static const struct {
		uint32_t index;
		enum outcome outcome;
		enum reason reason;
		int exit_code;
		enum step_event expected;
	} rows[] = {
		{ 0, OUTCOME_FAILED, REASON_EXIT_CODE, 1, STEP_EVENT_FAILED },
		{ 0, OUTCOME_FAILED, REASON_EXIT_CODE, 9, STEP_EVENT_RETRIED },
		{ 0, OUTCOME_FAILED, REASON_OUTPUT, 9, STEP_EVENT_FAILED },
		{ 0, OUTCOME_TIMED_OUT, REASON_TIMEOUT, 0, STEP_EVENT_RETRIED },
		{ 0, OUTCOME_RETRY, REASON_EXIT_CODE, 75, STEP_EVENT_RETRIED },
		{ 0, OUTCOME_SKIPPED, REASON_SELF_SKIPPED, 77, STEP_EVENT_SELF_SKIPPED },
		{ 0, OUTCOME_SUCCEEDED, REASON_NONE, 0, STEP_EVENT_SUCCEEDED },
		{ 0, OUTCOME_CANCELLED, REASON_NONE, 0, STEP_EVENT_STOPPED },
		{ 1, OUTCOME_FAILED, REASON_OOM_KILLED, 137, STEP_EVENT_RETRIED },
		{ 1, OUTCOME_FAILED, REASON_GATE, 0, STEP_EVENT_FAILED },
		{ 1, OUTCOME_TIMED_OUT, REASON_TIMEOUT, 0, STEP_EVENT_TIMED_OUT },
		{ 2, OUTCOME_FAILED, REASON_EXIT_CODE, 1, STEP_EVENT_FAILED },
		{ 2, OUTCOME_RETRY, REASON_EXIT_CODE, 75, STEP_EVENT_FAILED },
	};
	struct run *run = make(specs, 3, NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(step_event_name(run_outcome_event(run, rows[i].index,
								      rows[i].outcome,
								      rows[i].reason,
								      rows[i].exit_code)),
				    step_event_name(rows[i].expected));
	run->steps[1].failures = 1;
	assert_int_equal(run_outcome_event(run, 1, OUTCOME_FAILED, REASON_EXIT_CODE, 1),
			 STEP_EVENT_FAILED);
	run->steps[0].cancel = true;
	assert_int_equal(run_outcome_event(run, 0, OUTCOME_RETRY, REASON_EXIT_CODE, 75),
			 STEP_EVENT_STOPPED);
	assert_int_equal(run_outcome_event(run, 0, OUTCOME_SUCCEEDED, REASON_NONE, 0),
			 STEP_EVENT_SUCCEEDED);
	run_destroy(run);
}

static void lost_workers_have_an_allowance_of_their_own(void **state)
{
	const struct run_step_spec specs[3] = {
		[1] = { .retry = { .max = 5, .on = RUN_RETRY_LOST } },
		[2] = { .on_lost_manual = true },
	};
	struct run *run = make(specs, 3, NULL, 0);

	(void)state;
	run->steps[0].lost = run->steps[1].lost = RUN_LOST_RETRIES;
	assert_int_equal(run_lost_event(run, 0), STEP_EVENT_FAILED);
	assert_int_equal(run_lost_event(run, 1), STEP_EVENT_RETRIED);
	assert_int_equal(run_lost_event(run, 2), STEP_EVENT_LOST);
	run->steps[0].lost = RUN_LOST_RETRIES - 1;
	assert_int_equal(run_lost_event(run, 0), STEP_EVENT_RETRIED);
	run->steps[0].cancel = true;
	assert_int_equal(run_lost_event(run, 0), STEP_EVENT_STOPPED);
	run_destroy(run);
}

static void back_off_doubles_to_an_hour(void **state)
{
	const struct run_step_spec specs[1] = { { .retry = { .max = 99, .backoff_ms = 1000 } } };
	struct run *run = make(specs, 1, NULL, 0);
	int64_t nominal = 1000;

	(void)state;
	for (uint8_t failures = 1; failures < 40; failures++) {
		int64_t delay;

		run->steps[0].failures = failures;
		delay = run_backoff_ms(run, 0);
		assert_int_equal(delay, run_backoff_ms(run, 0));
		assert_in_range(delay, nominal - nominal / 4, nominal);
		nominal = nominal * 2 > RUN_BACKOFF_MAX_MS ? RUN_BACKOFF_MAX_MS : nominal * 2;
	}
	run_destroy(run);
}

/* ── Coming back ──────────────────────────────────────────────────────── */

/* The record was cut between a failure and all that follows from it. */
static void replay_derives_what_the_record_lacks(void **state)
{
	const struct run_step_spec specs[4] = { [2] = { .is_finally = true } };
	const struct edge edges[] = { { 0, 1, true } };
	struct run *run = make(specs, 4, edges, countof(edges));

	(void)state;
	run->steps[0].state = STEP_STATE_FAILED;
	run->steps[0].reason = REASON_EXIT_CODE;
	run->steps[3].state = STEP_STATE_CACHED;
	run_replay(run, RUN_STATE_RUNNING);
	assert_string_equal(run_check(run) ? run_check(run) : "", "");
	assert_step(run, 1, STEP_STATE_SKIPPED);
	assert_int_equal(run->culprit, 0);
	assert_int_equal(count_notes(run, RUN_NOTE_RESOLVE), 1);
	assert_int_equal(run->steps[2].nblock, 0);
	assert_int_equal(run->state, RUN_STATE_RUNNING);
	run_destroy(run);
}

static void replay_of_a_cancel_stops_what_runs(void **state)
{
	static const struct run_step_spec specs[3];
	struct run *run = make(specs, 3, NULL, 0);

	(void)state;
	run->steps[0].state = STEP_STATE_RUNNING;
	run->steps[1].state = STEP_STATE_LEASED;
	run->cancel = true;
	run->cancel_reason = REASON_RUN_CANCELLED;
	run_replay(run, RUN_STATE_RUNNING);
	assert_int_equal(count_notes(run, RUN_NOTE_STOP), 2);
	assert_step(run, 2, STEP_STATE_CANCELLED);
	assert_true(run_apply(run, 1, STEP_EVENT_STOPPED, REASON_RUN_CANCELLED));
	assert_true(run_apply(run, 0, STEP_EVENT_STOPPED, REASON_RUN_CANCELLED));
	assert_int_equal(run->state, RUN_STATE_CANCELLED);
	run_destroy(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_event_moves_a_step_that_has_ended),
		cmocka_unit_test(only_workers_words_lead_out_of_running),
		cmocka_unit_test(what_cannot_happen_changes_nothing),
		cmocka_unit_test(children_are_released_once_by_the_last_parent),
		cmocka_unit_test(a_long_chain_is_skipped_without_recursion),
		cmocka_unit_test(finally_runs_after_a_cancel_and_minds_data),
		cmocka_unit_test(cancelled_while_queued_runs_nothing),
		cmocka_unit_test(an_empty_run_succeeds),
		cmocka_unit_test(outcomes_cost_what_the_definition_says),
		cmocka_unit_test(lost_workers_have_an_allowance_of_their_own),
		cmocka_unit_test(back_off_doubles_to_an_hour),
		cmocka_unit_test(replay_derives_what_the_record_lacks),
		cmocka_unit_test(replay_of_a_cancel_stops_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
