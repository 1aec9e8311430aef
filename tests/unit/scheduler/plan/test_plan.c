/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c - instances, their order and their parents */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "plan_fixture.h"
#include "tests/lib/test.h"

static const char PENGUINS[] =
	"name: penguins\n"
	"params: { seed: 7, epochs: 200 }\n"
	"steps:\n"
	"  report:\n"
	"    needs: [evaluate]\n"
	"    run: echo ${{ params.seed }} ${{ branch }}\n"
	"  evaluate:\n"
	"    inputs:\n"
	"      model: { from: train.model, select: { metric: accuracy, mode: max } }\n"
	"      test: prepare.test\n"
	"    run: python3 evaluate.py\n"
	"    outputs: { model: inputs/model }\n"
	"    metrics: metrics.json\n"
	"  train:\n"
	"    inputs: { train: prepare.train }\n"
	"    matrix: { rate: [0.01, 0.1, 0.5], l2: [0, 0.001] }\n"
	"    run: train --rate ${{ matrix.rate }} --l2 ${{ matrix.l2 }} --epochs ${{ params.epochs }}\n"
	"    outputs: { model: \"models/${{ matrix.rate }}.json\" }\n"
	"    metrics: metrics.json\n"
	"  prepare:\n"
	"    run: prepare\n"
	"    outputs: { train: out/train.csv, test: out/test.csv }\n";

static void plan_it(struct fixture *f, const char *definition)
{
	struct err err = ERR_INIT;

	fixture_check(f, definition);
	if (fixture_plan(f, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void parents_stand_before_children_whatever_the_order_of_the_file(void **state)
{
	struct fixture f;

	(void)state;
	plan_it(&f, PENGUINS);
	assert_int_equal(f.plan->count, 9);
	assert_string_equal(f.plan->steps[0].name, "prepare");
	assert_string_equal(f.plan->steps[8].name, "report");
	for (uint32_t i = 0; i < f.plan->count; i++) {
		for (uint32_t p = 0; p < f.plan->steps[i].parent_count; p++)
			assert_true(f.plan->steps[i].parents[p].index < i);
	}
	fixture_finish(&f);
}

static void a_matrix_gives_an_instance_for_each_combination_last_axis_fastest(void **state)
{
	struct fixture f;

	(void)state;
	plan_it(&f, PENGUINS);
	assert_string_equal(f.plan->steps[1].name, "train[rate=0.01,l2=0]");
	assert_string_equal(f.plan->steps[2].name, "train[rate=0.01,l2=0.001]");
	assert_string_equal(f.plan->steps[6].name, "train[rate=0.5,l2=0.001]");
	assert_string_equal(f.plan->steps[2].command[3],
			    "train --rate 0.01 --l2 0.001 --epochs '200'");
	assert_string_equal(f.plan->steps[3].outputs[0].path, "models/0.1.json");
	fixture_finish(&f);
}

static void a_selecting_input_waits_for_all_instances_as_data(void **state)
{
	struct fixture f;
	const struct plan_step *s;

	(void)state;
	plan_it(&f, PENGUINS);
	s = plan_step_by_name(f.plan, "evaluate");
	assert_int_equal(s->parent_count, 7);
	for (uint32_t i = 0; i < s->parent_count; i++) {
		assert_int_equal(s->parents[i].index, i);
		assert_true(s->parents[i].data);
	}
	assert_int_equal(s->inputs[0].producer_count, 6);
	s = plan_step_by_name(f.plan, "report");
	assert_int_equal(s->parent_count, 1);
	assert_false(s->parents[0].data);
	fixture_finish(&f);
}

static void only_a_step_and_what_it_needs(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	fixture_check(&f, PENGUINS);
	assert_int_equal(fixture_plan(&f, NULL, "train", &err), 0);
	assert_int_equal(f.plan->count, 7);
	assert_null(plan_step_by_name(f.plan, "evaluate"));
	assert_int_equal(fixture_plan(&f, NULL, "trian", &err), ERR_NOT_FOUND);
	assert_string_equal(err.text, "pipeline penguins has no step 'trian'");
	assert_string_equal(err.hint, "did you mean 'train'?");
	fixture_finish(&f);
}

static void include_and_exclude_shape_the_matrix(void **state)
{
	struct fixture f;

	(void)state;
	plan_it(&f, "name: m\n"
		    "steps:\n"
		    "  a:\n"
		    "    run: x\n"
		    "    matrix:\n"
		    "      n: [1, 2, 3]\n"
		    "      s: [x, y]\n"
		    "      exclude: [{ n: 2 }, { n: 3, s: y }]\n"
		    "      include: [{ n: 9, s: z }, { n: 1, s: x }]\n");
	assert_int_equal(f.plan->count, 4);
	assert_string_equal(f.plan->steps[0].name, "a[n=1,s=x]");
	assert_string_equal(f.plan->steps[1].name, "a[n=1,s=y]");
	assert_string_equal(f.plan->steps[2].name, "a[n=3,s=x]");
	assert_string_equal(f.plan->steps[3].name, "a[n=9,s=z]");
	fixture_finish(&f);
}

static void a_matrix_without_an_instance_is_refused(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	fixture_check(&f, "name: m\n"
			  "steps:\n"
			  "  a:\n"
			  "    run: x\n"
			  "    matrix: { n: [1, 2], exclude: [{ n: 1 }, { n: 2 }] }\n");
	assert_int_equal(fixture_plan(&f, NULL, NULL, &err), ERR_INVALID);
	assert_string_equal(err.text, "ingot.yaml:5:5: the matrix of a excludes every combination");
	fixture_finish(&f);
}

static void a_value_is_one_word_of_the_shell(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	fixture_check(&f, "name: q\n"
			  "params: { name: plain }\n"
			  "steps:\n"
			  "  a: { run: \"echo ${{ params.name }}\" }\n"
			  "  b: { run: [echo, \"${{ params.name }}\"] }\n");
	assert_int_equal(fixture_plan(&f, "name=x; rm -rf ~", NULL, &err), 0);
	assert_string_equal(f.plan->steps[0].command[3], "echo 'x; rm -rf ~'");
	assert_string_equal(f.plan->steps[1].command[1], "x; rm -rf ~");
	fixture_finish(&f);
}

static void a_path_that_a_parameter_leads_outside_is_refused(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	fixture_check(&f, "name: q\n"
			  "params: { dir: out }\n"
			  "steps:\n"
			  "  a: { run: x, outputs: { o: \"${{ params.dir }}/f\" } }\n");
	assert_int_equal(fixture_plan(&f, "dir=../..", NULL, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "output 'o' of a leaves the workspace: ../../f"));
	fixture_finish(&f);
}

static void a_parameter_keeps_its_type(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;

	(void)state;
	fixture_check(&f, PENGUINS);
	assert_int_equal(fixture_plan(&f, "epochs=many", NULL, &err), ERR_INVALID);
	assert_true(str_starts(err.text, "parameter epochs: "));
	assert_int_equal(fixture_plan(&f, "epoch=3", NULL, &err), ERR_NOT_FOUND);
	assert_string_equal(err.hint, "did you mean 'epochs'?");
	fixture_finish(&f);
}

static void texts_that_grow_beyond_a_limit_are_refused(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;
	char *value = mem_alloc(100 * 1024);

	(void)state;
	memset(value, 'x', 60 * 1024);
	memcpy(value, "v=", 2);
	fixture_check(&f, "name: q\n"
			  "params: { v: a }\n"
			  "steps:\n"
			  "  a: { run: \"echo ${{ params.v }} ${{ params.v }} ${{ params.v }} "
			  "${{ params.v }} ${{ params.v }}\" }\n");
	assert_int_equal(fixture_plan(&f, value, NULL, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "over 256 KiB"));
	memset(value + 2, 'x', 70 * 1024);
	assert_int_equal(fixture_plan(&f, value, NULL, &err), ERR_TOO_LARGE);
	fixture_finish(&f);
	free(value);
}

static void the_same_arguments_make_the_same_plan(void **state)
{
	struct fixture f;
	struct digest first;

	(void)state;
	plan_it(&f, PENGUINS);
	first = f.plan->digest;
	assert_int_equal(fixture_plan(&f, NULL, NULL, NULL), 0);
	assert_true(digest_eq(&first, &f.plan->digest));
	assert_int_equal(fixture_plan(&f, "epochs=201", NULL, NULL), 0);
	assert_false(digest_eq(&first, &f.plan->digest));
	fixture_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_stand_before_children_whatever_the_order_of_the_file),
		cmocka_unit_test(a_matrix_gives_an_instance_for_each_combination_last_axis_fastest),
		cmocka_unit_test(a_selecting_input_waits_for_all_instances_as_data),
		cmocka_unit_test(only_a_step_and_what_it_needs),
		cmocka_unit_test(include_and_exclude_shape_the_matrix),
		cmocka_unit_test(a_matrix_without_an_instance_is_refused),
		cmocka_unit_test(a_value_is_one_word_of_the_shell),
		cmocka_unit_test(a_path_that_a_parameter_leads_outside_is_refused),
		cmocka_unit_test(a_parameter_keeps_its_type),
		cmocka_unit_test(texts_that_grow_beyond_a_limit_are_refused),
		cmocka_unit_test(the_same_arguments_make_the_same_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
