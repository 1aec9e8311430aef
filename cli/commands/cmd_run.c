/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c - runs a pipeline to its end on this machine, with progress */
#include "base/err.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/submit.h"
#include "cli/talk.h"

static int run_args(const struct call *call, json_t **ret, struct err *err)
{
	int64_t workers = 0;
	json_t *args = NULL;
	int rc = call_number(call, "workers", 1, SETTINGS_WORKERS_MAX, call->settings.workers,
			     &workers, err);

	if (rc == 0)
		rc = submit_args(call, &args, err);
	if (rc < 0)
		return rc;
	if (workers > 0)
		json_object_set_new(args, "workers", json_integer(workers));
	*ret = args;
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	struct talk *client = NULL;
	json_t *args = NULL, *result = NULL;
	int code = 0;
	int rc = run_args(call, &args, err);

	if (rc < 0)
		return rc;
	rc = talk_open(&call->settings, &client, err);
	if (rc < 0)
		json_decref(args);
	else
		rc = submit_call(client, "run.submit", args, &result, &code, err);
	if (rc == 0 && result)
		code = submit_follow(call, &client, result, err);
	json_decref(result);
	talk_close(client);
	return rc < 0 ? rc : code;
}

const struct cli_command cmd_run = {
	.name = "run",
	.group = GROUP_START,
	.summary = "run a pipeline to its end, with progress",
	.text = "Runs the pipeline of the commit at REF. What is not committed does not run; it\n"
		"is named in a warning, and --dirty runs it too. Steps that ran before with the\n"
		"same command, files, parameters and inputs come from the cache.\n"
		"\n"
		"Ctrl-C cancels the run: steps get SIGTERM and the time of their `grace`.\n"
		"Ctrl-C once more ends them at once. Exit code: 0 succeeded, 1 failed, 2 an\n"
		"invalid definition, 3 a gate was not met, 124 a step timed out, 130\n"
		"interrupted.\n",
	.args = (const struct arg_spec[]){
		{ "REPO", "folder or Git URL (.)", true, false, WORD_FOLDER },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		SUBMIT_OPTIONS,
		{ "workers", 0, "N", "worker processes at most (one per core)", WORD_TEXT },
		FOLLOW_OPTIONS,
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot run -p epochs=50", "the pipeline of this folder, with another parameter" },
		{ "ingot run https://example.org/team/models.git --ref v1.2",
		  "a tag of a repository" },
		{ "ingot run --dirty --step train", "try what is not committed yet, up to train" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
