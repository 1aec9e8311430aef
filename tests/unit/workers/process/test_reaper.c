/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody survives: whatever a step left behind is gone when its end is told. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/workers/process/steps.h"

/* A daemon as they are made: fork, session, fork again, deaf to TERM and HUP. */
#define DAEMON "(setsid sh -c 'trap \"\" TERM HUP; (while :; do sleep 1; done) & wait' \"$1\" &) ; "

/* `sleep` is none of ours by its command line, so we also count what holds the log. */
static bool log_is_held(const struct spawn_spec *spec)
{
	return fcntl(spec->log_fd, F_SETLEASE, F_WRLCK) < 0;
}

static void assert_nobody_left(const struct spawn_spec *spec)
{
	assert_int_equal(steps_count_alive(), 0);
	assert_false(log_is_held(spec));
}

static void a_daemon_ends_with_its_step(void **state)
{
	struct spawn_spec spec = steps_shell(DAEMON "sleep 0.1; exit 5");

	assert_int_equal(steps_run(*state, &spec).exit_code, 5);
	assert_nobody_left(&spec);
}

static void a_daemon_ends_with_a_cancelled_step(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(DAEMON "echo ready; sleep 30");

	steps_start(s, &spec);
	steps_await_log("ready");
	steps_await_alive(2);
	assert_int_equal(spawner_cancel(s, NULL), 0);
	assert_int_equal(steps_await(s, SPAWNER_EXITED).cause, SPAWNER_CAUSE_CANCELLED);
	assert_nobody_left(&spec);
}

static void a_deep_tree_ends(void **state)
{
	static const char script[] =
		"d='[ $1 -gt 0 ] && { setsid sh -c \"$2\" step $(($1-1)) \"$2\" & }; sleep 30'; "
		"setsid sh -c \"$d\" step 8 \"$d\" & sleep 0.3; exit 0";
	struct spawn_spec spec = steps_shell(script);

	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_nobody_left(&spec);
}

static void stopped_processes_end_too(void **state)
{
	struct spawn_spec spec =
		steps_shell("(setsid sh -c 'kill -STOP $$' &) ; sleep 0.1; exit 0");

	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_nobody_left(&spec);
}

/* A chain in which each process lives for a moment only, and its child goes on. */
static void a_chain_of_short_lives_ends(void **state)
{
	struct spawn_spec spec = steps_shell("d='sleep 0.02; sh -c \"$1\" step \"$1\" & exit'; "
					     "sh -c \"$d\" step \"$d\" & sleep 0.2; exit 0");

	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	usleep(100 * 1000);
	assert_nobody_left(&spec);
}

static void destroying_ends_the_step(void **state)
{
	struct spawner *s = steps_spawner(spawner_profile_bits(*state));
	struct spawn_spec spec = steps_shell(DAEMON "trap '' TERM; echo ready; sleep 30");

	steps_start(s, &spec);
	steps_await_log("ready");
	steps_destroy(s);
	assert_nobody_left(&spec);
}

/* Zombies of a long step would count against its limit of processes. */
static void orphans_are_reaped_while_the_step_runs(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec =
		steps_shell("for i in 1 2 3 4 5; do (setsid true &) ; done; sleep 0.2; "
			    "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ' Z '");

	steps_run(s, &spec);
	if (spawner_profile_bits(s) & PROFILE_BIT(PROC))
		assert_string_equal(steps_log(), "0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_ends_with_its_step),
		cmocka_unit_test(a_daemon_ends_with_a_cancelled_step),
		cmocka_unit_test(a_deep_tree_ends),
		cmocka_unit_test(stopped_processes_end_too),
		cmocka_unit_test(a_chain_of_short_lives_ends),
		cmocka_unit_test(destroying_ends_the_step),
		cmocka_unit_test(orphans_are_reaped_while_the_step_runs),
	};

	return steps_run_in_each(tests, countof(tests));
}
