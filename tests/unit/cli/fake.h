/* SPDX-License-Identifier: Apache-2.0 */
/* fake.h - a scheduler that says what a test tells it to
 *
 * A process of its own listens in a home and answers each question by the script.
 * A script has rules; a rule is an operation and lines, each a letter and a text:
 *
 *	e{…}   an event        d…   bytes, with a newline behind
 *	r{…}   the result      x{…} the error
 *	w      goes on when the next question on this connection has been answered
 *	c      closes the connection
 *
 * Several rules of one operation are used in turn, the last for good. `hello` is
 * answered by itself unless there is a rule.
 */
#ifndef INGOT_TESTS_UNIT_CLI_FAKE_H
#define INGOT_TESTS_UNIT_CLI_FAKE_H

#include <jansson.h>
#include <sys/types.h>

struct fake_rule {
	const char *op; /* NULL ends the script */
	const char *lines;
};

struct fake {
	char home[64];
	pid_t pid; /* 0: none runs */
};

/* A home in a new folder, with nobody in it. */
void fake_init(struct fake *f);
/* Starts a scheduler there; returns once it listens. */
void fake_start(struct fake *f, const struct fake_rule *script);
/* Serves in this process, for ever: what a started `scheduler` command does.
 * ready_fd gets its byte. */
_Noreturn void fake_serve(const char *home, const struct fake_rule *script, int ready_fd);
/* The args of the n-th question of that operation (from 0), NULL if there was none;
 * the caller owns it. */
json_t *fake_asked(const struct fake *f, const char *op, int n);
/* Ends the process and removes the home. */
void fake_finish(struct fake *f);

/* What a program said. */
struct said {
	char out[64 * 1024];
	char err[64 * 1024];
	int code; /* exit code; 128 + the signal */
};

/* Runs the built ingot with these words, in the fake's home; NULL ends them. */
void fake_run(const struct fake *f, struct said *ret, const char *word, ...)
	__attribute__((sentinel));

#endif
