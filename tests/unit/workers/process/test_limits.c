/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the whole tree need controllers; without them these tests are skipped. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/unit/workers/process/steps.h"
#include "workers/process/cgroup.h"

#define MIB (1024ull * 1024)

/* Less than a step needs, in reach of what the spawner itself takes. */
#ifdef __SANITIZE_ADDRESS__
#define TINY (32 * MIB)
#else
#define TINY MIB
#endif

/* A shell variable that doubles: 128 MiB after 27 rounds. */
#define EAT_128_MIB "x=x; i=0; while [ $i -lt 27 ]; do x=$x$x; i=$((i+1)); done; echo ${#x}"

static void need(struct spawner *s, unsigned bit, const char *what)
{
	if (spawner_profile_bits(s) & bit)
		return;
	print_message("SKIP: no %s controller here (%s)\n", what, spawner_profile(s));
	skip();
}

static void a_step_over_its_memory_is_oom_killed(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(EAT_128_MIB);
	struct spawner_event e;

	need(s, PROFILE_BIT(MEMORY), "memory");
	spec.memory_bytes = 32 * MIB;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_OOM_KILLED);
	assert_int_equal(e.signal, SIGKILL);
	assert_in_range(e.peak_bytes, 16 * MIB,
			36 * MIB); /* shared pages may be charged elsewhere */
}

/* The shell lives on and says 137; the reason is still the memory. */
static void a_child_over_the_memory_counts_if_the_step_fails(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("sh -c '" EAT_128_MIB "'; exit $?");
	struct spawner_event e;

	need(s, PROFILE_BIT(MEMORY), "memory");
	spec.memory_bytes = 32 * MIB;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_OOM_KILLED);
	assert_int_equal(e.exit_code, 137);
	spec = steps_shell("sh -c '" EAT_128_MIB "'; exit 0");
	spec.memory_bytes = 32 * MIB;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
}

static void the_next_step_has_its_own_limit(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(EAT_128_MIB);
	struct spawner_event e;

	need(s, PROFILE_BIT(MEMORY), "memory");
	spec.memory_bytes = 32 * MIB;
	assert_int_equal(steps_run(s, &spec).cause, SPAWNER_CAUSE_OOM_KILLED);
	spec = steps_shell(EAT_128_MIB);
	e = steps_run(s, &spec); /* none */
	assert_int_equal(e.exit_code, 0);
	assert_string_equal(steps_log(), "134217728\n");
	spec = steps_shell("exit 1");
	spec.memory_bytes = 64 * MIB;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
	assert_true(e.peak_bytes < 16 * MIB); /* not what an earlier one held */
}

/* Two halves that each fit and together do not: the limit is the tree's. */
static void memory_is_counted_over_all_processes(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(
		"h='x=x; i=0; while [ $i -lt 24 ]; do x=$x$x; i=$((i+1)); done; sleep 0.5'; "
		"sh -c \"$h\" & sh -c \"$h\" & wait");
	struct spawner_event e;

	need(s, PROFILE_BIT(MEMORY), "memory");
	spec.memory_bytes = 256 * MIB;
	e = steps_run(s, &spec);
	assert_int_equal(e.exit_code, 0);
	assert_true(e.peak_bytes >= 32 * MIB);
}

static void a_fork_bomb_is_contained(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(
		"n=0; while [ $n -lt 60 ]; do sleep 20 & n=$((n+1)); done; echo unbounded");
	struct spawner_event e;

	need(s, PROFILE_BIT(PIDS), "pids");
	spec.pids = 20;
	spec.timeout_ms = 8000;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
	assert_int_not_equal(e.exit_code, 0);
	assert_null(strstr(steps_log(), "unbounded"));
	assert_non_null(strstr(steps_log(), "fork"));
}

static void exactly_so_many_processes_are_allowed(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("sleep 0.1 & sleep 0.1 & wait; echo three");

	need(s, PROFILE_BIT(PIDS), "pids");
	spec.pids = 3;
	assert_int_equal(steps_run(s, &spec).exit_code, 0);
	spec = steps_shell("sleep 0.1 & sleep 0.1 & wait; echo three");
	spec.pids = 2;
	assert_int_not_equal(steps_run(s, &spec).exit_code, 0);
}

static void cpu_time_is_limited(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("while :; do :; done");
	struct spawner_event e;

	need(s, PROFILE_BIT(CPU), "cpu");
	spec.cpu_milli = 100; /* a tenth of a CPU for a second */
	spec.timeout_ms = 1000;
	spec.grace_ms = 0;
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_TIMED_OUT);
	assert_in_range(e.cpu_user_us + e.cpu_system_us, 20 * 1000, 400 * 1000);
}

/* The spawner is in the group too, and larger than the step when it begins; yet
 * it is the step that the kernel picks, and the slot goes on. */
static void the_spawner_is_not_the_one_killed(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(EAT_128_MIB);

	need(s, PROFILE_BIT(MEMORY), "memory");
	spec.memory_bytes = TINY;
	assert_int_equal(steps_run(s, &spec).cause, SPAWNER_CAUSE_OOM_KILLED);
	spec = steps_shell("exit 6");
	assert_int_equal(steps_run(s, &spec).exit_code, 6);
}

static void a_step_cannot_shield_itself_from_the_oom_killer(void **state)
{
	struct spawn_spec spec = steps_shell("{ echo -999 >/proc/self/oom_score_adj; } 2>/dev/null; "
					     "cat /proc/self/oom_score_adj");

	spec.memory_bytes = 64 * MIB;
	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_true(strlen(steps_log()) > 0 && atoi(steps_log()) >= 0);
}

/* Without a controller the limit is each process's own. */
static void without_a_controller_data_is_limited(void **state)
{
	struct spawner *s = steps_spawner(PROFILE_ALL & ~PROFILE_CGROUP);
	struct spawn_spec spec = steps_shell(EAT_128_MIB);
	struct spawner_event e;

	(void)state;
	spec.memory_bytes = 32 * MIB;
	e = steps_run(s, &spec);
	assert_int_not_equal(e.exit_code, 0); /* some shells say so, some crash */
	assert_null(strstr(steps_log(), "134217728"));
	steps_destroy(s);
}

static int count_groups(void)
{
	char command[128], line[32] = "";
	FILE *found;

	snprintf(command, sizeof(command), "find /sys/fs/cgroup -name 'ingot-*-%d-*' | wc -l",
		 (int)getpid());
	found = popen(command, "r");
	assert_non_null(found);
	assert_non_null(fgets(line, sizeof(line), found));
	pclose(found);
	return atoi(line);
}

static void the_group_goes_with_the_spawner(void **state)
{
	int before = count_groups();
	struct spawner *s;

	need(*state, PROFILE_CGROUP, "any");
	s = steps_spawner(PROFILE_ALL);
	assert_true(count_groups() > before);
	steps_destroy(s);
	assert_int_equal(count_groups(), before);
}

static int create(void **state)
{
	*state = steps_spawner(PROFILE_ALL);
	print_message("profile: %s\n", spawner_profile(*state));
	return 0;
}

static int destroy(void **state)
{
	steps_destroy(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_over_its_memory_is_oom_killed),
		cmocka_unit_test(a_child_over_the_memory_counts_if_the_step_fails),
		cmocka_unit_test(the_next_step_has_its_own_limit),
		cmocka_unit_test(memory_is_counted_over_all_processes),
		cmocka_unit_test(a_fork_bomb_is_contained),
		cmocka_unit_test(exactly_so_many_processes_are_allowed),
		cmocka_unit_test(cpu_time_is_limited),
		cmocka_unit_test(the_spawner_is_not_the_one_killed),
		cmocka_unit_test(a_step_cannot_shield_itself_from_the_oom_killer),
		cmocka_unit_test(without_a_controller_data_is_limited),
		cmocka_unit_test(the_group_goes_with_the_spawner),
	};
	return cmocka_run_group_tests(tests, create, destroy);
}
