/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_help.c - help, and the man pages made of the same tables */
#include "base/buf.h"
#include "base/err.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/output/print.h"

/* The command that the first word names; NULL without one. */
static int named(const struct call *call, const struct cli_command **ret, struct err *err)
{
	*ret = NULL;
	return call->arg_count > 0 ? command_find(call->table, call->args[0], ret, err) : 0;
}

static int run_help(const struct call *call, struct err *err)
{
	bool colored = color_wanted(call->settings.color, 1);
	const struct cli_command *command;
	struct buf out = BUF_INIT;
	int rc = named(call, &command, err);

	if (rc < 0)
		return rc;
	if (command)
		help_command(&out, command, true, colored);
	else
		help_overview(&out, call->table, colored);
	print_buf(&out);
	return 0;
}

static int run_man(const struct call *call, struct err *err)
{
	const struct cli_command *command;
	struct buf out = BUF_INIT;
	int rc = named(call, &command, err);

	if (rc < 0)
		return rc;
	if (command)
		manual_command(&out, command);
	else
		manual_overview(&out, call->table);
	print_buf(&out);
	return 0;
}

const struct cli_command cmd_help = {
	.name = "help",
	.group = GROUP_CARE,
	.summary = "explain a command",
	.args = (const struct arg_spec[]){
		{ "COMMAND", "what to explain; without it all commands are listed", true, false,
		  WORD_COMMAND },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot help run", "all about ingot run" },
		{ 0 },
	},
	.run = run_help,
};

const struct cli_command cmd_man = {
	.name = "man",
	.group = GROUP_HIDDEN,
	.summary = "print a man page, as packages install it",
	.args = (const struct arg_spec[]){
		{ "COMMAND", "the command; without it the page of ingot itself", true, false,
		  WORD_COMMAND },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot man run | man -l -", "read one" },
		{ 0 },
	},
	.run = run_man,
};
