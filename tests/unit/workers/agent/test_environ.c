/* SPDX-License-Identifier: Apache-2.0 */
/* What a step finds in its environment: exactly the contract's list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/agent/fake.h"

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

/* Runs `env` and gives its lines, sorted, with the slot's folder as "@". */
static const char *environment(struct fake *f, struct wire_grant *g)
{
	const char *words[] = { "/bin/sh", "-c", NULL, NULL };
	char script[512];
	struct wire_complete m;

	snprintf(script, sizeof(script),
		 "/bin/mkdir -p out; /bin/touch out/model.json;"
		 "/usr/bin/env | LC_ALL=C /usr/bin/sort | /usr/bin/sed -e "
		 "'/^PWD=/d;/^_=/d;/^SHLVL=/d;/^OLDPWD=/d' "
		 "-e s:%s/work/w.%d/0:@:",
		 f->home, (int)f->worker);
	words[2] = script;
	g->command = (struct wire_command){ words, 3 };
	m = fake_run(f, g);
	assert_string_equal(m.message, "");
	return fake_read(f, "logs/1/1-1.log");
}

static void a_plain_step_finds_these_and_nothing_else(void **state)
{
	struct fake *f = *state;
	struct wire_grant g = fake_grant(1, "");
	struct buf want = BUF_INIT;

	buf_printf(&want,
		   "CI=true\n"
		   "CUDA_VISIBLE_DEVICES=\n"
		   "HOME=/home/tester\n"
		   "INGOT_ATTEMPT=1\n"
		   "INGOT_BRANCH=main\n"
		   "INGOT_CHECKPOINT=@/checkpoint\n"
		   "INGOT_COMMIT=c0ffee\n"
		   "INGOT_FENCE=1048583\n"
		   "INGOT_METRICS=@/metrics\n"
		   "INGOT_PIPELINE=penguins\n"
		   "INGOT_REF=refs/heads/main\n"
		   "INGOT_RUN=1\n"
		   "INGOT_STEP=train[rate=0.1]\n"
		   "INGOT_TRIGGER=cli\n"
		   "INGOT_WORKSPACE=@/work\n"
		   "LANG=C.UTF-8\n"
		   "PATH=%s\n"
		   "TMPDIR=@/tmp\n"
		   "USER=tester\n",
		   getenv("PATH"));
	assert_string_equal(environment(f, &g), buf_str(&want));
	buf_finish(&want);
}

static void files_values_and_devices_are_named(void **state)
{
	struct fake *f = *state;
	struct wire_output outputs[] = { { "best-model", "out/model.json" } };
	struct wire_pair params[] = { { "seed", "7" }, { "name-of", "\"it's \\u00e9\"" },
				      { "nothing", "null" }, { "list", "[1, 2]" } };
	struct wire_pair matrix[] = { { "rate", "0.10" }, { "Kind", "\"a\"" } };
	struct wire_grant g = fake_grant(1, "");
	const char *text, *want[] = {
		"\nINGOT_OUTPUT_best_model=@/work/out/model.json\n",
		"\nINGOT_PARAM_seed=7\n",
		"\nINGOT_PARAM_name_of=it's é\n",
		"\nINGOT_PARAM_nothing=\n",
		"\nINGOT_PARAM_list=[1, 2]\n",
		"\nINGOT_MATRIX_rate=0.10\n",
		"\nINGOT_MATRIX_Kind=a\n",
		"\nINGOT_PARAMS=@/params.json\n",
		"\nINGOT_DEPLOYMENT=12\n",
		"\nCUDA_VISIBLE_DEVICES=GPU-1,GPU-2\n",
	};

	g.params = params;
	g.param_count = countof(params);
	g.matrix = matrix;
	g.matrix_count = countof(matrix);
	g.outputs = outputs;
	g.output_count = 1;
	g.devices = "GPU-1,GPU-2";
	g.deploy.deployment = 12;
	text = environment(f, &g);
	for (size_t i = 0; i < countof(want); i++) {
		if (!strstr(text, want[i]))
			fail_msg("no%sin\n%s", want[i], text);
	}
}

static void the_definition_may_set_what_is_not_the_steps_identity(void **state)
{
	struct fake *f = *state;
	struct wire_pair env[] = { { "PATH", "/first" },
				   { "PATH", "/opt/bin" },
				   { "LANG", "de_DE" },
				   { "MY-OWN", "1" },
				   { "INGOT_RUN", "99" },
				   { "INGOT_HOME", "x" },
				   { "CUDA_VISIBLE_DEVICES", "0,1,2,3" } };
	struct wire_grant g = fake_grant(1, "");
	const char *text;

	g.env = env;
	g.env_count = countof(env);
	text = environment(f, &g);
	assert_non_null(strstr(text, "\nPATH=/opt/bin\n"));
	assert_null(strstr(text, "/first"));
	assert_non_null(strstr(text, "\nLANG=de_DE\n"));
	assert_non_null(strstr(text, "\nINGOT_RUN=1\n"));
	assert_non_null(strstr(text, "\nINGOT_HOME=x\n"));
	assert_non_null(strstr(text, "\nCUDA_VISIBLE_DEVICES=\n"));
	assert_null(strstr(text, "0,1,2,3"));
}

static void parameters_are_a_file_too(void **state)
{
	struct fake *f = *state;
	struct wire_pair params[] = { { "seed", "7" } };
	struct wire_pair matrix[] = { { "rate", "\"x\"" } };
	struct wire_grant g = fake_grant(1, "cat $INGOT_PARAMS; pwd; test $PWD = $INGOT_WORKSPACE");
	struct wire_complete m;

	g.params = params;
	g.param_count = 1;
	g.matrix = matrix;
	g.matrix_count = 1;
	m = fake_run(f, &g);
	assert_int_equal(m.outcome, OUTCOME_SUCCEEDED);
	assert_non_null(strstr(fake_read(f, "logs/1/1-1.log"),
			       "{\"params\":{\"seed\":7},\"matrix\":{\"rate\":\"x\"}}\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_plain_step_finds_these_and_nothing_else),
		TEST(files_values_and_devices_are_named),
		TEST(the_definition_may_set_what_is_not_the_steps_identity),
		TEST(parameters_are_a_file_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
