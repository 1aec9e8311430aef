/* SPDX-License-Identifier: Apache-2.0 */
/* gpu.c - a worker's GPUs: pretended ones, or what a child learns from NVML */
#include "workers/gpu/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "workers/gpu/nvml.h"

#define FAKE_MEMORY "16GiB"

enum { KILL_WITHIN_MS = 1000 };

/* What the child hands to us through the pipe. */
struct answer {
	struct err err;
	struct gpu_list list;
};

static int usage(const char *setting, struct err *err)
{
	err_set(err, ERR_USAGE, "'%s' is no number of GPUs", setting);
	return err_hint(err, "such as 2, or 2x24GiB, up to %d", GPU_MAX);
}

static void pretend(uint64_t count, uint64_t memory_bytes, struct gpu_list *ret)
{
	*ret = (struct gpu_list){ .count = count };
	for (size_t i = 0; i < count; i++) {
		struct gpu *g = &ret->gpus[i];
		g->index = (uint32_t)i;
		g->memory_bytes = memory_bytes;
		snprintf(g->uuid, sizeof(g->uuid), "GPU-00000000-0000-0000-0000-%012zu", i);
		snprintf(g->name, sizeof(g->name), "pretended GPU");
	}
}

/* "N" or "NxSIZE" */
static int parse_fake(const char *setting, struct gpu_list *ret, struct err *err)
{
	const char *x = strchr(setting, 'x');
	char *number = mem_strndup(setting, x ? (size_t)(x - setting) : strlen(setting));
	uint64_t count, memory_bytes;
	int r = str_to_u64(number, &count);

	free(number);
	if (r < 0 || count > GPU_MAX || str_to_size(x ? x + 1 : FAKE_MEMORY, &memory_bytes) < 0)
		return usage(setting, err);
	pretend(count, memory_bytes, ret);
	return 0;
}

int gpu_inventory(const char *setting, struct gpu_list *ret, struct err *err)
{
	if (!setting)
		setting = getenv("INGOT_GPUS");
	if (setting && setting[0])
		return parse_fake(setting, ret, err);
	return gpu_probe(GPU_NVML_LIBRARY, GPU_PROBE_TIMEOUT_MS, ret, err);
}

/* A driver may hang so that even KILL waits: the child must then not hold open
 * what others watch for its end. */
static _Noreturn void answer_and_exit(const char *library, int to)
{
	struct answer *a = mem_alloc(sizeof(*a));

	to = dup2(to, STDERR_FILENO + 1);
	close_range((unsigned)to + 1, ~0U, 0);
	nvml_list(library, &a->list, &a->err);
	_exit(fs_write_all(to, a, sizeof(*a), NULL) < 0);
}

/* Reads until the answer is whole, the child gone, or the time over. */
static int await_answer(int from, int timeout_ms, struct answer *ret, struct err *err)
{
	int64_t until_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	size_t have = 0;

	while (have < sizeof(*ret)) {
		struct pollfd readable = { .fd = from, .events = POLLIN };
		int64_t left_us = until_us - clock_mono_us();
		int ready = left_us > 0 ? poll(&readable, 1, (int)((left_us + 999) / 1000)) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "NVML gave no answer within %d ms",
				       timeout_ms);
		ssize_t got = read(from, (char *)ret + have, sizeof(*ret) - have);
		if (got <= 0)
			return err_set(err, ERR_SYSTEM,
				       "NVML crashed while it was asked for the GPUs");
		have += (size_t)got;
	}
	return ret->err.code < 0 ? err_copy(err, &ret->err) : 0;
}

/* Does not wait for a child that cannot be killed. */
static void end_child(pid_t child)
{
	int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	kill(child, SIGKILL);
	poll(&ended, 1, KILL_WITHIN_MS);
	waitpid(child, NULL, WNOHANG);
	fs_close(&fd);
}

int gpu_probe(const char *library, int timeout_ms, struct gpu_list *ret, struct err *err)
{
	struct answer *answer;
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "no pipe to ask for GPUs");
	child = fork();
	if (child == 0)
		answer_and_exit(library, ends[1]);
	fs_close(&ends[1]);
	if (child < 0) {
		fs_close(&ends[0]);
		return err_errno(err, errno, "no process to ask for GPUs");
	}
	answer = mem_alloc(sizeof(*answer));
	r = await_answer(ends[0], timeout_ms, answer, err);
	if (r == 0)
		*ret = answer->list;
	free(answer);
	fs_close(&ends[0]);
	end_child(child);
	return r;
}

void gpu_visible_devices(const struct gpu_list *list, const size_t *which, size_t count,
			 struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		BUG_ON(which[i] >= list->count);
		if (i > 0)
			buf_char(out, ',');
		buf_str_append(out, list->gpus[which[i]].uuid);
	}
}
