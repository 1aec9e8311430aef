/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c - a run as lines that are only ever appended: for pipes and CI */
#include "cli/progress/plain.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/output/look.h"

static void write_counter(const struct run_view *v, struct buf *out)
{
	int width = snprintf(NULL, 0, "%zu", v->count);

	buf_printf(out, "[%*zu/%zu] ", width, v->done, v->count);
}

static bool is_tried_again(const struct view_step *step, enum step_state before)
{
	return (before == STEP_STATE_RUNNING || before == STEP_STATE_LEASED) &&
	       (step->state == STEP_STATE_WAITING || step->state == STEP_STATE_READY) &&
	       step->attempt > 0;
}

static void write_ended(const struct view_step *step, struct buf *out)
{
	int64_t ms = view_step_ms(step, step->finished_ms);

	if (step->state == STEP_STATE_CACHED && *step->cached_from)
		buf_printf(out, " from run %.*s", (int)strcspn(step->cached_from, "/"),
			   step->cached_from);
	else if (ms > 0) {
		buf_char(out, ' ');
		str_format_duration(out, ms);
	}
	if (step_state_is_success(step->state)) {
		if (*step->metrics)
			buf_printf(out, " %s", step->metrics);
	} else if (*step->message && !str_eq(step->message, step_state_name(step->state))) {
		buf_printf(out, ": %s", step->message);
	}
}

void plain_step(const struct run_view *v, const struct view_step *step, enum step_state before,
		bool colored, struct buf *out)
{
	bool is_over = step_state_is_terminal(step->state);

	if (!is_over && step->state != STEP_STATE_BLOCKED && !is_tried_again(step, before))
		return;
	write_counter(v, out);
	buf_printf(out, "%s ", step->name);
	if (is_tried_again(step, before)) {
		buf_printf(out, "is tried again after attempt %lld", (long long)step->attempt);
		if (*step->message)
			buf_printf(out, ": %s", step->message);
	} else {
		color_append(out, colored, look_step_color(step->state),
			     step_state_name(step->state));
		write_ended(step, out);
	}
	buf_char(out, '\n');
}

void plain_heartbeat(const struct run_view *v, int64_t now_ms, struct buf *out)
{
	size_t shown = 0;

	if (v->in_state[STEP_STATE_RUNNING] == 0)
		return;
	write_counter(v, out);
	buf_str_append(out, "running: ");
	for (size_t i = 0; i < v->count && shown < PLAIN_HEARTBEAT_STEPS; i++) {
		if (v->steps[i].state != STEP_STATE_RUNNING)
			continue;
		buf_printf(out, "%s%s ", shown++ ? ", " : "", v->steps[i].name);
		str_format_duration(out, view_step_ms(&v->steps[i], now_ms));
	}
	if (v->in_state[STEP_STATE_RUNNING] > shown)
		buf_printf(out, " and %zu more", v->in_state[STEP_STATE_RUNNING] - shown);
	buf_char(out, '\n');
}
