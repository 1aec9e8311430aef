/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_completion.c - prints a shell's completion script */
#include "base/buf.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/completion/completion.h"
#include "cli/output/print.h"

static int run(const struct call *call, struct err *err)
{
	struct buf script = BUF_INIT;
	int rc = completion_script(call->args[0], call->table, &script, err);

	if (rc == 0)
		print_buf(&script);
	return rc;
}

const struct cli_command cmd_completion = {
	.name = "completion",
	.group = GROUP_CARE,
	.summary = "print a completion script for bash, zsh or fish",
	.args = (const struct arg_spec[]){
		{ "bash|zsh|fish", "the shell", false, false, WORD_CHOICE },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot completion bash > ~/.local/share/bash-completion/completions/ingot",
		  "from the next shell on" },
		{ "source <(ingot completion bash)", "in this shell" },
		{ 0 },
	},
	.run = run,
};
