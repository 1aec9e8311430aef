/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - ingot: finds the command, runs it, and says how it went
 *
 * The only place that prints errors and turns their codes into exit codes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/help.h"
#include "cli/output/color.h"
#include "cli/output/print.h"

static void print_error(const struct err *err, enum color_when when)
{
	bool colored = color_wanted(when, STDERR_FILENO);
	struct buf name = BUF_INIT;

	color_append(&name, colored, COLOR_RED, "ingot:");
	buf_char(&name, ' ');
	print_lines(stderr, buf_str(&name), err->text);
	buf_clear(&name);
	color_append(&name, colored, COLOR_DIM, "hint:");
	buf_char(&name, ' ');
	print_lines(stderr, buf_str(&name), err->hint);
	buf_finish(&name);
}

static void print_help(const struct call *call)
{
	bool colored = color_wanted(call->settings.color, STDOUT_FILENO);
	struct buf out = BUF_INIT;

	if (call->command)
		help_command(&out, call->command, call->help == HELP_LONG, colored);
	else
		help_overview(&out, call->table, colored);
	print_buf(&out);
}

static int act(const struct call *call, struct err *err)
{
	if (call->version)
		return cmd_version.run(call, err);
	if (call->help || !call->command) {
		print_help(call);
		return 0;
	}
	return call->command->run(call, err);
}

/* What was said may have gone nowhere: a full disk behind a redirection. */
static int close_output(struct err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_errno(err, errno, "standard output");
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct call call;
	int rc = call_parse(&call, commands, argc, argv, &err);
	int closed;

	if (rc == 0)
		rc = act(&call, &err);
	closed = close_output(&err);
	if (closed < 0)
		rc = closed;
	if (rc < 0)
		print_error(&err, call.settings.color);
	call_finish(&call);
	return rc < 0 ? err_exit_code(rc) : rc;
}
