/* SPDX-License-Identifier: Apache-2.0 */
/* reaper.c - no process of a step outlives it */
#include "workers/process/reaper.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers/process/limits.h"

static int64_t us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static pid_t reap(int flags, struct reaper_usage *usage, int *ret_status)
{
	struct rusage used;
	pid_t pid;

	while ((pid = wait4(-1, ret_status, flags, &used)) < 0 && errno == EINTR)
		;
	if (pid <= 0)
		return pid;
	usage->user_us += us(used.ru_utime);
	usage->system_us += us(used.ru_stime);
	if ((uint64_t)used.ru_maxrss * 1024 > usage->peak_bytes)
		usage->peak_bytes = (uint64_t)used.ru_maxrss * 1024;
	return pid;
}

pid_t reaper_next(struct reaper_usage *usage, int *ret_status)
{
	return reap(WNOHANG, usage, ret_status);
}

/* The parent in "pid (name) state parent ...", where a name may hold anything. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	int fd, parent = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	const char *end_of_name = strrchr(text, ')');
	if (!end_of_name || sscanf(end_of_name + 1, " %*c %d", &parent) != 1)
		return -1;
	return parent;
}

static void kill_children(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (isdigit((unsigned char)e->d_name[0]) && parent_of(e->d_name) == getpid())
			kill(atoi(e->d_name), SIGKILL);
	}
	if (d)
		closedir(d);
}

/* Killing the children hands us theirs, one generation a round. */
static void end_as_subreaper(struct limits *limits, struct reaper_usage *usage)
{
	int status;
	pid_t pid;

	while ((pid = reap(WNOHANG, usage, &status)) >= 0) {
		if (pid > 0)
			continue;
		limits_forbid_fork(limits);
		kill_children();
		reap(0, usage, &status);
	}
}

/* Whoever lost its parent in the namespace is our child: without children there is
 * nobody but us, and the kernel need not look at every process of the machine. */
static void end_as_pid1(struct reaper_usage *usage)
{
	int status;
	pid_t pid;

	while ((pid = reap(WNOHANG, usage, &status)) >= 0) {
		if (pid > 0)
			continue;
		kill(-1, SIGKILL);
		reap(0, usage, &status);
	}
}

void reaper_end_all(bool is_pid1, struct limits *limits, struct reaper_usage *usage)
{
	if (is_pid1)
		end_as_pid1(usage);
	else
		end_as_subreaper(limits, usage);
}
