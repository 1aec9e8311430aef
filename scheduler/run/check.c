/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - the invariants of STATES.md, executed
 *
 * Everything derived is computed once more from the states and the edges.
 */
#include <string.h>

#include "scheduler/run/run_priv.h"

static bool is_open(const struct run *run, uint32_t index)
{
	return !step_state_is_terminal(run->steps[index].state);
}

static const char *check_step(const struct run *run, uint32_t index)
{
	const struct run_step *s = &run->steps[index];
	uint32_t open = run_step_spec(run, index)->is_finally && run->open_main > 0;
	bool blocked = false;

	for (uint32_t i = run->parent_at[index]; i < run->parent_at[index + 1]; i++) {
		uint32_t parent = run->parents[i] & RUN_PARENT_INDEX;

		if (is_open(run, parent))
			open++;
		else if (run_parent_blocks(run, parent, index, run->parents[i] & RUN_PARENT_DATA))
			blocked = true;
	}
	if (s->nblock != open)
		return "a step's counter is not the number of its open parents";
	if (s->state == STEP_STATE_WAITING && blocked)
		return "a step waits that a parent keeps from running";
	if (s->state != STEP_STATE_WAITING && !step_state_is_terminal(s->state) &&
	    (open || blocked))
		return "a step went on before its parents were done";
	if (s->state == STEP_STATE_SUCCEEDED && (open || blocked))
		return "a step succeeded before its parents were done";
	if (s->cancel && s->state != STEP_STATE_LEASED && s->state != STEP_STATE_RUNNING)
		return "a step that no worker has is to stop";
	return NULL;
}

static const char *check_ends(const struct run *run)
{
	bool failed = false;

	for (uint32_t i = 0; i < run->step_count; i++)
		failed |= run_step_is_failure(run, i);
	if (failed != (run->culprit < run->step_count))
		return "the run does not know its failed step";
	if (run_state_is_terminal(run->state) != (run->open == 0))
		return "the run has ended before its steps, or after";
	if (failed && run->open == 0 && run->state != RUN_STATE_FAILED)
		return "a run with a failed step did not fail";
	if (run->state == RUN_STATE_SUCCEEDED && run->cancel)
		return "a cancelled run succeeded";
	return NULL;
}

const char *run_check(const struct run *run)
{
	uint32_t counts[STEP_STATE_COUNT] = { 0 };
	uint32_t open = 0, open_main = 0;
	const char *broken;

	for (uint32_t i = 0; i < run->step_count; i++) {
		counts[run->steps[i].state]++;
		open += is_open(run, i);
		open_main += is_open(run, i) && !run_step_spec(run, i)->is_finally;
	}
	if (memcmp(counts, run->counts, sizeof(counts)) != 0)
		return "the counts of states do not add up";
	if (open != run->open || open_main != run->open_main)
		return "the counts of open steps do not add up";
	for (uint32_t i = 0; i < run->step_count; i++) {
		broken = check_step(run, i);
		if (broken)
			return broken;
	}
	return check_ends(run);
}
