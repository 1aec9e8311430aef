/* SPDX-License-Identifier: Apache-2.0 */
/* test_keys.c - every key that the contract's example has not */
#include "definition.h"

static void a_step_may_say_everything(void **state)
{
	struct pipeline *p = good_definition(
		"steps:\n"
		"  a:\n"
		"    run: [python3, train.py, --epochs, 50, --fast, true, '${{ params.x }}']\n"
		"    sources: []\n"
		"    resources: { cpu: 500m, memory: 1.5GiB, gpu: 2, gpu_memory: 10GiB, disk: 1GiB,\n"
		"                 labels: [a100, zone=eu] }\n"
		"    retry: { max: 3, backoff: 500ms, on: [lost, 75, 1] }\n"
		"    timeout: 1h30m\n"
		"    grace: 2s\n"
		"    priority: -5\n"
		"    allow_failure: true\n"
		"    on_lost: manual\n"
		"    env: { RATE: 1.10, NAME: \"${{ params.x }}\", DEBUG: true }\n"
		"    secrets: [TOKEN]\n"
		"    workdir: src/\n"
		"    shell: bash -euo pipefail\n"
		"    cache: false\n"
		"    fingerprint: python3 --version\n"
		"    concurrency: { group: \"gpu-${{ step }}\", limit: 2, policy: skip }\n"
		"    outputs: { out: { path: out/, type: report, name: table } }\n"
		"  z:\n"
		"    finally: true\n"
		"    run: |\n"
		"      echo over\n"
		"params: { x: some text }\n");
	const struct step *s = &p->steps[0];
	(void)state;

	assert_string_equal(p->name, "ingot");
	assert_int_equal(s->run.form, COMMAND_ARGV);
	assert_int_equal(s->run.count, 7);
	assert_string_equal(s->run.parts[3].text, "50");
	assert_true(s->run.parts[6].parts[0].is_name);
	assert_true(s->has_sources);
	assert_int_equal(s->sources.count, 0);
	assert_int_equal(s->resources.cpu_milli, 500);
	assert_true(s->resources.memory_bytes == 3ull << 29);
	assert_int_equal(s->resources.gpu_count, 2);
	assert_int_equal(s->resources.labels.count, 2);
	assert_int_equal(s->retry.max, 3);
	assert_true(s->retry.on_lost);
	assert_false(s->retry.on_failed);
	assert_int_equal(s->retry.exit_code_count, 2);
	assert_int_equal(s->retry.exit_codes[1], 1);
	assert_int_equal(s->timeout_ms, 5400000);
	assert_int_equal(s->priority, -5);
	assert_true(s->allow_failure);
	assert_int_equal(s->on_lost, ON_LOST_MANUAL);
	assert_int_equal(s->env_count, 3);
	assert_string_equal(s->env[0].value.text, "1.10"); /* as written, not 1.1 */
	assert_string_equal(s->secrets.items[0].text, "TOKEN");
	assert_string_equal(s->workdir, "src");
	assert_int_equal(s->shell.count, 4);
	assert_string_equal(s->shell.items[3].text, "-c");
	assert_false(s->cache);
	assert_int_equal(s->fingerprint.form, COMMAND_SHELL);
	assert_int_equal(s->concurrency.limit, 2);
	assert_int_equal(s->concurrency.policy, CONCURRENCY_SKIP);
	assert_string_equal(s->outputs[0].path.text, "out/");
	assert_string_equal(s->outputs[0].registered, "table");
	assert_true(p->steps[1].finally);
	assert_false(p->steps[1].has_sources);
	assert_string_equal(p->steps[1].run.parts[0].text, "echo over\n");
	pipeline_destroy(p);
}

static void a_step_keeps_what_it_does_not_override(void **state)
{
	struct pipeline *p = good_definition(
		"steps:\n"
		"  a: { run: x, env: { A: 2, C: 3 }, retry: { max: 5 }, resources: { gpu: 1 } }\n"
		"  b: { run: x }\n"
		"defaults: { env: { A: 1, B: 1 }, retry: { backoff: 9s, on: [lost] },\n"
		"            resources: { cpu: 4 }, cache: false }\n");
	const struct step *a = &p->steps[0], *b = &p->steps[1];
	(void)state;

	assert_int_equal(a->env_count, 3);
	assert_string_equal(a->env[0].name, "B");
	assert_string_equal(a->env[1].name, "A");
	assert_string_equal(a->env[1].value.text, "2");
	assert_int_equal(a->retry.max, 5);
	assert_int_equal(a->retry.backoff_ms, 9000);
	assert_false(a->retry.on_failed);
	assert_int_equal(a->resources.cpu_milli, 4000);
	assert_int_equal(a->resources.gpu_count, 1);
	assert_int_equal(b->env_count, 2);
	assert_int_equal(b->retry.max, 0);
	assert_false(b->cache);
	pipeline_destroy(p);
}

static void a_matrix_may_include_and_exclude(void **state)
{
	struct pipeline *p = good_definition(
		"steps:\n"
		"  a:\n"
		"    run: x\n"
		"    outputs: { m: m }\n"
		"    matrix:\n"
		"      net: [small, large]\n"
		"      rate: [0.1, 1]\n"
		"      exclude: [{ net: large, rate: 1 }, { rate: 0.1 }]\n"
		"      include: [{ rate: 7, net: huge }]\n"
		"      max_parallel: 2\n"
		"      fail_fast: true\n"
		"  b: { run: x, inputs: { m: { from: a.m, select: { matrix: { rate: 1, net: small } } } } }\n"
		"  c: { run: x, matrix: { include: [{ k: 1 }, { k: 2 }] } }\n");
	const struct matrix *m = &p->steps[0].matrix;
	const struct select *select = &p->steps[1].inputs[0].select;
	(void)state;

	assert_int_equal(m->axis_count, 2);
	assert_int_equal(m->exclude_count, 2);
	assert_string_equal(m->exclude[0].values[0]->text, "large");
	assert_null(m->exclude[1].values[0]);
	assert_string_equal(m->exclude[1].values[1]->text, "0.1");
	assert_int_equal(m->include_count, 1);
	assert_string_equal(m->include[0].values[0]->text, "huge");
	assert_int_equal(m->max_parallel, 2);
	assert_true(m->fail_fast);
	assert_int_equal(select->kind, SELECT_MATRIX);
	assert_string_equal(select->values[0].text, "small");
	assert_int_equal(select->values[1].integer, 1);
	assert_int_equal(p->steps[2].matrix.axis_count, 1);
	assert_int_equal(p->steps[2].matrix.axes[0].count, 0);
	assert_int_equal(p->steps[2].matrix.include_count, 2);
	pipeline_destroy(p);
}

static void inputs_may_be_addresses(void **state)
{
	struct pipeline *p = good_definition(
		"steps:\n"
		"  a:\n"
		"    run: x\n"
		"    inputs:\n"
		"      base: model:penguins@3\n"
		"      best: { from: model:penguins@champion, path: best, unpack: true }\n");
	const struct step *s = &p->steps[0];
	(void)state;

	assert_int_equal(s->inputs[0].form, INPUT_ADDRESS);
	assert_int_equal(s->inputs[0].address.version, 3);
	assert_int_equal(s->inputs[1].form, INPUT_ADDRESS);
	assert_string_equal(s->inputs[1].address.alias, "champion");
	assert_string_equal(s->inputs[1].path, "best");
	assert_false(s->inputs[0].unpack);
	assert_true(s->inputs[1].unpack);
	assert_int_equal(s->dep_count, 0);
	pipeline_destroy(p);
}

static void short_forms_mean_the_long_ones(void **state)
{
	struct pipeline *p = good_definition(
		"on: [push]\n"
		"concurrency: one\n"
		"steps:\n"
		"  a: { run: x, retry: 2, metrics: m, gates: accuracy > 0.5 }\n"
		"  b: { run: x, needs: a, if: a.state = 'succeeded' and a.accuracy > 0.7 }\n");
	(void)state;

	assert_true(p->triggers.push);
	assert_string_equal(p->concurrency.group.text, "one");
	assert_int_equal(p->steps[0].retry.max, 2);
	assert_int_equal(p->steps[0].gate_count, 1);
	assert_string_equal(p->steps[1].needs.items[0].text, "a");
	pipeline_destroy(p);
}

static void order_follows_needs_not_the_file(void **state)
{
	struct pipeline *p = good_definition("steps:\n"
					     "  c: { run: x, needs: [b, a] }\n"
					     "  b: { run: x, needs: a }\n"
					     "  z: { run: x, finally: true }\n"
					     "  a: { run: x }\n");
	(void)state;

	assert_int_equal(p->order[0], 3);
	assert_int_equal(p->order[1], 1);
	assert_int_equal(p->order[2], 0);
	assert_int_equal(p->order[3], 2);
	pipeline_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_may_say_everything),
		cmocka_unit_test(a_step_keeps_what_it_does_not_override),
		cmocka_unit_test(a_matrix_may_include_and_exclude),
		cmocka_unit_test(inputs_may_be_addresses),
		cmocka_unit_test(short_forms_mean_the_long_ones),
		cmocka_unit_test(order_follows_needs_not_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
