/* SPDX-License-Identifier: Apache-2.0 */
/* A process of its own plays the worker, and is killed or stopped. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/unit/workers/process/steps.h"

enum { GONE_WITHIN_MS = 2000 };

/* Deaf to TERM, with a daemon of the same kind beside it. */
#define DEAF                                                                                       \
	"trap '' TERM; (setsid sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' \"$1\" &) ; "  \
	"echo ready; while :; do sleep 0.05; done"

struct setting {
	enum steps_profile profile;
	int64_t lease_ms; /* soft; hard is twice as far; 0: none */
};

/* Forks a worker that runs DEAF and then only sleeps; returns when DEAF runs. */
static pid_t start_worker(const struct setting *how)
{
	struct spawn_spec spec = steps_shell(DEAF);
	pid_t worker;

	spec.grace_ms = 60000;
	steps_token(); /* the same in the child */
	worker = fork();
	assert_true(worker >= 0);
	if (worker == 0) {
		struct spawner *s;
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test fail */
		if (how->lease_ms) {
			spec.lease_soft_ms = clock_boot_ms() + how->lease_ms;
			spec.lease_hard_ms = clock_boot_ms() + 2 * how->lease_ms;
		}
		if (spawner_create(steps_allow(how->profile), &s, NULL) < 0 ||
		    spawner_await(s, NULL) < 0 || spawner_start(s, &spec, NULL) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	steps_await_log("ready");
	steps_await_alive(2);
	return worker;
}

static void kill_worker(enum steps_profile profile)
{
	pid_t worker = start_worker(&(struct setting){ .profile = profile });
	int status;

	kill(worker, SIGKILL);
	waitpid(worker, &status, 0);
	assert_in_range(steps_await_none(), 0, GONE_WITHIN_MS);
	spawner_sweep();
}

static void a_killed_worker_takes_the_tree_along(void **state)
{
	(void)state;
	for (int p = 0; p < STEPS_PROFILE_COUNT; p++)
		kill_worker(p);
}

/* The worker cannot act; its spawner does, at the hard deadline as TERM is ignored. */
static void stop_worker(enum steps_profile profile)
{
	int64_t began_ms = clock_boot_ms();
	pid_t worker = start_worker(&(struct setting){ .profile = profile, .lease_ms = 300 });

	kill(worker, SIGSTOP);
	assert_in_range(steps_await_none(), 0, GONE_WITHIN_MS);
	assert_true(clock_boot_ms() >= began_ms + 600);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
	spawner_sweep();
}

static void a_stopped_workers_step_ends_with_the_lease(void **state)
{
	(void)state;
	for (int p = 0; p < STEPS_PROFILE_COUNT; p++)
		stop_worker(p);
}

/* What a dead worker could not remove, the next one does. */
static void left_over_groups_are_swept(void **state)
{
	pid_t worker = start_worker(&(struct setting){ .profile = STEPS_FULL });
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "find /sys/fs/cgroup -name 'ingot-*-%d-*' | grep -q .",
		 (int)worker);
	if (system(command) != 0) {
		kill(worker, SIGKILL);
		waitpid(worker, NULL, 0);
		print_message("SKIP: no control groups here\n");
		skip();
	}
	spawner_sweep(); /* a living worker's stays */
	assert_true(steps_count_alive() >= 2);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
	assert_int_equal(system(command), 0);
	steps_await_none();
	spawner_sweep();
	assert_int_not_equal(system(command), 0);
}

/* Its namespace dies with it, and the worker kills its group. With neither, only the
 * command itself goes along: README.md says so. */
static void kill_spawner(enum steps_profile profile)
{
	struct spawner *s = steps_spawner(steps_allow(profile));
	bool alone = spawner_profile_bits(s) == PROFILE_BIT(SUBREAPER);
	struct spawn_spec spec = steps_shell(alone ? "echo ready; exec sleep 30" : DEAF);
	struct spawner_event e;
	struct err err = ERR_INIT;

	steps_start(s, &spec);
	steps_await_log("ready");
	kill(spawner_pid(s), SIGKILL);
	e = steps_await(s, SPAWNER_EXITED);
	assert_int_equal(e.cause, SPAWNER_CAUSE_SPAWNER_DIED);
	assert_in_range(steps_await_none(), 0, GONE_WITHIN_MS);
	assert_int_equal(spawner_read(s, &e, &err), ERR_UNREACHABLE);
	assert_int_equal(spawner_start(s, &spec, &err), ERR_UNREACHABLE);
	steps_destroy(s);
}

static void a_killed_spawner_is_told(void **state)
{
	(void)state;
	for (int p = 0; p < STEPS_PROFILE_COUNT; p++)
		kill_spawner(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_worker_takes_the_tree_along),
		cmocka_unit_test(a_stopped_workers_step_ends_with_the_lease),
		cmocka_unit_test(left_over_groups_are_swept),
		cmocka_unit_test(a_killed_spawner_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
