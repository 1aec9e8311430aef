/* SPDX-License-Identifier: Apache-2.0 */
/* test_talk.c - the socket's client, and the start of a scheduler where none is
 *
 * The scheduler that the client starts is this very program: with the words
 * `scheduler --home HOME --ready-fd N` it is a fake one.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/fields.h"
#include "cli/settings.h"
#include "cli/starter.h"
#include "cli/talk.h"
#include "tests/unit/cli/fake.h"

static struct settings settings_of(const struct fake *f)
{
	return (struct settings){ .home = (char *)f->home };
}

static void a_question_gets_its_answer_or_the_error(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show", "r{\"id\":42}" },
		{ "run.cancel", "x{\"code\":\"state\",\"message\":\"run 42 has ended\"}" },
		{ 0 },
	};
	struct err err = ERR_INIT;
	struct talk *c;
	struct fake f;
	json_t *result;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	struct settings s = settings_of(&f);
	assert_int_equal(talk_open(&s, &c, &err), 0);
	assert_int_equal(talk_call(c, "run.show", json_pack("{s:i}", "run", 42), &result, &err), 0);
	assert_int_equal(field_int(result, "id"), 42);
	json_decref(result);
	assert_int_equal(talk_call(c, "run.cancel", NULL, NULL, &err), ERR_STATE);
	assert_string_equal(err.text, "run 42 has ended");
	assert_string_equal(field_text(talk_error(c), "message"), "run 42 has ended");
	talk_close(c);
	result = fake_asked(&f, "run.show", 0);
	assert_int_equal(field_int(result, "run"), 42);
	json_decref(result);
	fake_finish(&f);
}

struct seen {
	struct buf text;
	int events;
};

static int on_event(void *arg, json_t *event, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->events++;
	buf_str_append(&seen->text, field_text(event, "x"));
	return 0;
}

static int on_data(void *arg, const char *data, size_t len, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	buf_append(&seen->text, data, len);
	return 0;
}

static void a_stream_gives_events_and_bytes_before_the_answer(void **state)
{
	const struct fake_rule script[] = {
		{ "log.read", "e{\"x\":\"one \"}\ndtwo\ne{\"x\":\"three\"}\nr{\"size\":4}" },
		{ 0 },
	};
	struct seen seen = { BUF_INIT, 0 };
	const struct talk_sink sink = { &seen, on_event, on_data };
	struct talk *c;
	struct fake f;
	json_t *result;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	struct settings s = settings_of(&f);
	assert_int_equal(talk_open(&s, &c, NULL), 0);
	assert_int_equal(talk_stream(c, "log.read", NULL, &sink, &result, NULL), 0);
	assert_int_equal(field_int(result, "size"), 4);
	assert_int_equal(seen.events, 2);
	assert_string_equal(buf_str(&seen.text), "one two\nthree");
	json_decref(result);
	buf_finish(&seen.text);
	talk_close(c);
	fake_finish(&f);
}

static void a_scheduler_that_goes_away_is_told_apart(void **state)
{
	const struct fake_rule script[] = { { "run.show", "c" }, { 0 } };
	struct err err = ERR_INIT;
	struct talk *c;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	struct settings s = settings_of(&f);
	assert_int_equal(talk_open(&s, &c, NULL), 0);
	assert_int_equal(talk_call(c, "run.show", NULL, NULL, &err), ERR_UNREACHABLE);
	assert_string_equal(err.text, "the scheduler has gone away");
	talk_close(c);
	fake_finish(&f);
}

static void a_scheduler_of_another_version_with_runs_is_refused(void **state)
{
	const struct fake_rule script[] = {
		{ "hello", "r{\"version\":\"9.9\"}" },
		{ "shutdown", "x{\"code\":\"busy\",\"message\":\"runs are live\"}" },
		{ 0 },
	};
	struct err err = ERR_INIT;
	struct talk *c;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	struct settings s = settings_of(&f);
	assert_int_equal(talk_open(&s, &c, &err), ERR_VERSION);
	assert_non_null(strstr(err.text, "version 9.9"));
	fake_finish(&f);
}

static pid_t pid_of_started(struct talk *c)
{
	json_t *result;
	pid_t pid;

	assert_int_equal(talk_call(c, "pid", NULL, &result, NULL), 0);
	pid = (pid_t)field_int(result, "pid");
	json_decref(result);
	return pid;
}

static void where_nobody_listens_a_scheduler_is_started(void **state)
{
	struct talk *c;
	struct fake f;

	(void)state;
	fake_init(&f);
	setenv("FAKE_FAILS", "", 1);
	struct settings s = settings_of(&f);
	assert_int_equal(talk_open_running(&s, &c, NULL), ERR_UNREACHABLE);
	assert_int_equal(talk_open(&s, &c, NULL), 0);
	kill(pid_of_started(c), SIGKILL);
	talk_close(c);
	fake_finish(&f);
}

/* Two processes at once find the same scheduler. */
static void two_starters_start_one_scheduler(void **state)
{
	struct talk *c;
	struct fake f;
	int pipes[2];
	pid_t mine, theirs, child;

	(void)state;
	fake_init(&f);
	setenv("FAKE_FAILS", "", 1);
	struct settings s = settings_of(&f);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		if (talk_open(&s, &c, NULL) < 0)
			_exit(1);
		mine = pid_of_started(c);
		_exit(write(pipes[1], &mine, sizeof(mine)) == sizeof(mine) ? 0 : 1);
	}
	assert_int_equal(talk_open(&s, &c, NULL), 0);
	mine = pid_of_started(c);
	talk_close(c);
	assert_int_equal(read(pipes[0], &theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(mine, theirs);
	waitpid(child, NULL, 0);
	kill(mine, SIGKILL);
	close(pipes[0]);
	close(pipes[1]);
	fake_finish(&f);
}

static void what_kept_it_from_starting_is_told(void **state)
{
	struct err err = ERR_INIT;
	struct talk *c;
	struct fake f;

	(void)state;
	fake_init(&f);
	struct settings s = settings_of(&f);
	setenv("FAKE_FAILS", "report", 1);
	assert_int_equal(talk_open(&s, &c, &err), ERR_VERSION);
	assert_string_equal(err.text, "the database is of a newer version");
	assert_string_equal(err.hint, "use that version");
	setenv("FAKE_FAILS", "silently", 1);
	assert_int_equal(talk_open(&s, &c, &err), ERR_SYSTEM);
	assert_string_equal(err.text, "the scheduler ended before it was ready");
	fake_finish(&f);
}

/* argv: scheduler --home HOME --ready-fd N */
static int be_scheduler(char **argv)
{
	const char *fails = getenv("FAKE_FAILS");
	struct err err = ERR_INIT;
	char pid[48];
	int ready_fd = atoi(argv[5]);
	struct fake_rule script[] = { { "pid", pid }, { 0 } };

	if (str_eq(fails, "report")) {
		err_set(&err, ERR_VERSION, "the database is of a newer version");
		err_hint(&err, "use that version");
		starter_report(ready_fd, &err);
	}
	if (*fails)
		return 1;
	snprintf(pid, sizeof(pid), "r{\"pid\":%d}", (int)getpid());
	alarm(30);
	fake_serve(argv[3], script, ready_fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_gets_its_answer_or_the_error),
		cmocka_unit_test(a_stream_gives_events_and_bytes_before_the_answer),
		cmocka_unit_test(a_scheduler_that_goes_away_is_told_apart),
		cmocka_unit_test(a_scheduler_of_another_version_with_runs_is_refused),
		cmocka_unit_test(where_nobody_listens_a_scheduler_is_started),
		cmocka_unit_test(two_starters_start_one_scheduler),
		cmocka_unit_test(what_kept_it_from_starting_is_told),
	};

	if (argc == 6 && str_eq(argv[1], "scheduler"))
		return be_scheduler(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
