/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - what the tests of workers/process share */
#include "tests/unit/workers/process/steps.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

enum { PATIENCE_MS = 10000, GONE_WITHIN_MS = 5000, PAUSE_MS = 5 };

static int log_fd = -1;

unsigned steps_allow(enum steps_profile p)
{
	static const unsigned allow[STEPS_PROFILE_COUNT] = {
		[STEPS_FULL] = PROFILE_ALL,
		[STEPS_PIDNS] = PROFILE_ALL & ~PROFILE_CGROUP,
		[STEPS_GROUP] = PROFILE_ALL & ~PROFILE_BIT(PIDNS),
		[STEPS_SUBREAPER] = 0,
	};
	return allow[p];
}

struct spawner *steps_spawner(unsigned allow)
{
	struct spawner *s = NULL;
	struct err err = ERR_INIT;

	if (spawner_create(allow, &s, &err) < 0 || spawner_await(s, &err) < 0)
		fail_msg("no spawner: %s", err.text);
	return s;
}

void steps_destroy(struct spawner *s)
{
	struct err err = ERR_INIT;

	if (spawner_destroy(s, &err) < 0)
		fail_msg("%s", err.text);
}

static enum steps_profile current;

static int create_current(void **state)
{
	*state = steps_spawner(steps_allow(current));
	print_message("profile: %s\n", spawner_profile(*state));
	return 0;
}

static int destroy_current(void **state)
{
	steps_destroy(*state);
	assert_int_equal(steps_count_alive(), 0);
	return 0;
}

int steps_run_in_each(const struct CMUnitTest *tests, size_t count)
{
	int failed = 0;

	for (current = 0; current < STEPS_PROFILE_COUNT; current++)
		failed += _cmocka_run_group_tests("steps", tests, count, create_current,
						  destroy_current);
	return failed;
}

static int open_log(void)
{
	char path[] = "/tmp/ingot-step-XXXXXX";

	if (log_fd >= 0)
		close(log_fd);
	log_fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	assert_true(log_fd >= 0);
	unlink(path);
	return log_fd;
}

struct spawn_spec steps_argv(const char *const *argv)
{
	static const char *const envp[] = { "PATH=/usr/bin:/bin", NULL };

	return (struct spawn_spec){
		.argv = argv,
		.envp = envp,
		.cwd = "/tmp",
		.log_fd = open_log(),
		.grace_ms = 1000,
	};
}

struct spawn_spec steps_shell(const char *script)
{
	static const char *argv[] = { "sh", "-c", NULL, "step", NULL, NULL };

	argv[2] = script;
	argv[4] = steps_token(); /* "$1", and seen in the command line */
	return steps_argv(argv);
}

void steps_start(struct spawner *s, const struct spawn_spec *spec)
{
	struct err err = ERR_INIT;

	if (spawner_start(s, spec, &err) < 0)
		fail_msg("not started: %s", err.text);
}

struct spawner_event steps_await(struct spawner *s, enum spawner_event_type type)
{
	struct pollfd readable = { .fd = spawner_fd(s), .events = POLLIN };
	struct spawner_event event;
	struct err err = ERR_INIT;
	int got;

	for (;;) {
		if (poll(&readable, 1, PATIENCE_MS) <= 0)
			fail_msg("no event within %d ms", PATIENCE_MS);
		got = spawner_read(s, &event, &err);
		if (got < 0)
			fail_msg("%s", err.text);
		if (got > 0 && event.type == type)
			return event;
		if (got > 0 && event.type == SPAWNER_EXITED)
			fail_msg("exited before: %s", event.text);
	}
}

struct spawner_event steps_run(struct spawner *s, const struct spawn_spec *spec)
{
	steps_start(s, spec);
	return steps_await(s, SPAWNER_EXITED);
}

const char *steps_log(void)
{
	static char text[STEPS_LOG_SIZE];
	ssize_t len = pread(log_fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
}

void steps_await_log(const char *text)
{
	int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;

	while (!strstr(steps_log(), text)) {
		if (clock_mono_us() > until_us)
			fail_msg("the log lacks '%s': '%s'", text, steps_log());
		pause_shortly();
	}
}

const char *steps_token(void)
{
	static char token[64];

	if (!token[0])
		snprintf(token, sizeof(token), "ingot-test-token-%d", (int)getpid());
	return token;
}

static bool has_token(const char *pid)
{
	char path[64], text[8192];
	int fd;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > 0 && memmem(text, (size_t)len, steps_token(), strlen(steps_token()));
}

int steps_count_alive(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int count = 0;

	while (d && (e = readdir(d)))
		count += isdigit((unsigned char)e->d_name[0]) && has_token(e->d_name);
	if (d)
		closedir(d);
	return count;
}

void steps_await_alive(int count)
{
	int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;

	while (steps_count_alive() < count) {
		if (clock_mono_us() > until_us)
			fail_msg("only %d processes of the step live", steps_count_alive());
		pause_shortly();
	}
}

int64_t steps_await_none(void)
{
	int64_t began_us = clock_mono_us(), spent_ms = 0;

	while (steps_count_alive() > 0) {
		spent_ms = (clock_mono_us() - began_us) / 1000;
		if (spent_ms > GONE_WITHIN_MS)
			fail_msg("%d processes of the step are alive after %d ms",
				 steps_count_alive(), GONE_WITHIN_MS);
		pause_shortly();
	}
	return spent_ms;
}
