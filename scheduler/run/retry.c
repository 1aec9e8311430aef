/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - what the end of an attempt means for its step
 *
 * Two allowances, kept apart. `retry.max` is what a failure may cost. An attempt
 * lost with its worker is not the step's fault: such a step gets RUN_LOST_RETRIES
 * attempts more, or retry.max where that is more and `on` names lost workers;
 * then it fails, so that a step that kills its workers comes to an end.
 *
 * A step that was told to stop is never tried again. Nor is one with on_lost:
 * manual, whatever its `retry` says: its command is started at most once.
 */
#include "scheduler/run/run.h"

uint32_t run_tries_left(const struct run *run, uint32_t index)
{
	const struct run_step_spec *spec = run_step_spec(run, index);
	uint32_t used = run->steps[index].failures;

	return !spec->on_lost_manual && used < spec->retry.max ? spec->retry.max - used : 0;
}

static bool has_exit_code(const struct run_retry *retry, int exit_code)
{
	for (size_t i = 0; i < retry->exit_code_count; i++)
		if (retry->exit_codes[i] == exit_code)
			return true;
	return false;
}

static bool is_retried(const struct run *run, uint32_t index, enum outcome outcome,
		       enum reason reason, int exit_code)
{
	const struct run_retry *retry = &run_step_spec(run, index)->retry;

	if (run_tries_left(run, index) == 0 || reason == REASON_GATE)
		return false;
	if (outcome == OUTCOME_RETRY)
		return true;
	if (outcome == OUTCOME_TIMED_OUT)
		return retry->on & RUN_RETRY_TIMED_OUT;
	return retry->on & RUN_RETRY_FAILED ||
	       (reason == REASON_EXIT_CODE && has_exit_code(retry, exit_code));
}

enum step_event run_outcome_event(const struct run *run, uint32_t index, enum outcome outcome,
				  enum reason reason, int exit_code)
{
	/* What ended well before the order to stop reached it did end well. */
	if (outcome == OUTCOME_SUCCEEDED)
		return STEP_EVENT_SUCCEEDED;
	if (outcome == OUTCOME_SKIPPED)
		return STEP_EVENT_SELF_SKIPPED;
	if (outcome == OUTCOME_CANCELLED || run->steps[index].cancel)
		return STEP_EVENT_STOPPED;
	if (is_retried(run, index, outcome, reason, exit_code))
		return STEP_EVENT_RETRIED;
	return outcome == OUTCOME_TIMED_OUT ? STEP_EVENT_TIMED_OUT : STEP_EVENT_FAILED;
}

enum step_event run_lost_event(const struct run *run, uint32_t index)
{
	const struct run_step_spec *spec = run_step_spec(run, index);
	const struct run_step *s = &run->steps[index];
	uint32_t max = RUN_LOST_RETRIES;

	if (spec->on_lost_manual)
		return STEP_EVENT_LOST;
	if (s->cancel)
		return STEP_EVENT_STOPPED;
	if (spec->retry.on & RUN_RETRY_LOST && spec->retry.max > max)
		max = spec->retry.max;
	return s->lost < max ? STEP_EVENT_RETRIED : STEP_EVENT_FAILED;
}

/* A good mixer of 64 bits: the finaliser of splitmix64. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

int64_t run_backoff_ms(const struct run *run, uint32_t index)
{
	int64_t delay = run_step_spec(run, index)->retry.backoff_ms;
	uint32_t failures = run->steps[index].failures;

	for (uint32_t i = 1; i < failures && delay < RUN_BACKOFF_MAX_MS; i++)
		delay *= 2;
	if (delay > RUN_BACKOFF_MAX_MS)
		delay = RUN_BACKOFF_MAX_MS;
	if (delay < 4)
		return delay;
	return delay - (int64_t)(mix(step_id(run->number, index) + failures) % (delay / 4));
}
