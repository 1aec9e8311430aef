/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_version.c - which ingot this is */
#include <stdio.h>

#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/output/print.h"

static int run(const struct call *call, struct err *err)
{
	json_t *version;

	(void)err;
	if (!call->settings.json) {
		puts(call->settings.quiet ? INGOT_VERSION : "ingot " INGOT_VERSION);
		return 0;
	}
	version = json_pack("{s:s}", "version", INGOT_VERSION);
	print_json(version);
	json_decref(version);
	return 0;
}

const struct cli_command cmd_version = {
	.name = "version",
	.group = GROUP_CARE,
	.summary = "print the version",
	.examples = (const struct example[]){
		{ "ingot version", "which ingot this is" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
