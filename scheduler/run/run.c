/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - a run: built from its spec, moved by events, brought back from records
 *
 * Owns the arrays of steps and edges. What follows from the end of a step is in
 * settle.c; no function here or there recurses, so a chain may be as long as the
 * format allows.
 */
#include "scheduler/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/run/run_priv.h"

/* The edges turned round: child_at by counting, children filled in order of the
 * children's indexes, so that releases happen in that order. */
static void build_children(struct run *run)
{
	uint32_t edges = run->parent_at[run->step_count];
	uint32_t *at;

	run->child_at = arena_array(&run->arena, run->step_count + 1, sizeof(*run->child_at));
	run->children = arena_array(&run->arena, edges, sizeof(*run->children));
	for (uint32_t i = 0; i < edges; i++)
		run->child_at[(run->parents[i] & RUN_PARENT_INDEX) + 1]++;
	for (uint32_t i = 0; i < run->step_count; i++)
		run->child_at[i + 1] += run->child_at[i];
	at = mem_array(run->step_count, sizeof(*at));
	memcpy(at, run->child_at, run->step_count * sizeof(*at));
	for (uint32_t child = 0; child < run->step_count; child++) {
		for (uint32_t i = run->parent_at[child]; i < run->parent_at[child + 1]; i++) {
			uint32_t edge = run->parents[i];

			run->children[at[edge & RUN_PARENT_INDEX]++] =
				child | (edge & RUN_PARENT_DATA);
		}
	}
	free(at);
}

static void copy_specs(struct run *run, const struct run_spec *spec)
{
	run->spec_count = spec->spec_count;
	run->specs = arena_copy(&run->arena, spec->specs, spec->spec_count * sizeof(*spec->specs));
	for (uint32_t i = 0; i < run->spec_count; i++) {
		struct run_retry *r = &run->specs[i].retry;

		r->exit_codes = arena_copy(&run->arena, r->exit_codes,
					   r->exit_code_count * sizeof(*r->exit_codes));
	}
}

static void init_steps(struct run *run, const struct run_spec *spec)
{
	run->steps = mem_array(run->step_count, sizeof(*run->steps));
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct run_step *s = &run->steps[i];

		BUG_ON(spec->spec_of[i] >= run->spec_count);
		s->spec = spec->spec_of[i];
		s->nblock = run->parent_at[i + 1] - run->parent_at[i];
		if (run_step_spec(run, i)->is_finally)
			s->nblock++;
		else
			run->open_main++;
	}
}

struct run *run_create(const struct run_spec *spec)
{
	struct run *run = mem_alloc(sizeof(*run));

	run->number = spec->number;
	run->step_count = run->open = run->culprit = spec->step_count;
	run->counts[STEP_STATE_WAITING] = spec->step_count;
	run->parent_at = arena_copy(&run->arena, spec->parent_at,
				    (spec->step_count + 1) * sizeof(*spec->parent_at));
	run->parents = arena_copy(&run->arena, spec->parents,
				  run->parent_at[spec->step_count] * sizeof(*spec->parents));
	copy_specs(run, spec);
	init_steps(run, spec);
	build_children(run);
	return run;
}

void run_destroy(struct run *run)
{
	if (!run)
		return;
	arena_finish(&run->arena);
	free(run->steps);
	free(run->ended);
	free(run->notes);
	free(run);
}

void run_note(struct run *run, enum run_note_kind kind, uint32_t index, enum step_state from)
{
	run->notes = mem_grow(run->notes, &run->note_cap, run->note_count + 1,
			      sizeof(*run->notes));
	run->notes[run->note_count++] = (struct run_note){
		.index = index,
		.kind = kind,
		.from = from,
		.to = index < run->step_count ? run->steps[index].state : from,
	};
}

void run_advance(struct run *run, enum run_event event)
{
	int to = run_next(event, run->state);

	BUG_ON(to < 0);
	run->state = to;
	run_note(run, RUN_NOTE_RUN, 0, STEP_STATE_WAITING);
	if (run_state_is_terminal(run->state))
		run_note(run, RUN_NOTE_ENDED, 0, STEP_STATE_WAITING);
}

/* The counters of one attempt's fate. */
static void count_attempt(struct run_step *s, enum step_event event, enum reason reason)
{
	if (event == STEP_EVENT_GRANTED && s->attempts < UINT16_MAX)
		s->attempts++;
	if (event == STEP_EVENT_RETURNED && s->attempts)
		s->attempts--;
	if (event != STEP_EVENT_RETRIED)
		return;
	if (reason == REASON_WORKER_LOST)
		s->lost += s->lost < UINT8_MAX;
	else
		s->failures += s->failures < UINT8_MAX;
}

static void push_ended(struct run *run, uint32_t index)
{
	run->ended = mem_grow(run->ended, &run->ended_cap, run->ended_count + 1,
			      sizeof(*run->ended));
	run->ended[run->ended_count++] = index;
}

static bool is_with_worker(enum step_state s)
{
	return s == STEP_STATE_LEASED || s == STEP_STATE_RUNNING;
}

bool run_move(struct run *run, uint32_t index, enum step_event event, enum reason reason)
{
	struct run_step *s = &run->steps[index];
	enum step_state from = s->state;
	int to = step_next(event, from);

	if (to == STEP_NEXT_IMPOSSIBLE)
		log_error("run %llu: step instance %u is %s, where \"%s\" cannot happen",
			  (unsigned long long)run->number, index, step_state_name(from),
			  step_event_name(event));
	if (to < 0)
		return false;
	count_attempt(s, event, reason);
	s->state = to;
	if (!s->cancel || to != STEP_STATE_RUNNING)
		s->reason = reason; /* why it is to stop is not forgotten when it starts */
	s->cancel &= is_with_worker(to);
	run->counts[from]--;
	run->counts[to]++;
	run_note(run, RUN_NOTE_CHANGED, index, from);
	if (step_state_is_terminal(to))
		push_ended(run, index);
	return true;
}

bool run_apply(struct run *run, uint32_t index, enum step_event event, enum reason reason)
{
	bool moved = run_move(run, index, event, reason);

	run_settle(run);
	return moved;
}

void run_stop_step(struct run *run, uint32_t index, enum reason reason)
{
	struct run_step *s = &run->steps[index];

	if (!is_with_worker(s->state)) {
		run_move(run, index, STEP_EVENT_CANCELLED, reason);
		return;
	}
	if (s->cancel)
		return;
	s->cancel = true;
	s->reason = reason;
	run_note(run, RUN_NOTE_CHANGED, index, s->state);
	run_note(run, RUN_NOTE_STOP, index, s->state);
}

static void stop_steps(struct run *run)
{
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->cancel_finally || !run_step_spec(run, i)->is_finally)
			run_stop_step(run, i, run->cancel_reason);
}

void run_cancel(struct run *run, enum reason reason, bool finally_too)
{
	if (run_state_is_terminal(run->state))
		return;
	if (!run->cancel)
		run->cancel_reason = reason;
	run->cancel = true;
	run->cancel_finally |= finally_too || run->state == RUN_STATE_QUEUED;
	run_note(run, RUN_NOTE_RUN, 0, STEP_STATE_WAITING);
	stop_steps(run);
	run_settle(run);
}

/* Asks for the resolution of what waits for nobody; of the `finally` steps, too,
 * where there are no others. */
static void release_first(struct run *run)
{
	for (uint32_t i = 0; i < run->step_count; i++)
		if (run->steps[i].state == STEP_STATE_WAITING && run->steps[i].nblock == 0)
			run_note(run, RUN_NOTE_RESOLVE, i, STEP_STATE_WAITING);
	if (run->open_main == 0)
		run_open_finally(run);
}

void run_start(struct run *run)
{
	run_advance(run, RUN_EVENT_STARTED);
	release_first(run);
	run_settle(run);
}

/* Whoever ended is passed on as if it had ended just now, in order of index; so
 * a child whose last parent that is gets its RESOLVE. */
void run_replay(struct run *run, enum run_state state)
{
	run->state = state;
	memset(run->counts, 0, sizeof(run->counts));
	for (uint32_t i = 0; i < run->step_count; i++) {
		run->counts[run->steps[i].state]++;
		if (step_state_is_terminal(run->steps[i].state))
			push_ended(run, i);
	}
	if (state == RUN_STATE_RUNNING)
		release_first(run);
	if (run->cancel)
		stop_steps(run);
	run_settle(run);
}
