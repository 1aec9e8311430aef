/* SPDX-License-Identifier: Apache-2.0 */
/* failures.c - the failures of a run that had ended before anybody followed it */
#include "cli/failures.h"

#include "cli/progress/run_view.h"
#include "cli/progress/summary.h"
#include "cli/talk.h"

static bool is_failure(enum step_state state)
{
	return state == STEP_STATE_FAILED || state == STEP_STATE_TIMED_OUT ||
	       state == STEP_STATE_LOST;
}

static json_t *failure_of(struct talk *c, const struct run_view *v, const struct view_step *step)
{
	json_t *failure = json_pack("{s:s, s:s, s:s}", "step", step->name, "state",
				    step_state_name(step->state), "message", step->message);
	json_t *args = json_pack("{s:I, s:s}", "run", (json_int_t)v->run, "step", step->name);
	json_t *why = NULL;

	if (talk_call(c, "run.why", args, &why, NULL) == 0)
		json_object_set(failure, "tail", json_object_get(why, "tail"));
	json_decref(why);
	return failure;
}

json_t *failures_ask(struct talk *c, const struct run_view *v)
{
	json_t *failures = json_array();

	for (size_t i = 0; i < v->count && json_array_size(failures) < SUMMARY_FAILURES; i++)
		if (is_failure(v->steps[i].state))
			json_array_append_new(failures, failure_of(c, v, &v->steps[i]));
	return failures;
}
