/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_show.c - one run with its steps */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/look.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"
#include "cli/words.h"

enum { STEP, KIND, STATE, TIME, WORKER, NOTE };

static const struct table_column columns[] = {
	[STEP] = { "STEP", 0 },   [KIND] = { "KIND", 0 },
	[STATE] = { "STATE", 0 }, [TIME] = { "TIME", COLUMN_RIGHT },
	[WORKER] = { "WORKER", 0 }, [NOTE] = { "NOTE", COLUMN_CUT },
	{ 0 },
};

static void write_span(struct buf *out, const json_t *object, int64_t now_ms)
{
	int64_t started_ms = field_time_ms(object, "started_at");
	int64_t finished_ms = field_time_ms(object, "finished_at");

	if (started_ms)
		str_format_duration(out, (finished_ms ? finished_ms : now_ms) - started_ms);
}

/* Where it came from, what came of it, or why it did not. */
static void write_note(struct buf *out, const json_t *step)
{
	const char *from = field_text(step, "cached_from");
	const char *message = field_why(step);

	if (*from)
		buf_printf(out, "from run %.*s  ", (int)strcspn(from, "/"), from);
	field_metrics(out, json_object_get(step, "metrics"));
	if (*message) {
		buf_str_append(out, out->len > 0 ? "  " : "");
		str_printable(out, message, strlen(message));
	}
}

static void add_step(struct table *t, const json_t *step, int64_t now_ms)
{
	const char *state = field_text(step, "state");
	struct table_row *row = table_row(t, NULL);
	struct buf text = BUF_INIT;

	table_cell(row, STEP, COLOR_NONE, field_text(step, "name"));
	table_cell(row, KIND, COLOR_NONE, field_text(step, "kind"));
	table_cell(row, STATE, look_state_color(state), state);
	write_span(&text, step, now_ms);
	table_cell(row, TIME, COLOR_NONE, buf_str(&text));
	table_cell(row, WORKER, COLOR_NONE, field_text(step, "worker"));
	buf_clear(&text);
	write_note(&text, step);
	table_cell(row, NOTE, COLOR_NONE, buf_str(&text));
	buf_finish(&text);
}

static void write_line(struct buf *out, const char *label, const char *text)
{
	if (!*text)
		return;
	buf_printf(out, "%-11s ", label);
	str_printable(out, text, strlen(text));
	buf_char(out, '\n');
}

static void write_head(struct buf *out, const json_t *run, bool colored, int64_t now_ms)
{
	const char *state = field_text(run, "state");
	struct buf text = BUF_INIT;

	buf_printf(out, "%s run %lld ", field_text(run, "pipeline"),
		   (long long)field_int(run, "id"));
	color_append(out, colored, look_state_color(state), state);
	buf_str_append(out, "\n\n");
	write_line(out, "why", field_why(run));
	write_line(out, "repository", field_text(run, "repository"));
	write_line(out, "commit", field_text(run, "commit"));
	write_line(out, "ref", field_text(run, "ref"));
	write_line(out, "trigger", field_text(run, "trigger"));
	field_metrics(&text, json_object_get(run, "params"));
	write_line(out, "parameters", buf_str(&text));
	buf_clear(&text);
	look_ago(&text, field_time_ms(run, "created_at"), now_ms);
	write_line(out, "created", buf_str(&text));
	buf_clear(&text);
	write_span(&text, run, now_ms);
	write_line(out, "time", buf_str(&text));
	buf_char(out, '\n');
	buf_finish(&text);
}

static void print_run(const json_t *run, bool colored)
{
	struct table *t = table_create(columns, colored);
	int64_t now_ms = clock_wall_ms();
	struct buf head = BUF_INIT;
	const json_t *step;
	size_t i;

	write_head(&head, run, colored, now_ms);
	print_buf(&head);
	json_array_foreach(json_object_get(run, "steps"), i, step)
		add_step(t, step, now_ms);
	table_print(t);
	table_destroy(t);
}

static int run(const struct call *call, struct err *err)
{
	json_t *number = NULL, *shown = NULL;
	int rc = word_run(call->args[0], strlen(call->args[0]), &number, err);

	if (rc == 0)
		rc = talk_ask(&call->settings, "run.show", json_pack("{s:o}", "run", number),
			      &shown, err);
	if (rc == 0 && call->settings.json)
		print_json(shown);
	else if (rc == 0)
		print_run(shown, color_wanted(call->settings.color, 1));
	json_decref(shown);
	return rc;
}

const struct cli_command cmd_show = {
	.name = "show",
	.group = GROUP_RUNS,
	.summary = "show a run with its steps",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot show latest", "the newest run" },
		{ "ingot show 42 --json", "all that is recorded of run 42, for a program" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
