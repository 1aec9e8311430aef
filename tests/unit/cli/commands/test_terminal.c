/* SPDX-License-Identifier: Apache-2.0 */
/* test_terminal.c - run on a terminal: the living tree, Ctrl-C once and twice */
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
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
#include "tests/unit/cli/fake.h"

enum { LIMIT_MS = 10000, LIMIT_S = 10 };

#define SUBMITTED "r{\"run\":42,\"warnings\":[]}"
#define FIRST                                                                                      \
	"e{\"run\":{\"id\":42,\"pipeline\":\"p\",\"state\":\"running\",\"branch\":\"main\","         \
	"\"created_at\":\"2026-11-20T20:00:00.000Z\"},\"steps\":["                                   \
	"{\"name\":\"a\",\"job\":\"a\",\"state\":\"running\"}],"                                     \
	"\"tails\":[{\"step\":\"a\",\"line\":\"epoch 3\"}]}\n"
#define ENDED(state)                                                                               \
	"e{\"steps\":[{\"name\":\"a\",\"job\":\"a\",\"state\":\"" state "\"}]}\n"                    \
	"r{\"run\":{\"id\":42,\"pipeline\":\"p\",\"state\":\"" state "\",\"branch\":\"main\","       \
	"\"created_at\":\"2026-11-20T20:00:00.000Z\","                                               \
	"\"finished_at\":\"2026-11-20T20:00:03.000Z\"},\"failures\":[]}"

/* A program on a terminal of its own, and all that it has written so far. */
struct terminal {
	int fd;
	pid_t pid;
	struct buf seen;
};

static void start(struct terminal *t, const struct fake *f)
{
	struct winsize size = { .ws_row = 20, .ws_col = 60 };

	*t = (struct terminal){ .pid = 0 };
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	assert_true(t->pid >= 0);
	if (t->pid == 0) {
		alarm(LIMIT_S);
		setenv("TERM", "xterm", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		unsetenv("NO_COLOR");
		execl(INGOT_PROGRAM, "ingot", "--home", f->home, "run", "--color", "never", "/tmp",
		      NULL);
		_exit(127);
	}
}

/* Reads what comes; false at the end. */
static int read_more(struct terminal *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	ssize_t got;

	assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
	buf_reserve(&t->seen, 4096);
	got = read(t->fd, t->seen.data + t->seen.len, 4096);
	if (got <= 0)
		return 0;
	t->seen.len += (size_t)got;
	t->seen.data[t->seen.len] = '\0';
	return 1;
}

static void wait_for(struct terminal *t, const char *text)
{
	while (!strstr(buf_str(&t->seen), text))
		assert_true(read_more(t));
}

static int finish(struct terminal *t)
{
	int status;

	while (read_more(t))
		;
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	close(t->fd);
	buf_finish(&t->seen);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void the_tree_is_drawn_again_and_the_last_one_stays(void **state)
{
	const struct fake_rule script[] = {
		{ "run.submit", SUBMITTED },
		{ "run.follow", FIRST ENDED("succeeded") },
		{ 0 },
	};
	struct terminal t;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	start(&t, &f);
	wait_for(&t, "next: ingot show 42\r\n");
	assert_non_null(strstr(buf_str(&t.seen), "p run 42 · main\x1b[K\r\n  ✓ a\x1b[K\r\n\x1b[J"
						 "run 42 succeeded in 3.0s: 1 succeeded\r\n"));
	assert_int_equal(finish(&t), 0);
	fake_finish(&f);
}

static void one_interruption_cancels_and_waits_for_the_end(void **state)
{
	const struct fake_rule script[] = {
		{ "run.submit", SUBMITTED },
		{ "run.follow", FIRST "w\n" ENDED("cancelled") },
		{ "run.cancel", "r{\"run\":42}" },
		{ 0 },
	};
	struct terminal t;
	struct fake f;
	json_t *args;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	start(&t, &f);
	wait_for(&t, "epoch 3");
	assert_int_equal(write(t.fd, "\x03", 1), 1);
	wait_for(&t, "cancelling run 42: its steps get their grace");
	wait_for(&t, "next: ingot retry 42");
	assert_int_equal(finish(&t), 130);
	args = fake_asked(&f, "run.cancel", 0);
	assert_true(json_is_false(json_object_get(args, "at_once")));
	json_decref(args);
	fake_finish(&f);
}

/* The program does not wait for the answer, so the scheduler may still be reading. */
static json_t *await_asked(const struct fake *f, const char *op, int n)
{
	json_t *args = NULL;

	for (int waited_ms = 0; !args && waited_ms < LIMIT_MS; waited_ms += 20) {
		args = fake_asked(f, op, n);
		if (!args)
			poll(NULL, 0, 20);
	}
	return args;
}

static void the_second_interruption_leaves_at_once(void **state)
{
	const struct fake_rule script[] = {
		{ "run.submit", SUBMITTED },
		{ "run.follow", FIRST "w\nw" },
		{ "run.cancel", "r{\"run\":42}" },
		{ 0 },
	};
	struct terminal t;
	struct fake f;
	json_t *args;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	start(&t, &f);
	wait_for(&t, "epoch 3");
	assert_int_equal(write(t.fd, "\x03", 1), 1);
	wait_for(&t, "cancelling run 42");
	assert_int_equal(write(t.fd, "\x03", 1), 1);
	wait_for(&t, "run 42 is cancelled at once");
	assert_int_equal(finish(&t), 130);
	args = await_asked(&f, "run.cancel", 1);
	assert_true(json_is_true(json_object_get(args, "at_once")));
	json_decref(args);
	fake_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_drawn_again_and_the_last_one_stays),
		cmocka_unit_test(one_interruption_cancels_and_waits_for_the_end),
		cmocka_unit_test(the_second_interruption_leaves_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
