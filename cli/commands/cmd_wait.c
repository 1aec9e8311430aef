/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_wait.c - stays with a run until it has ended */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/follow.h"
#include "cli/output/print.h"
#include "cli/talk.h"
#include "cli/words.h"

static int read_timeout(const struct call *call, int64_t *ret_ms, struct err *err)
{
	const char *text = call_option(call, "timeout");

	*ret_ms = -1;
	if (text && str_to_duration_ms(text, ret_ms) < 0)
		return err_set(err, ERR_USAGE, "--timeout is a time such as 90s, 10m, 2h, not '%s'",
			       text);
	return 0;
}

static int show(struct talk *c, json_t *number, json_t **ret, struct err *err)
{
	return talk_call(c, "run.show", json_pack("{s:O}", "run", number), ret, err);
}

/* "latest" must go on meaning the same run. */
static int wait_for(const struct call *call, json_t *number, int64_t timeout_ms, struct err *err)
{
	struct talk *c = NULL;
	json_t *shown = NULL;
	int code = 0, rc = talk_open(&call->settings, &c, err);

	if (rc == 0)
		rc = show(c, number, &shown, err);
	if (rc == 0)
		code = rc = follow_run(call, &c, field_int(shown, "id"), FOLLOW_LEAVES, timeout_ms,
				       err);
	if (rc >= 0 && call->settings.json) {
		json_t *id = json_incref(json_object_get(shown, "id"));

		json_decref(shown);
		shown = NULL;
		rc = show(c, id, &shown, err);
		if (rc == 0)
			print_json(shown);
		json_decref(id);
	}
	json_decref(shown);
	talk_close(c);
	return rc < 0 ? rc : code;
}

static int run(const struct call *call, struct err *err)
{
	json_t *number = NULL;
	int64_t timeout_ms;
	int rc = read_timeout(call, &timeout_ms, err);

	if (rc == 0)
		rc = word_run(call->args[0], strlen(call->args[0]), &number, err);
	if (rc == 0)
		rc = wait_for(call, number, timeout_ms, err);
	json_decref(number);
	return rc;
}

const struct cli_command cmd_wait = {
	.name = "wait",
	.group = GROUP_RUNS,
	.summary = "wait until a run has ended",
	.text = "Shows progress as `ingot run` does and ends with the same exit code. Ctrl-C\n"
		"leaves and the run goes on. Exit code 124 after --timeout.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		{ "timeout", 0, "TIME", "give up after so long, such as 10m", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot wait -q latest && ./publish.sh", "go on only if it succeeds" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
