/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_queue.c - what waits, and for what */
#include <stdio.h>

#include "base/buf.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/look.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"

enum { RUN, STEP, STATE, WHY };

static const struct table_column columns[] = {
	[RUN] = { "RUN", COLUMN_RIGHT },
	[STEP] = { "STEP", 0 },
	[STATE] = { "STATE", 0 },
	[WHY] = { "WHY", COLUMN_CUT },
	{ 0 },
};

static void print_queue(const struct call *call, const json_t *steps)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	const json_t *step;
	size_t i;

	json_array_foreach(steps, i, step) {
		const char *state = field_text(step, "state");
		struct table_row *row = table_row(t, NULL);
		struct buf run = BUF_INIT;

		buf_printf(&run, "%lld", (long long)field_int(step, "run"));
		table_cell(row, RUN, COLOR_NONE, buf_str(&run));
		table_cell(row, STEP, COLOR_NONE, field_text(step, "step"));
		table_cell(row, STATE, look_state_color(state), state);
		table_cell(row, WHY, COLOR_NONE, field_text(step, "why"));
		buf_finish(&run);
	}
	table_print(t);
	table_destroy(t);
	if (json_array_size(steps) == 0)
		puts("nothing waits");
}

static int run(const struct call *call, struct err *err)
{
	const json_t *steps;
	json_t *result = NULL;
	int rc = talk_ask(&call->settings, "queue.list", NULL, &result, err);

	if (rc < 0)
		return rc;
	steps = json_object_get(result, "steps");
	if (call->settings.json)
		print_json(steps);
	else
		print_queue(call, steps);
	json_decref(result);
	return 0;
}

const struct cli_command cmd_queue = {
	.name = "queue",
	.group = GROUP_RUNS,
	.summary = "list the steps that wait, and for what",
	.examples = (const struct example[]){
		{ "ingot queue", "why does my run not go on?" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
