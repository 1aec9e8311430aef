/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments: verified, not verified, rolled back. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"
#include "tests/unit/workers/agent/server.h"

static struct fake fake;

static int start(void **state)
{
	fake_start(&fake, &(struct fake_options){ 0 });
	*state = &fake;
	return 0;
}

static int stop(void **state)
{
	fake_stop(*state);
	return 0;
}

static const char *verify[] = { "/bin/sh", "-c", NULL, NULL };
static const char *rollback[] = { "/bin/sh", "-c", NULL, NULL };

static struct wire_grant deployment(const char *script, const char *verify_script,
				    const char *rollback_script)
{
	struct wire_grant g = fake_grant(1, script);

	verify[2] = verify_script;
	rollback[2] = rollback_script;
	g.deploy = (struct wire_deploy){
		.verify_run = { verify, verify_script ? 3 : 0 },
		.verify_within_ms = 900,
		.rollback = { rollback, rollback_script ? 3 : 0 },
		.deployment = 7,
	};
	return g;
}

static void it_is_looked_at_until_it_is_well(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment("echo deployed $INGOT_DEPLOYMENT",
					 "test -e tried || { touch tried; echo not yet; exit 1; }",
					 "echo rolled back");
	struct wire_complete m;

	g.deploy.verify_within_ms = 10000;
	m = fake_run(f, &g);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_string_equal(m.message, "");
	assert_string_equal(fake_read(f, "logs/1/1-1.log"), "deployed 7\nnot yet\n");
}

/* The time of a next look must not outlive the looking. */
static void the_worker_goes_on_after_one(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment(":", "exit 0", NULL);

	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_SUCCEEDED);
	fake_sleep_ms(700);
	g.lease.step_id++;
	assert_int_equal(fake_run(f, &g).outcome, OUTCOME_SUCCEEDED);
}

static void one_that_is_not_well_in_time_is_rolled_back(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment("echo deployed", "exit 3", "echo back; exit 0");
	int64_t since_us = clock_mono_us();
	struct wire_complete m = fake_run(f, &g);

	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_VERIFY);
	assert_int_equal(m.exit_code, 0);
	assert_string_equal(m.message, "not verified within 0.9s: exited with 3; rolled back");
	assert_in_range(clock_mono_us() - since_us, 400000, 2500000);
	assert_string_equal(
		fake_read(f, "logs/1/1-1.log"),
		"deployed\n[ingot: not verified within 0.9s: exited with 3; rolling back]\n"
		"back\n");
}

static void a_rollback_that_fails_is_told(void **state)
{
	struct wire_grant g = deployment("exit 2", "exit 0", "exit 9");
	struct wire_complete m = fake_run(*state, &g);

	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_EXIT_CODE);
	assert_int_equal(m.exit_code, 2);
	assert_string_equal(m.message, "exited with 2; the rollback failed: exited with 9");
}

static void what_asks_to_be_skipped_is_not_rolled_back(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment("exit 77", "exit 0", "echo back");
	struct wire_complete m = fake_run(f, &g);

	assert_int_equal(m.outcome, OUTCOME_SKIPPED);
	assert_false(fake_has(f, "logs/1/1-1.log"));
}

static void without_a_rollback_it_just_fails(void **state)
{
	struct wire_grant g = deployment(":", "exit 1", NULL);
	struct wire_complete m = fake_run(*state, &g);

	assert_int_equal(m.reason, REASON_VERIFY);
	assert_string_equal(m.message, "not verified within 0.9s: exited with 1");
}

static void a_server_is_asked(void **state)
{
	const char *const answers[] = { "HTTP/1.1 503 No\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
					NULL };
	struct wire_grant g = deployment(":", NULL, "echo back");
	struct server s;
	struct wire_complete m;

	server_start(&s, answers);
	g.deploy.verify_http = s.url;
	g.deploy.verify_within_ms = 10000;
	m = fake_run(*state, &g);
	assert_string_equal(m.message, "");
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	server_stop(&s);
}

static void a_server_that_is_not_well_is_quoted(void **state)
{
	const char *const answers[] = { "HTTP/1.1 503 No\r\n\r\n", NULL };
	struct wire_grant g = deployment(":", NULL, "exit 0");
	struct wire_complete m;
	struct server s;
	char want[256];

	server_start(&s, answers);
	g.deploy.verify_http = s.url;
	m = fake_run(*state, &g);
	snprintf(want, sizeof(want), "not verified within 0.9s: GET %s: 503; rolled back", s.url);
	assert_string_equal(m.message, want);
	assert_int_equal(m.reason, REASON_VERIFY);
	server_stop(&s);
}

static void a_cancel_while_it_is_looked_at_rolls_back(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment("echo deployed", "exit 1", "echo back");
	struct wire_complete m;

	g.deploy.verify_within_ms = 60000;
	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_send_lease(f, FRAME_SCHEDULER_STEP_CANCEL, &g.lease);
	m = fake_await_complete(f);
	assert_int_equal(m.outcome, OUTCOME_CANCELLED);
	assert_string_equal(m.message, "cancelled; rolled back");
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
}

static void a_cancelled_command_is_rolled_back(void **state)
{
	struct fake *f = *state;
	struct wire_grant g =
		deployment("echo up; while :; do sleep 0.01; done", "exit 0", "echo back");
	struct wire_complete m;

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_send_lease(f, FRAME_SCHEDULER_STEP_CANCEL, &g.lease);
	m = fake_await_complete(f);
	assert_string_equal(m.message, "cancelled; rolled back");
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
}

static void a_fenced_deployment_is_left_as_it_is(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = deployment("echo deployed", "exit 1", "echo back");
	struct frame none;

	g.deploy.verify_within_ms = 60000;
	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_answer(f, &g.lease, WIRE_VERDICT_FENCED);
	assert_false(fake_next(f, 700, &none));
	assert_null(strstr(fake_read(f, "logs/1/1-1.log"), "back"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(it_is_looked_at_until_it_is_well),
		TEST(the_worker_goes_on_after_one),
		TEST(one_that_is_not_well_in_time_is_rolled_back),
		TEST(a_rollback_that_fails_is_told),
		TEST(what_asks_to_be_skipped_is_not_rolled_back),
		TEST(without_a_rollback_it_just_fails),
		TEST(a_server_is_asked),
		TEST(a_server_that_is_not_well_is_quoted),
		TEST(a_cancel_while_it_is_looked_at_rolls_back),
		TEST(a_cancelled_command_is_rolled_back),
		TEST(a_fenced_deployment_is_left_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
