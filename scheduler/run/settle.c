/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c - what follows from the end of a step
 *
 * Each end is passed on once, from run->ended, in the order in which steps ended:
 *   1. every child has one open parent less; one that must not run is skipped,
 *      one with none left is asked for its resolution;
 *   2. a failure marks the run, and by fail_fast cancels the matrix;
 *   3. the last end outside `finally` opens the `finally` steps;
 *   4. the last end of all ends the run.
 * A child is skipped by the first parent that makes it so: whoever looks should
 * not see it wait for hours for the others.
 */
#include "base/log.h"
#include "scheduler/run/run_priv.h"

static bool state_is_failure(enum step_state s)
{
	return s == STEP_STATE_FAILED || s == STEP_STATE_TIMED_OUT || s == STEP_STATE_LOST;
}

bool run_step_is_failure(const struct run *run, uint32_t index)
{
	return state_is_failure(run->steps[index].state) &&
	       !run_step_spec(run, index)->allow_failure;
}

bool run_parent_blocks(const struct run *run, uint32_t parent, uint32_t child, bool data)
{
	enum step_state state = run->steps[parent].state;

	if (step_state_is_success(state))
		return false;
	if (data)
		return true;
	if (run_step_spec(run, child)->is_finally)
		return false;
	return !(state_is_failure(state) && run_step_spec(run, parent)->allow_failure);
}

/* One open parent less. */
static void unblock(struct run *run, uint32_t index)
{
	struct run_step *s = &run->steps[index];

	BUG_ON(s->nblock == 0);
	if (--s->nblock == 0 && s->state == STEP_STATE_WAITING)
		run_note(run, RUN_NOTE_RESOLVE, index, s->state);
}

static void release_children(struct run *run, uint32_t parent)
{
	for (uint32_t i = run->child_at[parent]; i < run->child_at[parent + 1]; i++) {
		uint32_t child = run->children[i] & RUN_PARENT_INDEX;
		bool data = run->children[i] & RUN_PARENT_DATA;

		if (run->steps[child].state == STEP_STATE_WAITING &&
		    run_parent_blocks(run, parent, child, data))
			run_move(run, child, STEP_EVENT_UPSTREAM, REASON_UPSTREAM);
		unblock(run, child);
	}
}

void run_open_finally(struct run *run)
{
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run_step_spec(run, i)->is_finally)
			unblock(run, i);
}

static void stop_siblings(struct run *run, uint32_t index)
{
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->steps[i].spec == run->steps[index].spec)
			run_stop_step(run, i, REASON_FAIL_FAST);
}

static void blame(struct run *run, uint32_t index)
{
	if (run->culprit == run->step_count) {
		run->culprit = index;
		run->reason = run->steps[index].reason;
	}
	if (run_step_spec(run, index)->fail_fast)
		stop_siblings(run, index);
}

static void pass_on(struct run *run, uint32_t index)
{
	run->open--;
	release_children(run, index);
	if (run_step_is_failure(run, index))
		blame(run, index);
	if (!run_step_spec(run, index)->is_finally && --run->open_main == 0)
		run_open_finally(run);
}

static void end_run(struct run *run)
{
	if (run->culprit < run->step_count) {
		run_advance(run, RUN_EVENT_FAILED);
	} else if (run->cancel) {
		run->reason = run->cancel_reason;
		run_advance(run, RUN_EVENT_CANCELLED);
	} else {
		run_advance(run, RUN_EVENT_SUCCEEDED);
	}
}

void run_settle(struct run *run)
{
	/* The list grows while it is walked. */
	for (size_t i = 0; i < run->ended_count; i++)
		pass_on(run, run->ended[i]);
	run->ended_count = 0;
	if (run->open == 0 && !run_state_is_terminal(run->state))
		end_run(run);
}
