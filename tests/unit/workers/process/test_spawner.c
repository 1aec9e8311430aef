/* SPDX-License-Identifier: Apache-2.0 */
/* One step after another: what it gets, how its end is told, what it leaves. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/unit/workers/process/steps.h"

static void exit_codes_and_signals_arrive(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("exit 0");
	struct spawner_event e = steps_run(s, &spec);

	assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
	assert_int_equal(e.exit_code, 0);
	spec = steps_shell("exit 75");
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
	assert_int_equal(e.exit_code, 75);
	assert_int_equal(e.signal, 0);
	spec = steps_shell("kill -SEGV $$");
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_SIGNALLED);
	assert_int_equal(e.signal, SIGSEGV);
	assert_int_equal(e.exit_code, -1);
}

static void a_command_that_cannot_be_run_says_why(void **state)
{
	static const char *const missing[] = { "no-such-command", NULL };
	static const char *const folder[] = { "/tmp", NULL };
	struct spawner *s = *state;
	struct spawn_spec spec = steps_argv(missing);
	struct spawner_event e = steps_run(s, &spec);

	assert_int_equal(e.cause, SPAWNER_CAUSE_NOT_STARTED);
	assert_string_equal(e.text, "cannot run 'no-such-command': No such file or directory");
	assert_int_equal(e.error, 2);
	assert_int_equal(e.exit_code, -1);
	spec = steps_argv(folder);
	e = steps_run(s, &spec);
	assert_string_equal(e.text, "cannot run '/tmp': Permission denied");
	spec = steps_shell("exit 0");
	spec.cwd = "/no/such/folder";
	e = steps_run(s, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_NOT_STARTED);
	assert_string_equal(
		e.text, "cannot change to the folder '/no/such/folder': No such file or directory");
	spec = steps_shell("exit 3"); /* and the slot is as good as before */
	assert_int_equal(steps_run(s, &spec).exit_code, 3);
}

static void wrong_specs_are_refused(void **state)
{
	static const char *const none[] = { NULL };
	struct spawner *s = *state;
	struct spawn_spec spec = steps_argv(none);
	struct err err = ERR_INIT;
	char *huge = malloc(SPAWNER_STRINGS_LIMIT + 1);

	assert_int_equal(spawner_start(s, &spec, &err), ERR_INVALID);
	spec = steps_shell("exit 0");
	spec.cwd = "relative";
	assert_int_equal(spawner_start(s, &spec, &err), ERR_INVALID);
	memset(huge, 'x', SPAWNER_STRINGS_LIMIT);
	huge[SPAWNER_STRINGS_LIMIT] = '\0';
	spec = steps_shell(huge);
	assert_int_equal(spawner_start(s, &spec, &err), ERR_TOO_LARGE);
	free(huge);
	assert_false(spawner_is_busy(s));
	spec = steps_shell("sleep 5");
	steps_start(s, &spec);
	assert_int_equal(spawner_start(s, &spec, &err), ERR_STATE);
	assert_int_equal(spawner_lease(s, 1, 1, &err), 0);
	assert_int_equal(steps_await(s, SPAWNER_EXITED).cause, SPAWNER_CAUSE_FENCED);
}

/* As long as the kernel takes for one string, and the whole near our limit. */
static void a_long_script_arrives_whole(void **state)
{
	struct spawner *s = *state;
	enum { LEN = 120 * 1024 };
	char *script = malloc(LEN + 1);
	struct spawn_spec spec;

	memset(script, ' ', LEN);
	memcpy(script + LEN - 7, "exit 42", 7);
	script[LEN] = '\0';
	spec = steps_shell(script);
	assert_int_equal(steps_run(s, &spec).exit_code, 42);
	free(script);
}

static void the_environment_is_exactly_as_given(void **state)
{
	static const char *const argv[] = { "/usr/bin/env", NULL };
	static const char *const envp[] = { "B=2", "A=one two", "EMPTY=", NULL };
	struct spawn_spec spec = steps_argv(argv);

	spec.envp = envp;
	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_string_equal(steps_log(), "B=2\nA=one two\nEMPTY=\n");
}

/* Also: output of both kinds in order, an empty standard input, the folder, a
 * session of its own. */
static void the_step_gets_its_folder_log_and_session(void **state)
{
	struct spawn_spec spec =
		steps_shell("pwd; echo err >&2; wc -c; "
			    "set -- $(cat /proc/self/stat); test $5 = $6 && echo leads");

	spec.cwd = "/usr";
	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_string_equal(steps_log(), "/usr\nerr\n0\nleads\n");
}

static void no_descriptor_leaks_into_the_step(void **state)
{
	int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, on purpose */
	struct spawner *s = steps_spawner(spawner_profile_bits(*state));
	struct spawn_spec spec = steps_shell("ls /proc/self/fd | wc -l");

	assert_true(leaky >= 0);
	assert_int_equal(steps_run(s, &spec).exit_code, 0);
	assert_string_equal(steps_log(), "4\n"); /* 0, 1, 2 and ls's own */
	close(leaky);
	steps_destroy(s);
}

static void privileges_are_gone(void **state)
{
	struct spawn_spec spec =
		steps_shell("grep -E 'NoNewPrivs|CapPrm|CapEff|CapBnd|SigBlk|SigIgn' "
			    "/proc/self/status; ulimit -c");

	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_non_null(strstr(steps_log(), "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(steps_log(), "CapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(steps_log(), "CapEff:\t0000000000000000\n"));
	if (geteuid() == 0)
		assert_non_null(strstr(steps_log(), "CapBnd:\t0000000000000000\n"));
	assert_non_null(strstr(steps_log(), "SigBlk:\t0000000000000000\n"));
	assert_non_null(strstr(steps_log(), "SigIgn:\t0000000000000000\n"));
	assert_non_null(strstr(steps_log(), "\n0\n"));
}

static void a_read_only_file_stays_so_for_root_too(void **state)
{
	char path[] = "/tmp/ingot-blob-XXXXXX", script[128];
	int fd = mkstemp(path);
	struct spawn_spec spec;

	assert_true(fd >= 0);
	fchmod(fd, 0444);
	close(fd);
	snprintf(script, sizeof(script), "echo damage >>%s", path);
	spec = steps_shell(script);
	assert_int_not_equal(steps_run(*state, &spec).exit_code, 0);
	assert_non_null(strstr(steps_log(), "ermission denied"));
	unlink(path);
}

static void the_spawners_memory_is_closed_to_the_step(void **state)
{
	struct spawn_spec spec = steps_shell("cat /proc/$PPID/environ");

	assert_int_not_equal(steps_run(*state, &spec).exit_code, 0);
	assert_non_null(strstr(steps_log(), "ermission denied"));
}

static void ignored_and_blocked_signals_are_not_inherited(void **state)
{
	sigset_t block, before;
	struct spawner *s;
	struct spawn_spec spec;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &before);
	signal(SIGPIPE, SIG_IGN);
	s = steps_spawner(spawner_profile_bits(*state));
	spec = steps_shell("grep -E 'SigBlk|SigIgn' /proc/self/status");
	assert_int_equal(steps_run(s, &spec).exit_code, 0);
	assert_string_equal(steps_log(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	steps_destroy(s);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void open_files_are_limited(void **state)
{
	struct spawn_spec spec = steps_shell("ulimit -n; ulimit -Hn");

	spec.open_files = 64;
	assert_int_equal(steps_run(*state, &spec).exit_code, 0);
	assert_string_equal(steps_log(), "64\n64\n");
}

static void a_longer_step_is_announced(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("read x </dev/null; sleep 0.1; echo $$");
	struct spawner_event started, e;
	char pid[32];

	steps_start(s, &spec);
	started = steps_await(s, SPAWNER_STARTED);
	assert_true(spawner_is_busy(s));
	e = steps_await(s, SPAWNER_EXITED);
	assert_false(spawner_is_busy(s));
	assert_int_equal(e.pid, started.pid);
	snprintf(pid, sizeof(pid), "%d\n", (int)e.pid);
	assert_string_equal(steps_log(), pid);
}

static void times_and_use_are_measured(void **state)
{
	static const char script[] =
		"i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 0.05";
	int64_t before_ms = clock_wall_ms();
	struct spawn_spec spec = steps_shell(script);
	struct spawner_event e = steps_run(*state, &spec);

	assert_int_equal(e.exit_code, 0);
	assert_in_range(e.started_wall_ms, before_ms, clock_wall_ms());
	assert_in_range(e.finished_wall_ms, e.started_wall_ms + 50, clock_wall_ms());
	assert_true(e.cpu_user_us + e.cpu_system_us > 5000);
	assert_true(e.peak_bytes > 64 * 1024 && e.peak_bytes < 1024 * 1024 * 1024);
}

/* The orphan is a zombie of the spawner's, and its time the step's. */
static void orphans_count_into_the_use(void **state)
{
	static const char script[] =
		"busy=$(mktemp); "
		"(setsid sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; rm $0' $busy &); "
		"while [ -e $busy ]; do sleep 0.01; done";
	struct spawn_spec spec = steps_shell(script);
	struct spawner_event e = steps_run(*state, &spec);

	assert_int_equal(e.exit_code, 0);
	assert_true(e.cpu_user_us + e.cpu_system_us > 20000);
}

static void the_timeout_ends_it(void **state)
{
	struct spawn_spec spec = steps_shell("sleep 30");
	struct spawner_event e;

	spec.timeout_ms = 60;
	e = steps_run(*state, &spec);
	assert_int_equal(e.cause, SPAWNER_CAUSE_TIMED_OUT);
	assert_int_equal(e.signal, SIGTERM);
	assert_in_range(e.finished_wall_ms - e.started_wall_ms, 55, 5000);
}

static void a_cancelled_step_may_tidy_up(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell(
		"trap 'echo tidy; exit 9' TERM; echo ready; while :; do sleep 0.01; done");
	struct spawner_event e;

	spec.grace_ms = 5000;
	steps_start(s, &spec);
	steps_await_log("ready");
	assert_int_equal(spawner_cancel(s, NULL), 0);
	e = steps_await(s, SPAWNER_EXITED);
	assert_int_equal(e.cause, SPAWNER_CAUSE_CANCELLED);
	assert_int_equal(e.exit_code, 9);
	assert_non_null(strstr(steps_log(), "tidy\n"));
}

static void ignoring_TERM_helps_only_for_the_grace(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec =
		steps_shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
	int64_t cancelled_us;
	struct spawner_event e;

	spec.grace_ms = 100;
	steps_start(s, &spec);
	steps_await_log("ready");
	cancelled_us = clock_mono_us();
	assert_int_equal(spawner_cancel(s, NULL), 0);
	e = steps_await(s, SPAWNER_EXITED);
	assert_int_equal(e.cause, SPAWNER_CAUSE_CANCELLED);
	assert_int_equal(e.signal, SIGKILL);
	assert_true(clock_mono_us() - cancelled_us >= 100 * 1000);
}

static void a_stopped_step_can_be_cancelled(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("echo ready; kill -STOP $$; sleep 30");

	spec.grace_ms = 5000;
	steps_start(s, &spec);
	steps_await_log("ready");
	assert_int_equal(spawner_cancel(s, NULL), 0);
	assert_int_equal(steps_await(s, SPAWNER_EXITED).signal, SIGTERM);
}

static void a_cancel_without_a_step_is_nothing(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("exit 4");

	assert_int_equal(spawner_cancel(s, NULL), 0);
	assert_int_equal(steps_run(s, &spec).exit_code, 4);
}

static void the_lease_ends_it(void **state)
{
	struct spawner *s = *state;
	struct spawn_spec spec = steps_shell("trap '' TERM; while :; do sleep 0.01; done");
	int64_t now_ms = clock_boot_ms();
	struct spawner_event e;

	spec.grace_ms = 30000; /* hard comes before the grace is over */
	spec.lease_soft_ms = now_ms + 50;
	spec.lease_hard_ms = now_ms + 150;
	steps_start(s, &spec);
	assert_int_equal(spawner_lease(s, now_ms + 250, now_ms + 350, NULL), 0);
	e = steps_await(s, SPAWNER_EXITED);
	assert_int_equal(e.cause, SPAWNER_CAUSE_FENCED);
	assert_int_equal(e.signal, SIGKILL);
	assert_in_range(clock_boot_ms(), now_ms + 350, now_ms + 6000);
}

static void the_lease_of_one_step_is_not_the_next_ones(void **state)
{
	struct spawner *s = *state;
	int64_t now_ms = clock_boot_ms();
	struct spawn_spec spec = steps_shell("exit 0");

	spec.lease_soft_ms = now_ms + 40;
	spec.lease_hard_ms = now_ms + 80;
	assert_int_equal(steps_run(s, &spec).cause, SPAWNER_CAUSE_EXITED);
	spec = steps_shell("sleep 0.2; exit 7");
	assert_int_equal(steps_run(s, &spec).exit_code, 7);
}

static int count_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* In the spawner's /proc: itself, and nobody else but `ls`. */
static void a_thousand_steps_leave_nothing(void **state)
{
	enum { STEPS = 1000 };
	static const char *const argv[] = { "/bin/true", NULL };
	struct spawner *s = *state;
	struct spawn_spec spec = steps_argv(argv);
	char fds[64];
	int before, ours_before = count_entries("/proc/self/fd");

	assert_int_equal(steps_run(s, &spec).exit_code, 0);
	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)spawner_pid(s));
	before = count_entries(fds); /* 0 where we may not look */
	for (int i = 0; i < STEPS; i++) {
		struct spawner_event e = steps_run(s, &spec);
		assert_int_equal(e.cause, SPAWNER_CAUSE_EXITED);
		assert_int_equal(e.exit_code, 0);
	}
	assert_int_equal(count_entries(fds), before);
	assert_int_equal(count_entries("/proc/self/fd"), ours_before);
	spec = steps_shell("cat /proc/[0-9]*/stat | grep -c ' Z '");
	steps_run(s, &spec);
	if (spawner_profile_bits(s) & PROFILE_BIT(PROC))
		assert_string_equal(steps_log(), "0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes_and_signals_arrive),
		cmocka_unit_test(a_command_that_cannot_be_run_says_why),
		cmocka_unit_test(wrong_specs_are_refused),
		cmocka_unit_test(a_long_script_arrives_whole),
		cmocka_unit_test(the_environment_is_exactly_as_given),
		cmocka_unit_test(the_step_gets_its_folder_log_and_session),
		cmocka_unit_test(no_descriptor_leaks_into_the_step),
		cmocka_unit_test(privileges_are_gone),
		cmocka_unit_test(a_read_only_file_stays_so_for_root_too),
		cmocka_unit_test(the_spawners_memory_is_closed_to_the_step),
		cmocka_unit_test(ignored_and_blocked_signals_are_not_inherited),
		cmocka_unit_test(open_files_are_limited),
		cmocka_unit_test(a_longer_step_is_announced),
		cmocka_unit_test(times_and_use_are_measured),
		cmocka_unit_test(orphans_count_into_the_use),
		cmocka_unit_test(the_timeout_ends_it),
		cmocka_unit_test(a_cancelled_step_may_tidy_up),
		cmocka_unit_test(ignoring_TERM_helps_only_for_the_grace),
		cmocka_unit_test(a_stopped_step_can_be_cancelled),
		cmocka_unit_test(a_cancel_without_a_step_is_nothing),
		cmocka_unit_test(the_lease_ends_it),
		cmocka_unit_test(the_lease_of_one_step_is_not_the_next_ones),
		cmocka_unit_test(a_thousand_steps_leave_nothing),
	};

	return steps_run_in_each(tests, countof(tests));
}
