/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - writing limits, reading peaks and out-of-memory kills */
#include "workers/process/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"

enum { CPU_PERIOD_US = 100000, LIMIT_TEXT_SIZE = 64, STAT_TEXT_SIZE = 512 };

static const char *const limit_files[][CONTROLLER_COUNT] = {
	[CGROUP_V1] = { "memory.limit_in_bytes", "pids.max", "cpu.cfs_quota_us" },
	[CGROUP_V2] = { "memory.max", "pids.max", "cpu.max" },
};

static const char *const unlimited[][CONTROLLER_COUNT] = {
	[CGROUP_V1] = { "-1", "max", "-1" },
	[CGROUP_V2] = { "max", "max", "max" },
};

/* How the memory controller's other files are called. */
static const struct memory_files {
	const char *swap, *usage, *peak, *oom;
} memory_files[] = {
	[CGROUP_V1] = { "memory.swappiness", "memory.usage_in_bytes", "memory.max_usage_in_bytes",
			"memory.oom_control" },
	[CGROUP_V2] = { "memory.swap.max", "memory.current", "memory.peak", "memory.events" },
};

#define OOM_KILLS "oom_kill " /* the line of both versions */

static int open_in(const char *dir, const char *file, int flags)
{
	char *path = path_join(dir, file);
	int fd = open(path, flags | O_CLOEXEC);

	free(path);
	return fd;
}

/* The number behind a word of a statistics file, or the file's only number for
 * an empty word; 0 if there is none. */
static uint64_t read_number(int fd, const char *word)
{
	char text[STAT_TEXT_SIZE];
	ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	at = strstr(text, word);
	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

/* Swapping would only put off the end of a step that is over its memory. */
static void forbid_swap(const char *dir, const char *file)
{
	int fd = open_in(dir, file, O_WRONLY);

	if (fd < 0)
		return; /* a kernel without swap accounting */
	(void)!write(fd, "0", 1);
	close(fd);
}

void limits_init(struct limits *l, const struct cgroup *g)
{
	const char *memory = g->dirs[CONTROLLER_MEMORY];
	const struct memory_files *files = &memory_files[g->version];

	*l = (struct limits){ .version = g->version, .usage_fd = -1, .peak_fd = -1, .oom_fd = -1 };
	for (int c = 0; c < CONTROLLER_COUNT; c++) {
		const char *dir = g->dirs[c];
		l->limit_fds[c] = dir ? open_in(dir, limit_files[g->version][c], O_WRONLY) : -1;
	}
	if (!memory)
		return;
	forbid_swap(memory, files->swap);
	l->usage_fd = open_in(memory, files->usage, O_RDONLY);
	l->peak_fd = open_in(memory, files->peak, O_RDWR); /* v2 has a peak to reset since 6.12 */
	l->oom_fd = open_in(memory, files->oom, O_RDONLY);
}

uint64_t limits_count_oom_kills(const struct cgroup *g)
{
	const char *memory = g->dirs[CONTROLLER_MEMORY];
	int fd = memory ? open_in(memory, memory_files[g->version].oom, O_RDONLY) : -1;
	uint64_t kills = read_number(fd, OOM_KILLS);

	fs_close(&fd);
	return kills;
}

bool limits_has(const struct limits *l, enum controller c)
{
	return l->limit_fds[c] >= 0;
}

static void limit_text(enum cgroup_version version, enum controller c, uint64_t limit,
		       char out[LIMIT_TEXT_SIZE])
{
	if (limit == 0)
		snprintf(out, LIMIT_TEXT_SIZE, "%s", unlimited[version][c]);
	else if (c == CONTROLLER_PIDS) /* the spawner is in the group, but none of the step's */
		snprintf(out, LIMIT_TEXT_SIZE, "%" PRIu64, limit + 1);
	else if (c == CONTROLLER_MEMORY)
		snprintf(out, LIMIT_TEXT_SIZE, "%" PRIu64, limit);
	else
		snprintf(out, LIMIT_TEXT_SIZE, version == CGROUP_V1 ? "%" PRIu64 : "%" PRIu64 " %d",
			 limit * (CPU_PERIOD_US / 1000), CPU_PERIOD_US);
}

static int put_in_force(struct limits *l, enum controller c, uint64_t limit, struct err *err)
{
	char text[LIMIT_TEXT_SIZE];

	if (!limits_has(l, c) || l->in_force[c] == limit)
		return 0;
	limit_text(l->version, c, limit, text);
	if (pwrite(l->limit_fds[c], text, strlen(text), 0) < 0)
		return err_errno(err, errno, "the %s limit %s cannot be set", controller_name(c),
				 text);
	l->in_force[c] = limit;
	return 0;
}

int limits_begin(struct limits *l, const uint64_t wanted[CONTROLLER_COUNT], struct err *err)
{
	for (int c = 0; c < CONTROLLER_COUNT; c++) {
		int r = put_in_force(l, c, wanted[c], err);
		if (r < 0)
			return r;
	}
	if (l->in_force[CONTROLLER_MEMORY] == 0)
		return 0;
	if (l->peak_fd >= 0)
		(void)!pwrite(l->peak_fd, "0", 1, 0);
	l->base_bytes = read_number(l->usage_fd, "");
	l->oom_kills = read_number(l->oom_fd, OOM_KILLS);
	return 0;
}

uint64_t limits_peak_bytes(const struct limits *l)
{
	uint64_t peak;

	if (l->in_force[CONTROLLER_MEMORY] == 0)
		return 0;
	peak = read_number(l->peak_fd, "");
	return peak > l->base_bytes ? peak - l->base_bytes : 0;
}

bool limits_oom_killed(struct limits *l)
{
	uint64_t before = l->oom_kills;

	l->oom_kills = read_number(l->oom_fd, OOM_KILLS);
	return l->oom_kills > before;
}

void limits_forbid_fork(struct limits *l)
{
	if (limits_has(l, CONTROLLER_PIDS) && pwrite(l->limit_fds[CONTROLLER_PIDS], "0", 1, 0) > 0)
		l->in_force[CONTROLLER_PIDS] = UINT64_MAX; /* as no step wants */
}
