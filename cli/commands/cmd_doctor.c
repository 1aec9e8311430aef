/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_doctor.c - is everything as it should be? */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/doctor/machine.h"
#include "cli/fields.h"
#include "cli/output/color.h"
#include "cli/output/print.h"
#include "cli/talk.h"

static enum color state_color(const char *state)
{
	if (str_eq(state, "ok"))
		return COLOR_GREEN;
	return str_eq(state, "warn") ? COLOR_YELLOW : COLOR_RED;
}

static void write_check(struct buf *out, const json_t *check, bool colored)
{
	const char *state = field_text(check, "state");

	color_append(out, colored, state_color(state), str_eq(state, "fail") ? "FAIL" : state);
	buf_printf(out, "%*s%-11s ", str_eq(state, "ok") ? 4 : 2, "", field_text(check, "name"));
	field_plain(out, json_object_get(check, "message"));
	buf_char(out, '\n');
	if (*field_text(check, "fix")) {
		buf_printf(out, "%18s-> ", "");
		field_plain(out, json_object_get(check, "fix"));
		buf_char(out, '\n');
	}
}

/* A scheduler that does not start is a finding too. */
static void ask_scheduler(const struct call *call, json_t *checks)
{
	struct err err = ERR_INIT;
	json_t *result = NULL;

	if (talk_ask(&call->settings, "doctor", NULL, &result, &err) < 0)
		json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s}", "name", "scheduler",
							"state", "fail", "message", err.text, "fix",
							err.hint));
	else
		json_array_append_new(checks,
				      json_pack("{s:s, s:s, s:s, s:n}", "name", "scheduler",
						"state", "ok", "message",
						"it answers, version " INGOT_VERSION, "fix"));
	json_array_extend(checks, json_object_get(result, "checks"));
	json_decref(result);
}

/* Returns the exit code. */
static int show(const struct call *call, const json_t *checks)
{
	bool colored = color_wanted(call->settings.color, 1), failed = false;
	struct buf out = BUF_INIT;
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		const char *state = field_text(check, "state");

		failed = failed || str_eq(state, "fail");
		if (!call->settings.quiet || !str_eq(state, "ok"))
			write_check(&out, check, colored);
	}
	if (call->settings.json)
		print_json(checks);
	else
		print_buf(&out);
	buf_finish(&out);
	return failed ? err_exit_code(ERR_FAILED) : 0;
}

static int run(const struct call *call, struct err *err)
{
	json_t *checks = json_array();
	int code;

	(void)err;
	machine_check(call->settings.home, checks);
	ask_scheduler(call, checks);
	code = show(call, checks);
	json_decref(checks);
	return code;
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.group = GROUP_CARE,
	.summary = "check this machine and this home",
	.text = "Home, clock, git, helper, how steps are isolated, GPUs; then the scheduler,\n"
		"free space, records and a sample of the contents. Each ok, warn or FAIL, with\n"
		"what to do. Exit code: 0, or 1 if something fails.\n",
	.examples = (const struct example[]){
		{ "ingot doctor", "before asking for help" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
