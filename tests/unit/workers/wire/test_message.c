/* SPDX-License-Identifier: Apache-2.0 */
/* Every message: as it was written, or refused. */
#include "workers/wire/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/wire/samples.h"

static void every_message_reads_back_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct buf once = BUF_INIT, twice = BUF_INIT;
		struct err err = ERR_INIT;

		samples[i].write(&once);
		if (samples[i].rewrite(once.data, once.len, &twice, &err) < 0)
			fail_msg("%s: %s", frame_name(samples[i].type), err.text);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.data, twice.data, once.len);
		buf_finish(&once);
		buf_finish(&twice);
	}
}

/* In memory of exactly that size, so that a sanitizer sees a byte read beyond. */
static int rewrite_prefix(const struct sample *s, const struct buf *whole, size_t len)
{
	char *copy = mem_alloc(len);
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	if (len)
		memcpy(copy, whole->data, len);
	rc = s->rewrite(copy, len, &out, &err);
	if (rc < 0)
		assert_non_null(strstr(err.text, "message"));
	free(copy);
	buf_finish(&out);
	return rc;
}

static void a_message_that_is_cut_short_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct buf whole = BUF_INIT;

		samples[i].write(&whole);
		for (size_t len = 0; len < whole.len; len++) {
			if (rewrite_prefix(&samples[i], &whole, len) != ERR_PROTOCOL)
				fail_msg("%s of %zu bytes passes with %zu",
					 frame_name(samples[i].type), whole.len, len);
		}
		buf_finish(&whole);
	}
}

static void a_message_with_bytes_too_many_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		struct buf whole = BUF_INIT, out = BUF_INIT;
		struct err err = ERR_INIT;

		samples[i].write(&whole);
		buf_char(&whole, '\0');
		assert_int_equal(samples[i].rewrite(whole.data, whole.len, &out, &err),
				 ERR_PROTOCOL);
		assert_non_null(strstr(err.text, "1 bytes too many"));
		assert_int_equal(out.len, 0);
		buf_finish(&whole);
	}
}

/* What both ends would get wrong alike shows in the values alone. */
static void a_grant_keeps_its_values(void **state)
{
	const char *words[] = { "run", NULL };
	struct wire_input inputs[] = { { "data", "inputs/data", { { 3 } }, true } };
	struct wire_pair params[] = { { "seed", "7" } };
	const struct wire_grant g = {
		.lease = { 5, 6, { { 1 } } },
		.run = (uint64_t)1 << 40,
		.pipeline = "p",
		.step = "s",
		.commit = "c",
		.ref = "r",
		.branch = "",
		.trigger = "t",
		.command = { words, 1 },
		.workdir = ".",
		.inputs = inputs,
		.input_count = 1,
		.params = params,
		.param_count = 1,
		.limits = { .memory_bytes = 1,
			    .cpu_milli = 2,
			    .gpus = 3,
			    .timeout_ms = 4,
			    .grace_ms = 5,
			    .log_bytes = 6,
			    .disk_bytes = 7 },
		.devices = "",
		.checkpoint = "k",
		.log = "l",
		.deploy = { .deployment = 8 },
	};
	struct buf out = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct wire_grant got;

	(void)state;
	wire_grant_encode(&g, &out);
	assert_int_equal(wire_grant_decode(out.data, out.len, &a, &got, NULL), 0);
	assert_int_equal(got.lease.step_id, 5);
	assert_int_equal(got.lease.fence, 6);
	assert_int_equal(got.run, (uint64_t)1 << 40);
	assert_string_equal(got.command.words[0], "run");
	assert_null(got.command.words[1]);
	assert_string_equal(got.branch, "");
	assert_false(got.has_sources);
	assert_string_equal(got.inputs[0].path, "inputs/data");
	assert_true(got.inputs[0].is_tree);
	assert_null(got.metrics);
	assert_string_equal(got.params[0].value, "7");
	assert_int_equal(got.limits.memory_bytes, 1);
	assert_int_equal(got.limits.cpu_milli, 2);
	assert_int_equal(got.limits.gpus, 3);
	assert_int_equal(got.limits.timeout_ms, 4);
	assert_int_equal(got.limits.grace_ms, 5);
	assert_int_equal(got.limits.log_bytes, 6);
	assert_int_equal(got.limits.disk_bytes, 7);
	assert_string_equal(got.log, "l");
	assert_null(got.deploy.verify_http);
	assert_int_equal(got.deploy.verify_run.count, 0);
	assert_int_equal(got.deploy.deployment, 8);
	buf_finish(&out);
	arena_finish(&a);
}

static void a_completion_keeps_its_values(void **state)
{
	struct wire_metric metrics[] = { { "nan", NAN }, { "inf", -INFINITY }, { "tiny", 5e-324 } };
	const struct wire_complete m = {
		.outcome = OUTCOME_RETRY, .reason = REASON_EXIT_CODE, .exit_code = 75, .signal = 0,
		.message = "m", .started_at = -1, .finished_at = INT64_MIN, .run_us = INT64_MAX,
		.cpu_user_us = 1, .cpu_system_us = 2, .peak_memory_bytes = UINT64_MAX,
		.profile = "p", .log_bytes = 3, .metrics = metrics, .metric_count = 3,
	};
	struct buf out = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct wire_complete got;

	(void)state;
	wire_complete_encode(&m, &out);
	assert_int_equal(wire_complete_decode(out.data, out.len, &a, &got, NULL), 0);
	assert_int_equal(got.outcome, OUTCOME_RETRY);
	assert_int_equal(got.reason, REASON_EXIT_CODE);
	assert_int_equal(got.exit_code, 75);
	assert_int_equal(got.started_at, -1);
	assert_true(got.finished_at == INT64_MIN);
	assert_true(got.run_us == INT64_MAX);
	assert_int_equal(got.cpu_user_us, 1);
	assert_int_equal(got.cpu_system_us, 2);
	assert_true(got.peak_memory_bytes == UINT64_MAX);
	assert_int_equal(got.log_bytes, 3);
	assert_true(isnan(got.metrics[0].value));
	assert_true(isinf(got.metrics[1].value) && got.metrics[1].value < 0);
	assert_true(got.metrics[2].value == 5e-324);
	buf_finish(&out);
	arena_finish(&a);
}

static void a_grant_without_a_command_is_refused(void **state)
{
	const struct wire_grant g = { .pipeline = "", .step = "", .commit = "", .ref = "",
				      .branch = "", .trigger = "", .workdir = "", .devices = "",
				      .checkpoint = "", .log = "" };
	struct buf out = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct wire_grant got;

	(void)state;
	wire_grant_encode(&g, &out);
	assert_int_equal(wire_grant_decode(out.data, out.len, &a, &got, NULL), ERR_PROTOCOL);
	buf_finish(&out);
	arena_finish(&a);
}

static void values_beyond_their_tables_are_refused(void **state)
{
	const struct wire_answer m = { .verdict = WIRE_VERDICT_MISSING };
	struct buf out = BUF_INIT;
	struct wire_answer got;

	(void)state;
	wire_answer_encode(&m, &out);
	assert_int_equal(wire_answer_decode(out.data, out.len, &got, NULL), 0);
	out.data[out.len - 1]++;
	assert_int_equal(wire_answer_decode(out.data, out.len, &got, NULL), ERR_PROTOCOL);
	buf_finish(&out);
}

static void verdicts_have_names(void **state)
{
	(void)state;
	for (int v = 0; v < WIRE_VERDICT_COUNT; v++)
		assert_true(strlen(wire_verdict_name(v)) > 0);
	assert_string_equal(wire_verdict_name(WIRE_VERDICT_FENCED), "fenced");
	assert_string_equal(wire_verdict_name(WIRE_VERDICT_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_reads_back_as_it_was_written),
		cmocka_unit_test(a_message_that_is_cut_short_is_refused),
		cmocka_unit_test(a_message_with_bytes_too_many_is_refused),
		cmocka_unit_test(a_grant_keeps_its_values),
		cmocka_unit_test(a_completion_keeps_its_values),
		cmocka_unit_test(a_grant_without_a_command_is_refused),
		cmocka_unit_test(values_beyond_their_tables_are_refused),
		cmocka_unit_test(verdicts_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
