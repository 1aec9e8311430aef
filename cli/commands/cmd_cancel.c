/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_cancel.c - ends a run before its time */
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/talk.h"
#include "cli/words.h"

static int run(const struct call *call, struct err *err)
{
	json_t *number = NULL, *result = NULL;
	int rc = word_run(call->args[0], strlen(call->args[0]), &number, err);

	if (rc == 0)
		rc = talk_ask(&call->settings, "run.cancel", json_pack("{s:o}", "run", number),
				&result, err);
	if (rc == 0 && call->settings.json)
		print_json(result);
	else if (rc == 0 && !call->settings.quiet)
		printf("run %lld is being cancelled: its steps get SIGTERM and their grace\n",
		       (long long)field_int(result, "run"));
	json_decref(result);
	return rc;
}

const struct cli_command cmd_cancel = {
	.name = "cancel",
	.group = GROUP_RUNS,
	.summary = "cancel a run",
	.text = "Steps that run get SIGTERM, and SIGKILL after their `grace`; the others do not\n"
		"start. Steps with `finally` still run. What succeeded before stays in the\n"
		"cache.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot cancel 42 && ingot wait 42", "cancel it and wait until it is over" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
