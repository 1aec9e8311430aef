/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_workers.c - who does the work */
#include <stdio.h>

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

enum { NAME, STATE, RESOURCES, RUNNING, SEEN };

static const struct table_column columns[] = {
	[NAME] = { "WORKER", 0 },
	[STATE] = { "STATE", 0 },
	[RESOURCES] = { "RESOURCES", COLUMN_CUT },
	[RUNNING] = { "RUNNING", COLUMN_CUT },
	[SEEN] = { "SEEN", 0 },
	{ 0 },
};

static void write_running(struct buf *out, const json_t *running)
{
	const json_t *step;
	size_t i;

	json_array_foreach(running, i, step) {
		buf_str_append(out, i > 0 ? ", " : "");
		field_plain(out, step);
	}
}

static void add_worker(struct table *t, const json_t *worker, int64_t now_ms)
{
	const char *state = field_text(worker, "state");
	struct table_row *row = table_row(t, NULL);
	struct buf text = BUF_INIT;

	table_cell(row, NAME, COLOR_NONE, field_text(worker, "name"));
	table_cell(row, STATE, str_eq(state, "connected") ? COLOR_GREEN : COLOR_DIM, state);
	field_metrics(&text, json_object_get(worker, "resources"));
	table_cell(row, RESOURCES, COLOR_NONE, buf_str(&text));
	buf_clear(&text);
	write_running(&text, json_object_get(worker, "running"));
	table_cell(row, RUNNING, COLOR_NONE, buf_str(&text));
	buf_clear(&text);
	if (field_time_ms(worker, "seen_at"))
		look_ago(&text, field_time_ms(worker, "seen_at"), now_ms);
	table_cell(row, SEEN, COLOR_NONE, buf_str(&text));
	buf_finish(&text);
}

static void print_workers(const struct call *call, const json_t *workers)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	const json_t *worker;
	size_t i;

	json_array_foreach(workers, i, worker)
		add_worker(t, worker, clock_wall_ms());
	table_print(t);
	table_destroy(t);
	if (json_array_size(workers) == 0)
		puts("no workers: they start with the first step that has to run");
}

static int run(const struct call *call, struct err *err)
{
	const json_t *workers;
	json_t *result = NULL;
	int rc = talk_ask(&call->settings, "worker.list", NULL, &result, err);

	if (rc < 0)
		return rc;
	workers = json_object_get(result, "workers");
	if (call->settings.json)
		print_json(workers);
	else
		print_workers(call, workers);
	json_decref(result);
	return 0;
}

const struct cli_command cmd_workers = {
	.name = "workers",
	.group = GROUP_RUNS,
	.summary = "list the workers and what they run",
	.examples = (const struct example[]){
		{ "ingot workers", "who is there" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
