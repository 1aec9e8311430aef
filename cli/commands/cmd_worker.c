/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_worker.c - a worker of a home; the scheduler starts its own by this command
 *
 * One that the scheduler started takes its resources from the scheduler's pool; one
 * that a person started brings those of the machine, in a pool of its own.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "workers/agent/agent.h"
#include "workers/gpu/gpu.h"
#include "workers/process/profile.h"
#include "workers/wire/message.h"

/* What the options lend. */
struct machine {
	struct gpu_list gpus;
	struct wire_device devices[GPU_MAX];
	const char **labels;
	char *name;
};

static void look_at_machine(const struct call *call, struct agent_options *o)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct sysinfo info = { 0 };
	int home_fd = fs_open_dir(AT_FDCWD, call->settings.home, NULL);

	o->cpu_milli = (uint32_t)(cores > 0 ? cores : 1) * 1000;
	if (sysinfo(&info) == 0)
		o->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
	if (home_fd >= 0)
		o->disk_bytes = fs_free_bytes(home_fd);
	fs_close(&home_fd);
}

/* The scheduler has looked for the GPUs of its own machine already. */
static int look_for_gpus(const struct call *call, struct machine *m, struct agent_options *o,
			 struct err *err)
{
	const char *setting = call_option(call, "gpus");
	int rc;

	if (o->is_local)
		return 0;
	rc = gpu_inventory(setting ? setting : getenv("INGOT_GPUS"), &m->gpus, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < m->gpus.count; i++)
		m->devices[i] = (struct wire_device){ m->gpus.gpus[i].uuid, m->gpus.gpus[i].name,
						      m->gpus.gpus[i].memory_bytes };
	o->devices = m->devices;
	o->device_count = (uint32_t)m->gpus.count;
	return 0;
}

static void take_labels(const struct call *call, struct machine *m, struct agent_options *o)
{
	m->labels = mem_array(call->use_count + 1, sizeof(*m->labels));
	for (size_t i = 0; i < call->use_count; i++)
		if (str_eq(call->uses[i].spec->name, "label"))
			m->labels[o->label_count++] = call->uses[i].value;
	o->labels = m->labels;
}

static int read_isolation(const struct call *call, struct agent_options *o, struct err *err)
{
	const unsigned namespaces = PROFILE_BIT(USERNS) | PROFILE_BIT(PIDNS) | PROFILE_BIT(PROC);
	const struct {
		const char *word;
		unsigned profile;
	} choices[] = {
		{ "all", PROFILE_ALL },
		{ "pidns", namespaces },
		{ "cgroup", PROFILE_ALL & ~namespaces },
		{ "none", PROFILE_BIT(SUBREAPER) },
	};
	const char *word = call_option(call, "isolate");

	if (!word)
		word = getenv("INGOT_ISOLATE");
	if (!word || !*word)
		word = "all";
	for (size_t i = 0; i < countof(choices); i++)
		if (str_eq(word, choices[i].word)) {
			o->isolate = choices[i].profile;
			return 0;
		}
	return err_set(err, ERR_USAGE, "isolate is all, pidns, cgroup or none, not '%s'", word);
}

static int read_options(const struct call *call, struct machine *m, struct agent_options *o,
			struct err *err)
{
	int64_t slots;
	int rc = call_number(call, "slots", 1, AGENT_SLOTS_MAX, 1, &slots, err);

	if (rc < 0)
		return rc;
	m->name = mem_printf("worker-%d", (int)getpid());
	o->home = call->settings.home;
	o->name = call_option(call, "name") ? call_option(call, "name") : m->name;
	o->pool = call_option(call, "pool") ? call_option(call, "pool") : o->name;
	o->slots = (uint32_t)slots;
	o->is_local = call_has(call, "local");
	look_at_machine(call, o);
	take_labels(call, m, o);
	rc = look_for_gpus(call, m, o, err);
	return rc < 0 ? rc : read_isolation(call, o, err);
}

static int run(const struct call *call, struct err *err)
{
	struct agent_options options = { 0 };
	struct machine machine = { 0 };
	int rc;

	log_init("worker", LOG_LEVEL_INFO);
	rc = read_options(call, &machine, &options, err);
	if (rc == 0)
		rc = agent_main(&options, err);
	free(machine.labels);
	free(machine.name);
	return rc;
}

const struct cli_command cmd_worker = {
	.name = "worker",
	.group = GROUP_HIDDEN,
	.summary = "be a worker of a home",
	.text = "The scheduler starts workers as it needs them, one per core at most. Started\n"
		"by hand it works for the scheduler of --home until SIGTERM.\n",
	.options = (const struct option_spec[]){
		{ "name", 0, "NAME", "its name, unique in the home", WORD_TEXT },
		{ "pool", 0, "NAME", "workers of one pool share its resources (the name)",
		  WORD_TEXT },
		{ "slots", 0, "N", "steps at once (1)", WORD_TEXT },
		{ "gpus", 0, "N", "pretend GPUs: 2, or 2x24GiB ($INGOT_GPUS)", WORD_TEXT },
		{ "label", 0, "LABEL", "what steps may ask for; may be repeated", WORD_TEXT },
		{ "local", 0, NULL, "leave when the scheduler has gone", WORD_TEXT },
		{ "isolate", 0, "all|pidns|cgroup|none", "what is put around steps ($INGOT_ISOLATE)",
		  WORD_CHOICE },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot worker --label big-memory --slots 2",
		  "one more, for steps that ask for it" },
		{ 0 },
	},
	.run = run,
};
