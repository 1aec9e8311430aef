/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_metrics.c - metrics of runs, a row per step, a column per metric */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"
#include "cli/words.h"

enum { RUN, STEP, FIRST_METRIC };

/* Every metric's name, in order of its first occurrence. */
static void gather_names(const json_t *runs, struct map *names)
{
	const json_t *run, *step;
	const char *name;
	json_t *value;
	size_t i, j;

	json_array_foreach(runs, i, run)
		json_array_foreach(json_object_get(run, "steps"), j, step)
			json_object_foreach(json_object_get(step, "metrics"), name, value)
				if (!map_has(names, name))
					map_set(names, name, (void *)names);
}

static struct table *make_table(const struct map *names, bool colored)
{
	struct table_column *columns = mem_array(FIRST_METRIC + names->live + 1, sizeof(*columns));
	size_t count = FIRST_METRIC;
	struct map_entry *entry;
	struct table *t;

	columns[RUN] = (struct table_column){ "RUN", COLUMN_RIGHT };
	columns[STEP] = (struct table_column){ "STEP", 0 };
	for (size_t i = 0; map_next(names, &i, &entry);)
		columns[count++] = (struct table_column){ entry->key, COLUMN_RIGHT };
	t = table_create(columns, colored);
	free(columns);
	return t;
}

static void add_step(struct table *t, const struct map *names, int64_t run, const json_t *step)
{
	const json_t *metrics = json_object_get(step, "metrics");
	struct table_row *row = table_row(t, NULL);
	struct buf text = BUF_INIT;
	int column = FIRST_METRIC;
	struct map_entry *entry;

	buf_printf(&text, "%lld", (long long)run);
	table_cell(row, RUN, COLOR_NONE, buf_str(&text));
	table_cell(row, STEP, COLOR_NONE, field_text(step, "step"));
	for (size_t i = 0; map_next(names, &i, &entry); column++) {
		buf_clear(&text);
		field_plain(&text, json_object_get(metrics, entry->key));
		table_cell(row, column, COLOR_NONE, buf_str(&text));
	}
	buf_finish(&text);
}

static void print_metrics(const struct call *call, const json_t *runs)
{
	struct map names = MAP_INIT;
	const json_t *run, *step;
	struct table *t;
	size_t i, j;

	gather_names(runs, &names);
	t = make_table(&names, color_wanted(call->settings.color, 1));
	json_array_foreach(runs, i, run)
		json_array_foreach(json_object_get(run, "steps"), j, step)
			add_step(t, &names, field_int(run, "run"), step);
	table_print(t);
	if (names.live == 0)
		puts("no metrics");
	table_destroy(t);
	map_finish(&names);
}

static int make_args(const struct call *call, json_t **ret, struct err *err)
{
	json_t *runs = json_array(), *run;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < call->arg_count; i++) {
		rc = word_run(call->args[i], strlen(call->args[i]), &run, err);
		if (rc == 0)
			json_array_append_new(runs, run);
	}
	if (rc < 0)
		json_decref(runs);
	else
		*ret = json_pack("{s:o}", "runs", runs);
	return rc;
}

static int run(const struct call *call, struct err *err)
{
	json_t *args = NULL, *result = NULL;
	int rc = make_args(call, &args, err);

	if (rc == 0)
		rc = talk_ask(&call->settings, "run.metrics", args, &result, err);
	if (rc == 0 && call->settings.json)
		print_json(json_object_get(result, "runs"));
	else if (rc == 0)
		print_metrics(call, json_object_get(result, "runs"));
	json_decref(result);
	return rc;
}

const struct cli_command cmd_metrics = {
	.name = "metrics",
	.group = GROUP_ARTIFACTS,
	.summary = "show the metrics of runs side by side",
	.args = (const struct arg_spec[]){
		{ "RUN", "runs' numbers, or latest", false, true, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot metrics latest",
		  "of every step, the instances of a matrix below each other" },
		{ "ingot metrics 41 42", "of two runs" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
