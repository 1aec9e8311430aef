/* SPDX-License-Identifier: Apache-2.0 */
/* run_view.h - what is known of a run that is being followed
 *
 * Filled from the events of run.follow, read by the renderers. All texts are
 * printable already: names and log lines come from strangers.
 */
#ifndef INGOT_CLI_PROGRESS_RUN_VIEW_H
#define INGOT_CLI_PROGRESS_RUN_VIEW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "store/records/states.h"

struct view_step {
	char *name; /* of the instance */
	char *job;  /* of the step as it was written */
	enum step_state state;
	int64_t attempt;     /* attempts so far */
	int64_t started_ms;  /* wall clock; 0: not yet; so below */
	int64_t finished_ms;
	char *message;       /* why it is in its state; "" */
	char *cached_from;   /* "41/prepare"; "" */
	char *metrics;       /* "accuracy=0.97"; "" */
	char *tail;          /* the last line of its log; "" */
};

struct run_view {
	int64_t run;
	char *pipeline, *branch, *commit; /* the commit's first digits */
	enum run_state state;
	char *reason; /* by name; "" */
	int64_t created_ms, started_ms, finished_ms;
	struct view_step *steps; /* in the order of the plan: instances of a step in a row */
	size_t count, cap;
	struct map by_name;      /* index + 1 */
	size_t in_state[STEP_STATE_COUNT];
	size_t done;             /* steps in a terminal state */
};

/* Called for each step that came into another state. before: STEP_STATE_COUNT where
 * the step was not known. */
typedef void run_view_changed(void *arg, const struct run_view *v, const struct view_step *step,
			      enum step_state before);

void run_view_init(struct run_view *v, int64_t run);
void run_view_finish(struct run_view *v);
/* Takes in an event of run.follow; changed may be NULL. */
void run_view_event(struct run_view *v, const json_t *event, run_view_changed *changed, void *arg);
/* Takes in a run without its steps. */
void run_view_run(struct run_view *v, const json_t *run);

/* Milliseconds that it has taken so far, or took; 0 if it has not started. */
int64_t view_step_ms(const struct view_step *step, int64_t now_ms);
int64_t run_view_ms(const struct run_view *v, int64_t now_ms);

#endif
