/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_runs.c - lists runs, newest first */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/look.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 1000, COMMIT_DIGITS = 10 };

enum { RUN, PIPELINE, STATE, COMMIT, BRANCH, STEPS, TIME, CREATED };

static const struct table_column columns[] = {
	[RUN] = { "RUN", COLUMN_RIGHT }, [PIPELINE] = { "PIPELINE", COLUMN_CUT },
	[STATE] = { "STATE", 0 },        [COMMIT] = { "COMMIT", 0 },
	[BRANCH] = { "BRANCH", COLUMN_CUT }, [STEPS] = { "STEPS", COLUMN_RIGHT },
	[TIME] = { "TIME", COLUMN_RIGHT },   [CREATED] = { "CREATED", 0 },
	{ 0 },
};

static void set(struct table_row *row, int column, struct buf *text)
{
	table_cell(row, column, COLOR_NONE, buf_str(text));
	buf_clear(text);
}

static void add_run(struct table *t, const json_t *run, int64_t now_ms)
{
	const json_t *counts = json_object_get(run, "counts");
	int64_t started_ms = field_time_ms(run, "started_at");
	int64_t finished_ms = field_time_ms(run, "finished_at");
	struct table_row *row = table_row(t, NULL);
	struct buf text = BUF_INIT;

	buf_printf(&text, "%lld", (long long)field_int(run, "id"));
	set(row, RUN, &text);
	table_cell(row, PIPELINE, COLOR_NONE, field_text(run, "pipeline"));
	table_cell(row, STATE, look_state_color(field_text(run, "state")),
		   field_text(run, "state"));
	buf_printf(&text, "%.*s", COMMIT_DIGITS, field_text(run, "commit"));
	set(row, COMMIT, &text);
	table_cell(row, BRANCH, COLOR_NONE, field_text(run, "branch"));
	buf_printf(&text, "%lld/%lld", (long long)field_int(counts, "done"),
		   (long long)field_int(counts, "steps"));
	set(row, STEPS, &text);
	if (started_ms)
		str_format_duration(&text, (finished_ms ? finished_ms : now_ms) - started_ms);
	set(row, TIME, &text);
	look_ago(&text, field_time_ms(run, "created_at"), now_ms);
	set(row, CREATED, &text);
	buf_finish(&text);
}

static void print_table(const struct call *call, const json_t *runs)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	int64_t now_ms = clock_wall_ms();
	const json_t *run;
	size_t i;

	json_array_foreach(runs, i, run)
		add_run(t, run, now_ms);
	table_print(t);
	table_destroy(t);
}

static void print_runs(const struct call *call, const json_t *runs)
{
	const json_t *run;
	size_t i;

	if (call->settings.json)
		print_json(runs);
	else if (call->settings.quiet)
		json_array_foreach(runs, i, run)
			printf("%lld\n", (long long)field_int(run, "id"));
	else if (json_array_size(runs) == 0)
		puts("no runs yet: 'ingot run' makes one");
	else
		print_table(call, runs);
}

static int make_args(const struct call *call, json_t **ret, struct err *err)
{
	static const char *const filters[] = { "state", "pipeline", "branch" };
	int64_t limit, before;
	int rc = call_number(call, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);

	if (rc == 0)
		rc = call_number(call, "before", 1, INT64_MAX, 0, &before, err);
	if (rc < 0)
		return rc;
	*ret = json_pack("{s:I}", "limit", (json_int_t)limit);
	if (before > 0)
		json_object_set_new(*ret, "before", json_integer(before));
	for (size_t i = 0; i < countof(filters); i++)
		if (call_has(call, filters[i]))
			json_object_set_new(*ret, filters[i],
					    json_string(call_option(call, filters[i])));
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	json_t *args = NULL, *result = NULL;
	int rc = make_args(call, &args, err);

	if (rc < 0)
		return rc;
	rc = talk_ask(&call->settings, "run.list", args, &result, err);
	if (rc == 0)
		print_runs(call, json_object_get(result, "runs"));
	json_decref(result);
	return rc;
}

const struct cli_command cmd_runs = {
	.name = "runs",
	.group = GROUP_RUNS,
	.summary = "list runs, newest first",
	.options = (const struct option_spec[]){
		{ "state", 0, "queued|running|succeeded|failed|cancelled",
		  "only those in this state", WORD_CHOICE },
		{ "pipeline", 0, "NAME", "only of this pipeline", WORD_TEXT },
		{ "branch", 0, "NAME", "only of this branch", WORD_TEXT },
		{ "limit", 'n', "N", "at most so many (20)", WORD_TEXT },
		{ "before", 0, "RUN", "only older ones: the next page", WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot runs --state failed --branch main", "what went wrong on main" },
		{ "ingot runs -q -n 1", "the number of the newest run" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
