/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - looks at this machine the way a worker will */
#include "cli/doctor/machine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/program.h"
#include "scheduler/source/source.h"
#include "workers/gpu/gpu.h"
#include "workers/process/spawner.h"

/* 2025-01-01: before it, a clock has not been set. */
#define CLOCK_EARLIEST_MS INT64_C(1735689600000)

enum { NFS_MAGIC = 0x6969, CIFS_MAGIC = (int)0xff534d42u, FUSE_MAGIC = 0x65735546 };

static void add(json_t *checks, const char *name, const char *state, const char *message,
		const char *fix)
{
	json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s?}", "name", name, "state",
						state, "message", message, "fix", fix));
}

static bool is_network(long type)
{
	return type == NFS_MAGIC || (int)type == CIFS_MAGIC || type == FUSE_MAGIC;
}

/* Locks and syncs are what everything rests on. */
static void check_home(const char *home, json_t *checks)
{
	struct statfs fs;
	struct err err = ERR_INIT;

	if (fs_mkdirs(AT_FDCWD, home, 0700, &err) < 0)
		add(checks, "home", "fail", err.text, "name another folder: --home or $INGOT_HOME");
	else if (access(home, W_OK) < 0)
		add(checks, "home", "fail", "the home cannot be written to",
		    "give yourself the right, or name another: --home or $INGOT_HOME");
	else if (statfs(home, &fs) == 0 && is_network(fs.f_type))
		add(checks, "home", "warn", "the home is on a network file system",
		    "locks and syncs may not hold there: name a folder on a local disk");
	else
		add(checks, "home", "ok", home, NULL);
}

static void check_clock(json_t *checks)
{
	char now[CLOCK_RFC3339_SIZE];
	bool is_set = clock_wall_ms() > CLOCK_EARLIEST_MS;

	clock_rfc3339(clock_wall_ms(), now);
	add(checks, "clock", is_set ? "ok" : "fail", now, is_set ? NULL : "set the clock");
}

static void check_git(json_t *checks)
{
	static const char *const argv[] = { "git", "--version", NULL };
	struct buf version = BUF_INIT;
	struct err err = ERR_INIT;

	if (program_run(argv, NULL, &version, &err) != 0) {
		add(checks, "git", "warn", err.text, "install git: repositories by URL need it");
	} else {
		version.data[strcspn(version.data, "\n")] = '\0';
		add(checks, "git", "ok", version.data, NULL);
	}
	buf_finish(&version);
}

static void check_helper(json_t *checks)
{
	struct err err = ERR_INIT;
	char *path = NULL;

	if (source_helper_path(&path, &err) < 0)
		add(checks, "helper", "fail", err.text, err.hint);
	else if (access(path, X_OK) < 0)
		add(checks, "helper", "fail", "ingot-helper cannot be run",
		    "install Ingot whole, or correct $INGOT_HELPER");
	else
		add(checks, "helper", "ok", path, NULL);
	free(path);
}

/* What was applied to a spawner is the truth; nothing else tells. */
static void check_isolation(json_t *checks)
{
	struct spawner *s = NULL;
	struct err err = ERR_INIT;
	unsigned bits;

	spawner_sweep();
	if (spawner_create(PROFILE_ALL, &s, &err) < 0 || spawner_await(s, &err) < 0) {
		add(checks, "isolation", "fail", err.text, NULL);
		spawner_destroy(s, NULL);
		return;
	}
	bits = spawner_profile_bits(s);
	if (!(bits & PROFILE_BIT(PIDNS)))
		add(checks, "isolation", "warn", spawner_profile(s),
		    "without a PID namespace a process that hides from its step may survive it: "
		    "allow user namespaces");
	else if (!(bits & PROFILE_BIT(MEMORY)))
		add(checks, "isolation", "warn", spawner_profile(s),
		    "without a writable control group memory is limited per process only: run "
		    "under systemd with Delegate=yes");
	else
		add(checks, "isolation", "ok", spawner_profile(s), NULL);
	spawner_destroy(s, NULL);
}

static void check_gpus(json_t *checks)
{
	struct gpu_list list;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	if (gpu_inventory(getenv("INGOT_GPUS"), &list, &err) < 0) {
		add(checks, "gpu", "warn", err.text, "steps that ask for a GPU will not run here");
		return;
	}
	buf_printf(&text, "%zu GPUs", list.count);
	for (size_t i = 0; i < list.count; i++) {
		buf_printf(&text, "%s%s, ", i ? "; " : ": ", list.gpus[i].name);
		str_format_size(&text, list.gpus[i].memory_bytes);
	}
	add(checks, "gpu", "ok", buf_str(&text), NULL);
	buf_finish(&text);
}

void machine_check(const char *home, json_t *checks)
{
	check_home(home, checks);
	check_clock(checks);
	check_git(checks);
	check_helper(checks);
	check_isolation(checks);
	check_gpus(checks);
}
