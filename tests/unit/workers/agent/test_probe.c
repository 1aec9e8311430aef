/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprint commands: beside the steps, in an empty folder, briefly told. */
#include "workers/agent/probe.h"

#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"

static struct fake fake;

static int start(void **state)
{
	fake_start(&fake, &(struct fake_options){ .is_isolated = true });
	*state = &fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	return 0;
}

static void ask(struct fake *f, uint64_t id, const char *script)
{
	const char *words[] = { "/bin/sh", "-c", script, NULL };
	const struct wire_probe m = { id, { words, 3 }, 1500 };
	struct buf payload = BUF_INIT;

	wire_probe_encode(&m, &payload);
	fake_send(f, FRAME_SCHEDULER_PROBE_RUN, &payload);
	buf_finish(&payload);
}

static struct wire_probe_done hear(struct fake *f)
{
	struct frame frame = fake_await(f, FRAME_WORKER_PROBE_DONE);
	struct wire_probe_done m;

	assert_int_equal(wire_probe_done_decode(frame.payload, frame.len, &f->arena, &m, NULL), 0);
	return m;
}

static void it_tells_what_the_command_said(void **state)
{
	struct wire_probe_done m;

	ask(*state, 1, "echo out; echo err >&2");
	m = hear(*state);
	assert_int_equal(m.id, 1);
	assert_int_equal(m.exit_code, 0);
	assert_string_equal(m.output, "out\nerr\n");
}

static void each_finds_an_empty_folder_and_no_secrets(void **state)
{
	struct wire_probe_done m;

	ask(*state, 1, "touch left; mkdir -p a/b");
	ask(*state, 2,
	    "ls -A; echo \"$SECRET$INGOT_RUN\"; echo $CI; test $PWD = $TMPDIR && echo here");
	assert_int_equal(hear(*state).exit_code, 0);
	m = hear(*state);
	assert_int_equal(m.id, 2);
	assert_string_equal(m.output, "\ntrue\nhere\n");
}

static void failures_are_told(void **state)
{
	const char *words[] = { "no-such-program", NULL };
	const struct wire_probe missing = { 3, { words, 1 }, 500 };
	struct buf payload = BUF_INIT;
	struct wire_probe_done m;

	ask(*state, 1, "echo no; exit 5");
	m = hear(*state);
	assert_int_equal(m.exit_code, 5);
	assert_string_equal(m.output, "no\n");
	ask(*state, 2, "sleep 20");
	assert_int_equal(hear(*state).exit_code, -1);
	wire_probe_encode(&missing, &payload);
	fake_send(*state, FRAME_SCHEDULER_PROBE_RUN, &payload);
	buf_finish(&payload);
	m = hear(*state);
	assert_int_equal(m.exit_code, -1);
	assert_string_equal(m.output, "cannot run 'no-such-program': No such file or directory");
}

static void a_long_answer_is_cut(void **state)
{
	ask(*state, 1, "head -c 100000 /dev/zero | tr '\\0' x");
	assert_int_equal(strlen(hear(*state).output), PROBE_OUTPUT_MAX);
	ask(*state, 2, "printf 'a\\0b'");
	assert_string_equal(hear(*state).output, "a");
}

static void a_step_runs_meanwhile(void **state)
{
	struct wire_grant g = fake_grant(1, "sleep 0.2");
	struct wire_complete m;

	fake_send_grant(*state, &g);
	ask(*state, 1, "echo quick");
	assert_string_equal(hear(*state).output, "quick\n");
	m = fake_await_complete(*state);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	fake_answer(*state, &g.lease, WIRE_VERDICT_RECORDED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(it_tells_what_the_command_said),
		TEST(each_finds_an_empty_folder_and_no_secrets),
		TEST(failures_are_told),
		TEST(a_long_answer_is_cut),
		TEST(a_step_runs_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
