/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_scheduler.c - the scheduler of a home; other commands start it by themselves */
#include <fcntl.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/starter.h"
#include "scheduler/daemon/daemon.h"

enum { DESCRIPTORS_MAX = 65535 };

/* ret is left alone where the option was not given. */
static int read_time(const struct call *call, const char *name, int64_t *ret_ms, struct err *err)
{
	const char *text = call_option(call, name);

	if (text && str_to_duration_ms(text, ret_ms) < 0)
		return err_set(err, ERR_USAGE, "--%s is a time such as 2s, 10m, not '%s'", name,
			       text);
	return 0;
}

static int read_options(const struct call *call, struct daemon_options *o, struct err *err)
{
	int64_t ready_fd, workers;
	int rc = call_number(call, "ready-fd", 0, DESCRIPTORS_MAX, -1, &ready_fd, err);

	if (rc == 0)
		rc = call_number(call, "workers", 1, SETTINGS_WORKERS_MAX, call->settings.workers,
				 &workers, err);
	if (rc == 0)
		rc = read_time(call, "lease", &o->lease_ttl_ms, err);
	if (rc == 0 && str_eq(call_option(call, "linger"), "always"))
		o->linger_ms = -1;
	else if (rc == 0)
		rc = read_time(call, "linger", &o->linger_ms, err);
	if (rc < 0)
		return rc;
	o->ready_fd = (int)ready_fd;
	o->workers = (uint32_t)workers;
	o->gpus = call_option(call, "gpus");
	if (!o->gpus)
		o->gpus = getenv("INGOT_GPUS");
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	struct daemon_options options = { .home = call->settings.home,
					  .linger_ms = DAEMON_LINGER_MS };
	int rc = read_options(call, &options, err);
	int report_fd;

	if (rc < 0)
		return rc;
	log_init("scheduler", LOG_LEVEL_INFO);
	/* The daemon closes its own; of this one the starter reads why there was none. */
	report_fd = options.ready_fd < 0 ? -1 : fcntl(options.ready_fd, F_DUPFD_CLOEXEC, 0);
	rc = daemon_main(&options, err);
	if (rc < 0 && report_fd >= 0)
		starter_report(report_fd, err);
	fs_close(&report_fd);
	return rc;
}

const struct cli_command cmd_scheduler = {
	.name = "scheduler",
	.group = GROUP_HIDDEN,
	.summary = "be the scheduler of a home",
	.text = "Other commands start it in the background when they need it, with its log in\n"
		"scheduler.log of the home; it leaves when its last client and its last run are\n"
		"done. There is one a home: a second one is refused. SIGTERM ends it; runs go\n"
		"on at its next start.\n",
	.options = (const struct option_spec[]){
		{ "workers", 0, "N", "worker processes at most (one per core)", WORD_TEXT },
		{ "gpus", 0, "N", "pretend GPUs: 2, or 2x24GiB ($INGOT_GPUS)", WORD_TEXT },
		{ "linger", 0, "TIME", "stay so long without clients and runs, or always (2s)",
		  WORD_TEXT },
		{ "lease", 0, "TIME", "how long a worker may be silent", WORD_TEXT },
		{ "ready-fd", 0, "N", "write a byte there when listening", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot scheduler --linger always", "in the foreground, until it is ended" },
		{ 0 },
	},
	.run = run,
};
