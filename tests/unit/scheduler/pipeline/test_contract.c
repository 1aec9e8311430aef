/* SPDX-License-Identifier: Apache-2.0 */
/* test_contract.c - the example that users are shown, value for value */
#include "definition.h"

static const char contract[] =
	"name: penguins\n"
	"description: Species classifier for the Palmer penguins\n"
	"\n"
	"on:\n"
	"  push: { branches: [main], paths: [\"src/**\", \"data/**\", \"ingot.yaml\"] }\n"
	"  schedule: [{ cron: \"0 3 * * 1\", timezone: Europe/Berlin }]\n"
	"\n"
	"params:\n"
	"  seed: 7\n"
	"  epochs: 200\n"
	"\n"
	"concurrency: { group: \"${{ pipeline }}-${{ branch }}\", policy: cancel_running }\n"
	"\n"
	"defaults:\n"
	"  timeout: 10m\n"
	"  retry: { max: 1, backoff: 5s }\n"
	"\n"
	"steps:\n"
	"  prepare:\n"
	"    kind: data\n"
	"    sources: [src/prepare.py, data/penguins.csv]\n"
	"    run: python3 src/prepare.py data/penguins.csv out/train.csv out/test.csv\n"
	"    outputs: { train: out/train.csv, test: out/test.csv }\n"
	"\n"
	"  train:\n"
	"    kind: train\n"
	"    sources: [src/train.py]\n"
	"    inputs: { train: prepare.train }\n"
	"    matrix: { rate: [0.01, 0.1, 0.5], l2: [0, 0.001] }\n"
	"    resources: { cpu: 1, memory: 512MiB, gpu: 0 }\n"
	"    run: python3 src/train.py --rate ${{ matrix.rate }} --l2 ${{ matrix.l2 }} "
	"--epochs ${{ params.epochs }} --seed ${{ params.seed }}\n"
	"    outputs: { model: { path: model.json, type: model } }\n"
	"    metrics: metrics.json\n"
	"\n"
	"  evaluate:\n"
	"    kind: eval\n"
	"    sources: [src/evaluate.py]\n"
	"    inputs:\n"
	"      model: { from: train.model, select: { metric: accuracy, mode: max } }\n"
	"      test: prepare.test\n"
	"    run: python3 src/evaluate.py\n"
	"    outputs: { model: inputs/model }\n"
	"    metrics: metrics.json\n"
	"    gates: [\"accuracy >= 0.95\"]\n"
	"\n"
	"  deploy:\n"
	"    kind: deploy\n"
	"    if: branch = 'main'\n"
	"    needs: [evaluate]\n"
	"    inputs: { model: evaluate.model }\n"
	"    environment: production\n"
	"    model: { name: penguins, from: model, alias: champion }\n"
	"    approval: required\n"
	"    run: ./deploy.sh\n"
	"    verify: { http: \"http://127.0.0.1:8090/health\", within: 30s }\n"
	"    rollback: ./rollback.sh\n";

static int check_contract(void **state)
{
	*state = good_definition(contract);
	return 0;
}

static int destroy_contract(void **state)
{
	pipeline_destroy(*state);
	return 0;
}

static void the_head_is_as_written(void **state)
{
	const struct pipeline *p = *state;

	assert_string_equal(p->name, "penguins");
	assert_string_equal(p->description, "Species classifier for the Palmer penguins");
	assert_string_equal(p->file, "ingot.yaml");
	assert_int_equal(p->param_count, 2);
	assert_string_equal(p->params[0].name, "seed");
	assert_int_equal(p->params[1].value.type, VALUE_INT);
	assert_int_equal(p->params[1].value.integer, 200);
	assert_int_equal(p->params[1].pos.line, 10);
	assert_int_equal(p->params[1].pos.column, 3);
	assert_string_equal(p->concurrency.group.text, "${{ pipeline }}-${{ branch }}");
	assert_int_equal(p->concurrency.group.part_count, 3);
	assert_int_equal(p->concurrency.policy, CONCURRENCY_CANCEL_RUNNING);
	assert_int_equal(p->concurrency.limit, 1);
}

static void the_triggers_are_as_written(void **state)
{
	const struct triggers *t = &((const struct pipeline *)*state)->triggers;

	assert_true(t->push);
	assert_true(t->manual);
	assert_int_equal(t->branches.count, 1);
	assert_string_equal(t->branches.items[0].text, "main");
	assert_int_equal(t->tags.count, 0);
	assert_int_equal(t->paths.count, 3);
	assert_string_equal(t->paths.items[1].text, "data/**");
	assert_int_equal(t->schedule_count, 1);
	assert_string_equal(t->schedules[0].cron, "0 3 * * 1");
	assert_string_equal(t->schedules[0].timezone, "Europe/Berlin");
}

static void defaults_are_in_every_step(void **state)
{
	const struct pipeline *p = *state;

	assert_int_equal(p->step_count, 4);
	for (size_t i = 0; i < p->step_count; i++) {
		assert_int_equal(p->steps[i].timeout_ms, 600000);
		assert_int_equal(p->steps[i].retry.max, 1);
		assert_int_equal(p->steps[i].retry.backoff_ms, 5000);
		assert_true(p->steps[i].retry.on_lost);
		assert_int_equal(p->steps[i].grace_ms, 10000);
		assert_string_equal(p->steps[i].workdir, ".");
		assert_int_equal(p->steps[i].shell.count, 3);
	}
}

static void prepare_is_as_written(void **state)
{
	const struct step *s = &((const struct pipeline *)*state)->steps[0];

	assert_string_equal(s->name, "prepare");
	assert_int_equal(s->pos.line, 19);
	assert_int_equal(s->pos.column, 3);
	assert_int_equal(s->kind, STEP_DATA);
	assert_true(s->has_sources);
	assert_int_equal(s->sources.count, 2);
	assert_string_equal(s->sources.items[1].text, "data/penguins.csv");
	assert_int_equal(s->run.form, COMMAND_SHELL);
	assert_string_equal(s->run.parts[0].text,
			    "python3 src/prepare.py data/penguins.csv out/train.csv out/test.csv");
	assert_int_equal(s->output_count, 2);
	assert_string_equal(s->outputs[0].name, "train");
	assert_string_equal(s->outputs[1].path.text, "out/test.csv");
	assert_int_equal(s->outputs[1].type, OUTPUT_FILE);
	assert_int_equal(s->dep_count, 0);
	assert_true(s->cache);
	assert_int_equal(s->on_lost, ON_LOST_RETRY);
}

static void train_is_as_written(void **state)
{
	const struct step *s = &((const struct pipeline *)*state)->steps[1];

	assert_int_equal(s->kind, STEP_TRAIN);
	assert_int_equal(s->input_count, 1);
	assert_int_equal(s->inputs[0].form, INPUT_STEP);
	assert_int_equal(s->inputs[0].step, 0);
	assert_int_equal(s->inputs[0].output, 0);
	assert_string_equal(s->inputs[0].path, "inputs/train");
	assert_int_equal(s->dep_count, 1);
	assert_int_equal(s->deps[0], 0);
	assert_int_equal(s->matrix.axis_count, 2);
	assert_string_equal(s->matrix.axes[0].name, "rate");
	assert_int_equal(s->matrix.axes[0].count, 3);
	assert_string_equal(s->matrix.axes[0].values[0].text, "0.01");
	assert_string_equal(s->matrix.axes[1].values[0].text, "0");
	assert_int_equal(s->matrix.axes[1].values[0].type, VALUE_INT);
	assert_int_equal(s->resources.cpu_milli, 1000);
	assert_true(s->resources.memory_bytes == 512u << 20);
	assert_int_equal(s->run.parts[0].part_count, 8);
	assert_string_equal(s->run.parts[0].parts[5].text, "params.epochs");
	assert_int_equal(s->outputs[0].type, OUTPUT_MODEL);
	assert_string_equal(s->metrics, "metrics.json");
}

static void evaluate_is_as_written(void **state)
{
	const struct step *s = &((const struct pipeline *)*state)->steps[2];

	assert_int_equal(s->inputs[0].step, 1);
	assert_int_equal(s->inputs[0].select.kind, SELECT_METRIC);
	assert_string_equal(s->inputs[0].select.metric, "accuracy");
	assert_int_equal(s->inputs[0].select.mode, SELECT_MAX);
	assert_int_equal(s->inputs[1].select.kind, SELECT_NONE);
	assert_int_equal(s->dep_count, 2);
	assert_int_equal(s->gate_count, 1);
	assert_string_equal(s->gates[0].text, "accuracy >= 0.95");
	assert_int_equal(s->gates[0].pos.line, 44);
}

static void deploy_is_as_written(void **state)
{
	const struct step *s = &((const struct pipeline *)*state)->steps[3];

	assert_int_equal(s->kind, STEP_DEPLOY);
	assert_string_equal(s->condition.text, "branch = 'main'");
	assert_int_equal(s->needs.count, 1);
	assert_int_equal(s->dep_count, 1); /* needed and read: one edge */
	assert_string_equal(s->deployment.environment, "production");
	assert_string_equal(s->deployment.model_name, "penguins");
	assert_int_equal(s->deployment.model_input, 0);
	assert_true(s->deployment.model_output == SIZE_MAX);
	assert_string_equal(s->deployment.model_alias, "champion");
	assert_true(s->deployment.approval_required);
	assert_int_equal(s->deployment.verify.form, VERIFY_HTTP);
	assert_string_equal(s->deployment.verify.url, "http://127.0.0.1:8090/health");
	assert_int_equal(s->deployment.verify.within_ms, 30000);
	assert_string_equal(s->deployment.rollback.parts[0].text, "./rollback.sh");
	assert_int_equal(s->on_lost, ON_LOST_MANUAL);
	assert_false(s->cache);
}

static void steps_are_ordered_behind_what_they_need(void **state)
{
	const struct pipeline *p = *state;

	for (size_t i = 0; i < p->step_count; i++)
		assert_int_equal(p->order[i], i);
	assert_int_equal(pipeline_step_index(p, "evaluate"), 2);
	assert_true(pipeline_step_index(p, "nothing") == SIZE_MAX);
	assert_int_equal(pipeline_param(p, "seed")->value.integer, 7);
	assert_null(pipeline_param(p, "sed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_is_as_written),
		cmocka_unit_test(the_triggers_are_as_written),
		cmocka_unit_test(defaults_are_in_every_step),
		cmocka_unit_test(prepare_is_as_written),
		cmocka_unit_test(train_is_as_written),
		cmocka_unit_test(evaluate_is_as_written),
		cmocka_unit_test(deploy_is_as_written),
		cmocka_unit_test(steps_are_ordered_behind_what_they_need),
	};

	return cmocka_run_group_tests(tests, check_contract, destroy_contract);
}
