/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_retry.c - a new run of the same commit and parameters */
#include <string.h>

#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/submit.h"
#include "cli/talk.h"
#include "cli/words.h"

static int run(const struct call *call, struct err *err)
{
	struct talk *client = NULL;
	json_t *number = NULL, *result = NULL;
	int rc = word_run(call->args[0], strlen(call->args[0]), &number, err);

	if (rc == 0)
		rc = talk_open(&call->settings, &client, err);
	if (rc == 0)
		rc = talk_call(client, "run.retry", json_pack("{s:O}", "run", number), &result,
			       err);
	if (rc == 0)
		rc = submit_follow(call, &client, result, err);
	json_decref(number);
	json_decref(result);
	talk_close(client);
	return rc;
}

const struct cli_command cmd_retry = {
	.name = "retry",
	.group = GROUP_RUNS,
	.summary = "run it again: the same commit and parameters",
	.text = "Makes a new run. What succeeded comes from the cache, what failed runs again.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ 0 },
	},
	.options = (const struct option_spec[]){ FOLLOW_OPTIONS, { 0 } },
	.examples = (const struct example[]){
		{ "ingot retry latest", "after the disk has room again" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
