/* SPDX-License-Identifier: Apache-2.0 */
/* limit_spawn.c - S1, S2, S2cap: how many processes a second the machine gives */
#include "bench/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "bench/samples.h"

enum { THREADS_MAX = SPAWN_CAPTURED - 1 };

struct spawner {
	const struct limit_setup *setup;
	posix_spawn_file_actions_t actions;
	int output; /* -1: the child keeps ours */
	int64_t end_us;
	struct samples turns;
	int rc;
	struct err err;
	pthread_t thread;
};

static int spawn_and_wait(struct spawner *s)
{
	char *argv[] = { (char *)s->setup->child, NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	siginfo_t info;
	pid_t child;
	int errnum = posix_spawn(&child, s->setup->child, &s->actions, NULL, argv, envp);

	if (errnum != 0)
		return err_errno(&s->err, errnum, "%s", s->setup->child);
	if (waitid(P_PID, (id_t)child, &info, WEXITED) < 0)
		return err_errno(&s->err, errno, "waitid");
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		return err_set(&s->err, ERR_FAILED, "%s did not exit with 0", s->setup->child);
	return 0;
}

static void *spawn_loop(void *arg)
{
	struct spawner *s = arg;
	int64_t now = clock_mono_us();

	while (s->rc == 0 && now < s->end_us) {
		int64_t before = now;

		s->rc = spawn_and_wait(s);
		now = clock_mono_us();
		samples_add(&s->turns, now - before);
	}
	return NULL;
}

static int open_spawner(struct spawner *s, const struct limit_setup *setup, unsigned n,
			bool captured, struct err *err)
{
	char name[32];

	*s = (struct spawner){ .setup = setup, .output = -1 };
	s->end_us = clock_mono_us() + (int64_t)(setup->seconds * 1e6);
	posix_spawn_file_actions_init(&s->actions);
	if (!captured)
		return 0;
	snprintf(name, sizeof(name), "output-%u", n);
	s->output = openat(setup->dirfd, name, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	if (s->output < 0)
		return err_errno(err, errno, "%s/%s", setup->dir, name);
	posix_spawn_file_actions_adddup2(&s->actions, s->output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&s->actions, s->output, STDERR_FILENO);
	return 0;
}

static int close_spawner(struct spawner *s, struct samples *turns, struct err *err)
{
	posix_spawn_file_actions_destroy(&s->actions);
	fs_close(&s->output);
	samples_move(turns, &s->turns);
	return s->rc < 0 ? err_copy(err, &s->err) : 0;
}

int limit_spawn(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		double *ret_value, struct err *err)
{
	struct spawner spawners[THREADS_MAX];
	unsigned threads = variant & THREADS_MAX;
	int64_t before = clock_mono_us();
	int rc = 0;

	for (unsigned i = 0; i < threads; i++) {
		rc = open_spawner(&spawners[i], setup, i, variant & SPAWN_CAPTURED, err);
		if (rc < 0)
			return rc;
	}
	for (unsigned i = 1; i < threads; i++)
		BUG_ON(pthread_create(&spawners[i].thread, NULL, spawn_loop, &spawners[i]) != 0);
	spawn_loop(&spawners[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(spawners[i].thread, NULL);
	*ret_value = 0;
	for (unsigned i = 0; i < threads; i++) {
		int closed = close_spawner(&spawners[i], turns, err);

		rc = rc < 0 ? rc : closed;
	}
	*ret_value = (double)turns->count * 1e6 / (double)(clock_mono_us() - before);
	return rc;
}
