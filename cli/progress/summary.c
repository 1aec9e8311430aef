/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - what stays on the terminal when a run has ended */
#include "cli/progress/summary.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/fields.h"
#include "cli/output/look.h"
#include "cli/progress/run_view.h"
#include "cli/progress/tree.h"

static void write_printable(struct buf *out, const char *text)
{
	str_printable(out, text, strlen(text));
}

/* A message may have several lines: a gate's numbers, a traceback. */
static void write_lines(struct buf *out, const char *prefix, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_str_append(out, prefix);
		str_printable(out, text, len);
		buf_char(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void write_failure(const struct run_view *v, const json_t *failure, bool colored,
			  struct buf *out)
{
	const char *step = field_text(failure, "step");
	const char *message = field_text(failure, "message");
	const char *state = field_text(failure, "state");
	struct buf name = BUF_INIT;
	const json_t *line;
	size_t i;

	buf_char(out, '\n');
	color_append(out, colored, look_state_color(state), state);
	buf_char(out, ' ');
	write_printable(out, step);
	buf_char(out, '\n');
	write_lines(out, "  ", message);
	json_array_foreach(json_object_get(failure, "tail"), i, line)
		write_lines(out, "  | ", json_string_value(line));
	write_printable(&name, step);
	buf_printf(out, "  whole log: ingot logs %lld ", (long long)v->run);
	str_shell_quote(out, buf_str(&name));
	buf_char(out, '\n');
	buf_finish(&name);
}

static void write_failures(const struct run_view *v, const json_t *failures, bool colored,
			   struct buf *out)
{
	size_t count = json_array_size(failures);

	for (size_t i = 0; i < count && i < SUMMARY_FAILURES; i++)
		write_failure(v, json_array_get(failures, i), colored, out);
	if (count > SUMMARY_FAILURES)
		buf_printf(out, "\nand %zu failures more: ingot show %lld\n",
			   count - SUMMARY_FAILURES, (long long)v->run);
	if (count > 0)
		buf_char(out, '\n');
}

static void write_next(const struct run_view *v, struct buf *out)
{
	static const char *const next[RUN_STATE_COUNT] = {
		[RUN_STATE_QUEUED] = "ingot wait",
		[RUN_STATE_RUNNING] = "ingot wait",
		[RUN_STATE_SUCCEEDED] = "ingot show",
		[RUN_STATE_FAILED] = "ingot why",
		[RUN_STATE_CANCELLED] = "ingot retry",
	};

	buf_printf(out, "next: %s %lld\n", next[v->state], (long long)v->run);
}

void summary_render(const struct run_view *v, const json_t *failures, bool colored,
		    struct buf *out)
{
	const char *state = run_state_name(v->state);

	write_failures(v, failures, colored, out);
	buf_printf(out, "run %lld ", (long long)v->run);
	color_append(out, colored, look_state_color(state), state);
	buf_str_append(out, " in ");
	str_format_duration(out, run_view_ms(v, v->finished_ms));
	buf_str_append(out, ": ");
	tree_counts(v, out);
	buf_char(out, '\n');
	write_next(v, out);
}

/* 0 where the reason says nothing of its own. */
static int reason_code(const char *reason)
{
	if (str_eq(reason, reason_name(REASON_GATE)))
		return ERR_GATE;
	if (str_eq(reason, reason_name(REASON_TIMEOUT)))
		return ERR_TIMEOUT;
	return 0;
}

int summary_exit_code(const struct run_view *v, const json_t *failures)
{
	int code = reason_code(v->reason);
	const json_t *failure;
	size_t i;

	if (v->state == RUN_STATE_SUCCEEDED)
		return 0;
	if (v->state == RUN_STATE_CANCELLED)
		return err_exit_code(ERR_FAILED);
	if (code == 0 && json_array_size(failures) > 0) {
		code = reason_code(field_text(json_array_get(failures, 0), "reason"));
		json_array_foreach(failures, i, failure)
			if (reason_code(field_text(failure, "reason")) != code)
				code = 0;
	}
	return err_exit_code(code ? code : ERR_FAILED);
}
