/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h - what the tests of workers/process share: a spawner, steps, their ends */
#ifndef INGOT_TESTS_PROCESS_STEPS_H
#define INGOT_TESTS_PROCESS_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "workers/process/spawner.h"

struct CMUnitTest;

enum { STEPS_LOG_SIZE = 4096 };

/* The profiles that every test of a promise goes through. */
enum steps_profile {
	STEPS_FULL,
	STEPS_PIDNS,     /* without a group */
	STEPS_GROUP,     /* without a PID namespace */
	STEPS_SUBREAPER, /* with neither */
	STEPS_PROFILE_COUNT,
};

unsigned steps_allow(enum steps_profile p);

/* Runs the tests once in each profile: *state is a spawner of it. Returns how many failed. */
int steps_run_in_each(const struct CMUnitTest *tests, size_t count);

/* A spawner, or the test fails. */
struct spawner *steps_spawner(unsigned allow);
void steps_destroy(struct spawner *s);

/* A spec that runs `sh -c script` in /tmp with PATH alone, logging into a new
 * temporary file. Valid until the next call. */
struct spawn_spec steps_shell(const char *script);
struct spawn_spec steps_argv(const char *const *argv);

void steps_start(struct spawner *s, const struct spawn_spec *spec);
/* Waits for an event of that type, 10 s at most; fails the test otherwise. */
struct spawner_event steps_await(struct spawner *s, enum spawner_event_type type);
/* Start and end in one. */
struct spawner_event steps_run(struct spawner *s, const struct spawn_spec *spec);

/* What the last spec's log holds, NUL-terminated. */
const char *steps_log(void);
/* Waits until the log holds the text, 10 s at most. */
void steps_await_log(const char *text);

/* A word that names this test's processes in their command lines. */
const char *steps_token(void);
/* How many live processes of the machine have the token in their command line. */
int steps_count_alive(void);
/* Waits until there are as many, 10 s at most. */
void steps_await_alive(int count);
/* Waits until there is none: how long that took, in ms; fails after 5 s. */
int64_t steps_await_none(void);

#endif
