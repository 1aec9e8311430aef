/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - how states look, and times as people read them */
#include "cli/output/look.h"

#include "base/buf.h"
#include "base/clock.h"

static const struct {
	const char *symbol, *ascii;
	enum color color;
} steps[STEP_STATE_COUNT] = {
	[STEP_STATE_WAITING] = { "·", ".", COLOR_DIM },
	[STEP_STATE_READY] = { "○", "o", COLOR_DIM },
	[STEP_STATE_LEASED] = { "○", "o", COLOR_CYAN },
	[STEP_STATE_RUNNING] = { "●", "*", COLOR_CYAN },
	[STEP_STATE_SUCCEEDED] = { "✓", "+", COLOR_GREEN },
	[STEP_STATE_CACHED] = { "=", "=", COLOR_GREEN },
	[STEP_STATE_FAILED] = { "✗", "x", COLOR_RED },
	[STEP_STATE_SKIPPED] = { "-", "-", COLOR_DIM },
	[STEP_STATE_CANCELLED] = { "-", "-", COLOR_YELLOW },
	[STEP_STATE_TIMED_OUT] = { "✗", "x", COLOR_RED },
	[STEP_STATE_LOST] = { "?", "?", COLOR_RED },
	[STEP_STATE_BLOCKED] = { "!", "!", COLOR_YELLOW },
};

static const enum color runs[RUN_STATE_COUNT] = {
	[RUN_STATE_QUEUED] = COLOR_DIM,
	[RUN_STATE_RUNNING] = COLOR_CYAN,
	[RUN_STATE_SUCCEEDED] = COLOR_GREEN,
	[RUN_STATE_FAILED] = COLOR_RED,
	[RUN_STATE_CANCELLED] = COLOR_YELLOW,
};

const char *look_step_symbol(enum step_state state, bool utf8)
{
	return utf8 ? steps[state].symbol : steps[state].ascii;
}

enum color look_step_color(enum step_state state)
{
	return steps[state].color;
}

enum color look_state_color(const char *state)
{
	enum step_state step;
	enum run_state run;

	if (step_state_parse(state, &step) == 0)
		return steps[step].color;
	if (run_state_parse(state, &run) == 0)
		return runs[run];
	return COLOR_NONE;
}

void look_ago(struct buf *out, int64_t wall_ms, int64_t now_ms)
{
	int64_t seconds = (now_ms - wall_ms) / 1000;
	char date[CLOCK_RFC3339_SIZE];

	if (seconds < 5) {
		buf_str_append(out, "just now");
	} else if (seconds < 60) {
		buf_printf(out, "%ds ago", (int)seconds);
	} else if (seconds < 3600) {
		buf_printf(out, "%dm ago", (int)(seconds / 60));
	} else if (seconds < 24 * 3600) {
		buf_printf(out, "%dh ago", (int)(seconds / 3600));
	} else if (seconds < 31 * 24 * 3600) {
		buf_printf(out, "%dd ago", (int)(seconds / (24 * 3600)));
	} else {
		clock_rfc3339(wall_ms, date);
		buf_append(out, date, sizeof("2026-11-20") - 1);
	}
}
