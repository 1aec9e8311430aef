/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of granted attempts: commands, ends, outputs, metrics. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/blob/blob.h"
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

static void a_worker_says_who_it_is(void **state)
{
	struct fake *f = *state;

	assert_int_equal(f->last_register.version, WIRE_VERSION);
	assert_string_equal(f->last_register.name, "w");
	assert_string_equal(f->last_register.pool, "here");
	assert_int_equal(f->last_register.slots, 1);
	assert_int_equal(f->last_register.cpu_milli, 2000);
	assert_int_equal(f->last_register.label_count, 1);
	assert_string_equal(f->last_register.labels[0], "test");
	assert_int_equal(f->last_register.pid, f->worker);
	assert_int_equal(f->last_register.lease_count, 0);
	assert_true(strlen(f->last_register.profile) > 0);
}

static void a_silent_step_succeeds_and_leaves_no_log(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, ":");
	struct wire_complete m = fake_run(f, &g);

	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_int_equal(m.reason, REASON_NONE);
	assert_int_equal(m.exit_code, 0);
	assert_string_equal(m.message, "");
	assert_int_equal(m.lease.fence, g.lease.fence);
	assert_true(m.started_at > 1600000000000);
	assert_true(m.finished_at >= m.started_at);
	assert_true(m.run_us > 0);
	assert_true(m.peak_memory_bytes > 0);
	assert_int_equal(m.log_bytes, 0);
	assert_string_equal(m.profile, f->last_register.profile);
	assert_false(fake_has(f, "logs/1/1-1.log"));
}

static void many_steps_find_a_fresh_folder_each(void **state)
{
	struct fake *f = *state;

	for (int i = 0; i < 20; i++) {
		struct wire_grant g = fake_grant(
			1, "test -z \"$(ls -A . $TMPDIR $INGOT_CHECKPOINT | grep -v :)\";"
			   "test ! -e $INGOT_METRICS");
		struct wire_complete m;

		g.lease.step_id += (uint64_t)i;
		if (i % 3 == 1)
			g.command.words[2] = "touch here $TMPDIR/there";
		if (i % 3 == 2)
			g.command.words[2] = "touch $TMPDIR/there; touch -d @0 $TMPDIR";
		m = fake_run(f, &g);
		if (m.outcome != OUTCOME_SUCCEEDED)
			fail_msg("step %d: %s: %s", i, m.message, fake_read(f, "logs/1/1-1.log"));
	}
}

static void what_it_writes_is_its_log(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(2, "echo out; echo err >&2");
	struct wire_complete m = fake_run(f, &g);

	assert_int_equal(m.log_bytes, 8);
	assert_string_equal(fake_read(f, "logs/1/2-1.log"), "out\nerr\n");
}

static void exit_codes_have_meanings(void **state)
{
	static const struct {
		const char *script;
		enum outcome outcome;
		enum reason reason;
		int exit_code, signal;
		const char *message;
	} cases[] = {
		{ "exit 1", OUTCOME_FAILED, REASON_EXIT_CODE, 1, 0, "exited with 1" },
		{ "exit 75", OUTCOME_RETRY, REASON_EXIT_CODE, 75, 0,
		  "exited with 75: asks for a retry" },
		{ "exit 77", OUTCOME_SKIPPED, REASON_SELF_SKIPPED, 77, 0,
		  "exited with 77: skipped" },
		{ "kill -SEGV $$", OUTCOME_FAILED, REASON_SIGNAL, -1, SIGSEGV,
		  "killed by signal 11 (SIGSEGV)" },
	};
	struct fake *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_grant g = fake_grant((uint32_t)i, cases[i].script);
		struct wire_complete m = fake_run(f, &g);

		assert_string_equal(m.message, cases[i].message);
		assert_int_equal(m.outcome, cases[i].outcome);
		assert_int_equal(m.reason, cases[i].reason);
		assert_int_equal(m.exit_code, cases[i].exit_code);
		assert_int_equal(m.signal, cases[i].signal);
	}
}

static void a_command_that_is_none_says_so(void **state)
{
	const char *words[] = { "no-such-command", NULL };
	struct wire_grant g = fake_grant(1, "");
	struct wire_complete m;

	g.command = (struct wire_command){ words, 1 };
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_NOT_STARTED);
	assert_string_equal(m.message, "cannot run 'no-such-command': No such file or directory");
}

static void a_timeout_ends_it(void **state)
{
	struct wire_grant g = fake_grant(1, "sleep 30");
	struct wire_complete m;

	g.limits.timeout_ms = 300;
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_TIMED_OUT);
	assert_int_equal(m.reason, REASON_TIMEOUT);
	assert_string_equal(m.message, "ran longer than its timeout of 0.3s");
}

static void a_cancel_ends_it(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(
		1, "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done");
	struct wire_complete m;

	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_send_lease(f, FRAME_SCHEDULER_STEP_CANCEL, &g.lease);
	m = fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	assert_int_equal(m.outcome, OUTCOME_CANCELLED);
	assert_int_equal(m.reason, REASON_RUN_CANCELLED);
	assert_non_null(strstr(fake_read(f, "logs/1/1-1.log"), "bye\n"));
}

static void a_kill_after_a_cancel_does_not_wait_for_the_grace(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "trap '' TERM; echo up; while :; do sleep 0.01; done");
	struct wire_complete m;

	g.limits.grace_ms = 10 * 60 * 1000;
	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_send_lease(f, FRAME_SCHEDULER_STEP_CANCEL, &g.lease);
	fake_send_lease(f, FRAME_SCHEDULER_STEP_KILL, &g.lease);
	m = fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	assert_int_equal(m.outcome, OUTCOME_CANCELLED);
	assert_int_equal(m.reason, REASON_RUN_CANCELLED);
}

static void outputs_go_into_the_store(void **state)
{
	struct fake *f = *state;
	struct wire_output outputs[] = { { "model", "model.json" }, { "plots", "out/plots" } };
	struct wire_grant g = fake_grant(1, "printf '{}' > $INGOT_OUTPUT_model; mkdir -p out/plots;"
					    "echo a > out/plots/a; echo b > $INGOT_OUTPUT_plots/b");
	struct blob_store *store;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct wire_complete m;
	char path[128];

	g.outputs = outputs;
	g.output_count = 2;
	m = fake_run(f, &g);
	assert_string_equal(m.message, "");
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_int_equal(m.output_count, 2);
	assert_string_equal(m.outputs[0].name, "model");
	assert_false(m.outputs[0].is_tree);
	assert_int_equal(m.outputs[0].size_bytes, 2);
	assert_true(m.outputs[1].is_tree);
	assert_int_equal(m.outputs[1].files, 2);
	snprintf(path, sizeof(path), "%s/blobs", f->home);
	assert_int_equal(blob_store_open(path, &store, &err), 0);
	assert_int_equal(blob_read(store, &m.outputs[0].digest, 100, &text, &err), 0);
	assert_string_equal(buf_str(&text), "{}");

	/* and from there into the next step */
	struct wire_input inputs[] = { { "model", "inputs/model", m.outputs[0].digest, false },
				       { "plots", "inputs/plots", m.outputs[1].digest, true } };
	struct wire_grant next = fake_grant(2, "cat $INGOT_INPUT_model inputs/plots/b; ls inputs");

	next.inputs = inputs;
	next.input_count = 2;
	m = fake_run(f, &next);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_string_equal(fake_read(f, "logs/1/2-1.log"), "{}b\nmodel\nplots\n");
	buf_finish(&text);
	blob_store_close(store);
}

static void an_output_that_cannot_be_taken_fails_it(void **state)
{
	struct wire_output output = { "model", "model.json" };
	struct wire_grant g = fake_grant(1, ":");
	struct wire_complete m;

	g.outputs = &output;
	g.output_count = 1;
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_OUTPUT);
	assert_string_equal(m.message, "output 'model' (model.json) was not made");
	assert_int_equal(m.exit_code, 0);
	assert_int_equal(m.output_count, 0);
	g.command.words[2] = "mkfifo model.json";
	g.lease.step_id++;
	m = fake_run(*state, &g);
	assert_int_equal(m.reason, REASON_OUTPUT);
	assert_non_null(strstr(m.message, "output 'model' (model.json) is"));
}

static void an_input_that_is_not_there_fails_it(void **state)
{
	struct wire_input input = { .name = "data", .path = "inputs/data" };
	struct wire_grant g = fake_grant(1, ":");
	struct wire_complete m;

	memset(input.digest.bytes, 7, sizeof(input.digest.bytes));
	g.inputs = &input;
	g.input_count = 1;
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_INPUT);
	assert_int_equal(m.exit_code, -1);
}

static void metrics_are_read_at_the_end(void **state)
{
	struct wire_grant g =
		fake_grant(1, "echo '{\"accuracy\": 0.96, \"loss\": {\"test\": 2}}' > m.json");
	struct wire_complete m;

	g.metrics = "m.json";
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_int_equal(m.metric_count, 2);
	assert_string_equal(m.metrics[0].name, "accuracy");
	assert_float_equal(m.metrics[0].value, 0.96, 0);
	assert_string_equal(m.metrics[1].name, "loss.test");
	g.command.words[2] = "echo '{\"accuracy\": NaN}' > m.json";
	g.lease.step_id++;
	m = fake_run(*state, &g);
	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_METRICS);
	assert_non_null(strstr(m.message, "m.json"));
	g.command.words[2] = ":";
	g.lease.step_id++;
	m = fake_run(*state, &g);
	assert_int_equal(m.reason, REASON_METRICS);
}

static void points_come_while_it_runs_and_before_its_end(void **state)
{
	struct fake *f = *state;
	struct wire_grant g =
		fake_grant(1, "echo '{\"step\": 3, \"loss\": 0.5}' >> $INGOT_METRICS;"
			      "while test ! -e $TMPDIR/../work/go; do sleep 0.01; done;"
			      "echo '{\"step\": 4, \"loss\": 0.25}' >> $INGOT_METRICS;"
			      "echo broken >> $INGOT_METRICS");
	struct err err = ERR_INIT;
	struct wire_points p;
	struct frame frame;

	fake_send_grant(f, &g);
	frame = fake_await(f, FRAME_WORKER_STEP_POINTS);
	assert_int_equal(wire_points_decode(frame.payload, frame.len, &f->arena, &p, &err), 0);
	assert_int_equal(p.lease.step_id, g.lease.step_id);
	assert_int_equal(p.point_count, 1);
	assert_string_equal(p.points[0].series, "loss");
	assert_int_equal(p.points[0].step, 3);
	assert_float_equal(p.points[0].value, 0.5, 0);
	fake_touch_work(f, "go");
	frame = fake_await(f, FRAME_WORKER_STEP_POINTS);
	assert_int_equal(wire_points_decode(frame.payload, frame.len, &f->arena, &p, &err), 0);
	assert_int_equal(p.points[0].step, 4);
	fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	assert_non_null(strstr(fake_read(f, "logs/1/1-1.log"),
			       "[ingot: 1 lines of $INGOT_METRICS were passed over; line 3"));
}

static void a_strict_step_waits_for_its_start(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "echo started");
	struct wire_lease lease;
	struct wire_complete m;

	g.strict = true;
	fake_send_grant(f, &g);
	lease = fake_await_lease(f, FRAME_WORKER_STEP_START);
	assert_int_equal(lease.step_id, g.lease.step_id);
	assert_true(digest_eq(&lease.nonce, &g.lease.nonce));
	fake_sleep_ms(150);
	assert_false(fake_has(f, "logs/1/1-1.log"));
	fake_answer(f, &g.lease, WIRE_VERDICT_STARTED);
	m = fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_string_equal(fake_read(f, "logs/1/1-1.log"), "started\n");
}

static void a_strict_step_that_cannot_be_prepared_is_started_all_the_same(void **state)
{
	struct fake *f = *state;
	struct wire_input input = { .name = "data", .path = "inputs/data" };
	struct wire_grant g = fake_grant(1, "echo started");

	g.inputs = &input;
	g.input_count = 1;
	g.strict = true;
	fake_send_grant(f, &g);
	fake_await_lease(f, FRAME_WORKER_STEP_START);
	fake_answer(f, &g.lease, WIRE_VERDICT_STARTED);
	assert_int_equal(fake_await_complete(f).reason, REASON_INPUT);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
}

static void a_fenced_step_is_killed_and_forgotten(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "trap '' TERM; echo up; while :; do sleep 0.01; done");
	struct wire_grant next = fake_grant(2, "echo next");
	struct wire_complete m;

	g.limits.grace_ms = 60000;
	fake_send_grant(f, &g);
	fake_await_file(f, "logs/1/1-1.log");
	fake_answer(f, &g.lease, WIRE_VERDICT_FENCED);
	m = fake_run(f, &next); /* the first frame of that kind is the next one's */
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
}

static void a_live_step_tells_its_start(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "sleep 0.1");
	struct wire_lease lease;

	fake_send_grant(f, &g);
	lease = fake_await_lease(f, FRAME_WORKER_STEP_START);
	assert_int_equal(lease.step_id, g.lease.step_id);
	fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
}

static void an_output_that_vanished_fails_it(void **state)
{
	struct fake *f = *state;
	struct wire_output output = { "model", "model.json" };
	struct wire_grant g = fake_grant(1, "echo x > model.json");
	struct wire_complete m;

	g.outputs = &output;
	g.output_count = 1;
	fake_send_grant(f, &g);
	m = fake_await_complete(f);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	fake_answer(f, &g.lease, WIRE_VERDICT_MISSING);
	m = fake_await_complete(f);
	fake_answer(f, &g.lease, WIRE_VERDICT_RECORDED);
	assert_int_equal(m.outcome, OUTCOME_FAILED);
	assert_int_equal(m.reason, REASON_OUTPUT);
	assert_int_equal(m.output_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_worker_says_who_it_is),
		TEST(a_silent_step_succeeds_and_leaves_no_log),
		TEST(many_steps_find_a_fresh_folder_each),
		TEST(what_it_writes_is_its_log),
		TEST(exit_codes_have_meanings),
		TEST(a_command_that_is_none_says_so),
		TEST(a_timeout_ends_it),
		TEST(a_cancel_ends_it),
		TEST(a_kill_after_a_cancel_does_not_wait_for_the_grace),
		TEST(outputs_go_into_the_store),
		TEST(an_output_that_cannot_be_taken_fails_it),
		TEST(an_input_that_is_not_there_fails_it),
		TEST(metrics_are_read_at_the_end),
		TEST(points_come_while_it_runs_and_before_its_end),
		TEST(a_strict_step_waits_for_its_start),
		TEST(a_strict_step_that_cannot_be_prepared_is_started_all_the_same),
		TEST(a_fenced_step_is_killed_and_forgotten),
		TEST(a_live_step_tells_its_start),
		TEST(an_output_that_vanished_fails_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
