/* SPDX-License-Identifier: Apache-2.0 */
/* test_mistakes.c - every mistake is found, at its place, with its way out */
#include "definition.h"

static void check(const char *text, struct diagnostics *mistakes)
{
	struct pipeline *p = NULL;

	assert_int_equal(pipeline_check(text, strlen(text), "ingot.yaml", &p, mistakes), ERR_INVALID);
	assert_null(p);
}

static void ten_mistakes_are_shown_in_one_go(void **state)
{
	static const char text[] =
		"name: penguins\n"
		"params: { seed: 7 }\n"
		"steps:\n"
		"  prepare:\n"
		"    kind: dta\n"
		"    run: python3 prepare.py ${{ params.sed }}\n"
		"    ouputs: { train: out/train.csv }\n"
		"    outputs: { data: ../b.csv }\n"
		"    timeout: 10 minutes\n"
		"    cache: yes\n"
		"  train:\n"
		"    inputs: { train: prepare.dat }\n"
		"    needs: [b]\n"
		"    run: python3 train.py\n"
		"    gates: [accuracy > ]\n"
		"  b: { run: 'true', needs: train }\n"
		"  b: { run: 'false' }\n";
	static const char shown[] =
		"ingot.yaml:5:11: error[bad-value]: 'dta' is not one of: data, train, eval, deploy\n"
		"    5 |     kind: dta\n"
		"      |           ^^^\n"
		"  help: did you mean 'data'?\n"
		"ingot.yaml:6:33: error[unknown-name]: the name 'params.sed' is not known here\n"
		"    6 |     run: python3 prepare.py ${{ params.sed }}\n"
		"      |                                 ^^^^^^^^^^\n"
		"  help: did you mean 'params.seed'?\n"
		"ingot.yaml:7:5: error[unknown-key]: a step has no key 'ouputs'\n"
		"    7 |     ouputs: { train: out/train.csv }\n"
		"      |     ^^^^^^\n"
		"  help: did you mean 'outputs'?\n"
		"ingot.yaml:8:22: error[bad-path]: '../b.csv' is not a path inside the workspace\n"
		"    8 |     outputs: { data: ../b.csv }\n"
		"      |                      ^^^^^^^^\n"
		"  help: '..' leads out of the step's folder\n"
		"ingot.yaml:9:14: error[bad-duration]: '10 minutes' is not a duration\n"
		"    9 |     timeout: 10 minutes\n"
		"      |              ^^^^^^^^^^\n"
		"  help: write 90s, 10m, 2h or 1h30m; a year at most\n"
		"ingot.yaml:10:12: error[wrong-type]: true or false is expected for 'cache', not a string 'yes'\n"
		"   10 |     cache: yes\n"
		"      |            ^^^\n"
		"  help: write true or false; yes, no, on and off are strings\n"
		"ingot.yaml:12:22: error[unknown-output]: the step 'prepare' has no output 'dat'\n"
		"   12 |     inputs: { train: prepare.dat }\n"
		"      |                      ^^^^^^^^^^^\n"
		"  help: did you mean 'data'?\n"
		"ingot.yaml:13:13: error[cycle]: steps wait for each other: train -> b -> train\n"
		"   13 |     needs: [b]\n"
		"      |             ^\n"
		"ingot.yaml:15:5: error[gate-without-metrics]: gates need the step's 'metrics'\n"
		"   15 |     gates: [accuracy > ]\n"
		"      |     ^^^^^\n"
		"  help: add metrics: metrics.json\n"
		"ingot.yaml:15:23: error[bad-expression]: the condition ends where a value is expected\n"
		"   15 |     gates: [accuracy > ]\n"
		"      |                       ^\n"
		"ingot.yaml:17:3: error[duplicate-key]: the key 'b' is there already, in line 16\n"
		"   17 |   b: { run: 'false' }\n"
		"      |   ^\n";
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct buf out = BUF_INIT;
	(void)state;

	check(text, &mistakes);
	diagnostics_render(&mistakes, &out);
	assert_string_equal(buf_str(&out), shown);
	buf_finish(&out);
	diagnostics_finish(&mistakes);
}

/* A step "a" that runs, with something besides. */
#define STEP(rest) "steps:\n  a:\n    run: x\n    " rest "\n"

static const struct mistake {
	const char *text;
	const char *code;
	int line, column;
	const char *message, *hint;
} single[] = {
	/* keys and types */
	{ "step: {}\nsteps: { a: { run: x } }\n", "unknown-key", 1, 1, "a pipeline has no key 'step'",
	  "'steps'" },
	{ "name: x\n", "missing-key", 1, 1, "a pipeline has no 'steps'", "" },
	{ "steps: {}\n", "bad-value", 1, 8, "the mapping is empty", "" },
	{ "steps: { a: {} }\n", "missing-key", 1, 10, "'a' has no 'run'", "" },
	{ "steps: { a: 5 }\n", "wrong-type", 1, 13, "a mapping is expected for 'a', not an integer '5'", "" },
	{ "steps: { a: }\n", "wrong-type", 1, 10, "a mapping is expected for 'a', not nothing", "" },
	{ "steps: [a]\n", "wrong-type", 1, 8, "a mapping of names to steps is expected for 'steps'", "" },
	{ STEP("script: y"), "unknown-key", 4, 5, "a step has no key 'script'", "'run'" },
	{ STEP("depends_on: [b]"), "unknown-key", 4, 5, "no key 'depends_on'", "'needs'" },
	{ STEP("image: python"), "unknown-key", 4, 5, "no key 'image'", "" },
	{ STEP("priority: high"), "wrong-type", 4, 15, "an integer is expected", "" },
	{ STEP("priority: 5000"), "bad-value", 4, 15, "5000 is not between -1000 and 1000", "" },
	{ STEP("timeout: 90"), "wrong-type", 4, 14, "a duration such as", "as in 90s" },
	{ STEP("metrics: [a]"), "wrong-type", 4, 14, "a path is expected for 'metrics', not a list", "" },
	{ STEP("kind: 1"), "wrong-type", 4, 11, "a kind is expected", "" },
	{ "name: 1\n" STEP("kind: data"), "wrong-type", 1, 7, "a name is expected", "in quotes" },
	{ "name: a b\n" STEP("kind: data"), "bad-name", 1, 7, "'a b' is not a name", "letters" },
	{ "params: { a: }\n" STEP("kind: data"), "wrong-type", 1, 11, "a string, a number, true or false", "" },
	{ "params: { a: .inf }\n" STEP("kind: data"), "bad-value", 1, 14, ".inf is not a finite number", "" },
	{ "params: { a: [1] }\n" STEP("kind: data"), "wrong-type", 1, 14, "not a list", "" },
	{ "params: { 1a: 1 }\n" STEP("kind: data"), "bad-name", 1, 11, "'1a' is not a name", "" },
	{ "params: { a-b: 1, a_b: 2 }\n" STEP("kind: data"), "bad-name", 1, 19,
	  "'a-b' and 'a_b' would be one environment variable, …_A_B", "" },
	{ "steps: { params: { run: x } }\n", "bad-name", 1, 10, "a step cannot be called 'params'", "" },
	{ "defaults: { run: x }\n" STEP("kind: data"), "unknown-key", 1, 13, "defaults has no key 'run'", "" },
	{ "steps: { a: { run: '' } }\n", "bad-value", 1, 20, "the text is empty", "" },
	{ "steps: { a: { run: [] } }\n", "bad-value", 1, 20, "the list is empty", "" },
	/* durations, sizes, numbers */
	{ STEP("timeout: soon"), "bad-duration", 4, 14, "'soon' is not a duration", "90s" },
	{ STEP("timeout: 3000d"), "bad-duration", 4, 14, "'3000d' is not a duration", "a year" },
	{ STEP("resources: { memory: 5 apples }"), "bad-size", 4, 26, "'5 apples' is not a size", "512MiB" },
	{ STEP("resources: { memory: 512 }"), "wrong-type", 4, 26, "a size such as", "as in 512MiB" },
	{ STEP("resources: { cpu: many }"), "bad-value", 4, 23, "'many' is not a number of processors", "500m" },
	{ STEP("resources: { cpu: -1 }"), "bad-value", 4, 23, "-1 is not between 0 and 4096", "" },
	{ STEP("resources: { gpus: 1 }"), "unknown-key", 4, 18, "resources has no key 'gpus'", "'gpu'" },
	{ STEP("retry: { on: [crashed] }"), "bad-value", 4, 19, "'crashed' is not one of: failed, lost, timed_out", "" },
	{ STEP("retry: { on: [300] }"), "bad-value", 4, 19, "300 is not between 1 and 255", "" },
	{ STEP("retry: -1"), "bad-value", 4, 12, "-1 is not between", "" },
	/* paths, patterns, addresses, schedules */
	{ STEP("metrics: /etc/passwd"), "bad-path", 4, 14, "is not a path inside the workspace", "relative" },
	{ STEP("outputs: { a: a/../../b }"), "bad-path", 4, 19, "is not a path inside", "'..'" },
	{ STEP("outputs: { a: . }"), "bad-path", 4, 19, "is not a path inside", "" },
	{ STEP("workdir: .."), "bad-path", 4, 14, "is not a path inside", "" },
	{ STEP("sources: ['../x']"), "bad-glob", 4, 15, "leads out of the repository", "" },
	{ STEP("sources: ['a[b']"), "bad-glob", 4, 15, "'[' of the pattern 'a[b' is not closed", "" },
	{ STEP("sources: ['']"), "bad-glob", 4, 15, "the pattern is empty", "" },
	{ STEP("inputs: { a: model:penguins }"), "bad-address", 4, 18, "does not say which version", "" },
	{ STEP("inputs: { a: nothing }"), "bad-address", 4, 18, "neither STEP.OUTPUT nor an address", "" },
	{ STEP("inputs: { a: 'https://x.org/a' }"), "bad-address", 4, 18, "needs its digest", "" },
	{ "on: { schedule: '0 3 * *' }\n" STEP("kind: data"), "bad-cron", 1, 17, "5 fields, not 4", "minute" },
	{ "on: { schedule: '61 3 * * 1' }\n" STEP("kind: data"), "bad-cron", 1, 17, "'61' is not a minute (0 to 59)", "" },
	{ "on: { schedule: '* * * foo *' }\n" STEP("kind: data"), "bad-cron", 1, 17, "'foo' is not a month", "" },
	{ "on: { schedule: '@often' }\n" STEP("kind: data"), "bad-cron", 1, 17, "'@often' is not a schedule", "@hourly" },
	{ "on: { schedule: [{ timezone: UTC }] }\n" STEP("kind: data"), "missing-key", 1, 18, "a schedule has no 'cron'", "" },
	{ "on: { schedule: [{ cron: '@daily', timezone: 'my zone' }] }\n" STEP("kind: data"), "bad-timezone", 1, 46, "is not a time zone", "" },
	{ "on: pull\n" STEP("kind: data"), "bad-value", 1, 5, "'pull' is not one of: push, manual", "" },
	/* references */
	{ STEP("needs: [b]"), "unknown-step", 4, 13, "there is no step 'b'", "" },
	{ STEP("inputs: { x: b.c }"), "unknown-step", 4, 18, "there is no step 'b'", "" },
	{ STEP("needs: a"), "cycle", 4, 12, "steps wait for each other: a -> a", "" },
	{ "steps: { a: { run: x, finally: true }, b: { run: x, needs: a } }\n", "bad-needs", 1, 60,
	  "'b' cannot wait for it", "" },
	{ "steps: { a: { run: x, outputs: { m: m } }, b: { run: x, inputs: { m: { from: a.m, select: { metric: k, mode: max } } } } }\n",
	  "bad-select", 1, 83, "the step 'a' has no matrix to select from", "leave" },
	{ "steps: { a: { run: x, outputs: { m: m }, matrix: { k: [1, 2] } }, b: { run: x, inputs: { m: { from: a.m, select: { matrix: { k: 3 } } } } } }\n",
	  "bad-select", 1, 129, "'k' of the step 'a' is never 3", "" },
	{ "steps: { a: { run: x, outputs: { m: m }, matrix: { k: [1, 2] } }, b: { run: x, inputs: { m: { from: a.m, select: { metric: acc } } } } }\n",
	  "bad-select", 1, 106, "a metric and a mode, or values", "" },
	{ "steps: { a: { run: x, outputs: { m: m }, matrix: { k: [1, 2] } }, b: { run: x, inputs: { m: { from: a.m, select: { metric: acc, mode: max } } } } }\n",
	  "bad-select", 1, 124, "the step 'a' has no 'metrics'", "" },
	{ "steps: { a: { run: x, outputs: { m: m }, matrix: { k: [1, 2] } }, b: { run: x, inputs: { m: { from: a.m, unpack: true } } } }\n",
	  "bad-value", 1, 106, "the outputs of all instances of 'a' are a folder", "select" },
	{ STEP("inputs: { x: { from: model:m@1, unpack: 1 } }"), "wrong-type", 4, 45,
	  "true or false is expected for 'unpack'", "" },
	{ STEP("outputs: { a: out, b: out }"), "duplicate-path", 4, 27, "'a' and 'b' are the same path", "" },
	{ STEP("outputs: { a: out, a: two }"), "duplicate-key", 4, 24, "the key 'a' is there already", "" },
	{ STEP("inputs: { a: model:m@1, b: { from: model:n@1, path: inputs/a } }"), "duplicate-path", 4, 29,
	  "'a' and 'b' are put at the same path", "" },
	/* matrices */
	{ STEP("matrix: {}"), "bad-matrix", 4, 5, "the matrix has no axis", "" },
	{ STEP("matrix: { a: [] }"), "bad-value", 4, 18, "the list is empty", "" },
	{ STEP("matrix: { a: 5 }"), "wrong-type", 4, 18, "a list of values is expected", "" },
	{ STEP("matrix: { a: [1, 1] }"), "bad-matrix", 4, 22, "the value 1 of 'a' is there twice", "" },
	{ STEP("matrix: { a: [1], exclude: [{ b: 1 }] }"), "bad-matrix", 4, 35, "no axis 'b'", "" },
	{ STEP("matrix: { a: [1], exclude: [{ a: 2 }] }"), "bad-matrix", 4, 38, "'a' has no value 2 to exclude", "" },
	{ STEP("matrix: { a: [1], b: [2], include: [{ a: 3 }] }"), "bad-matrix", 4, 41, "gives no value to 'b'", "" },
	/* templates and conditions */
	{ "steps: { a: { run: 'x ${{ brnch }}' } }\n", "unknown-name", 1, 27, "'brnch' is not known", "'branch'" },
	{ "params: { n: 1 }\nsteps: { a: { run: 'x ${{ n }}' } }\n", "unknown-name", 2, 27, "'n'", "'params.n'" },
	{ "steps: { a: { run: 'x ${{ secrets.KEY }}' } }\n", "unknown-name", 1, 27, "'secrets.KEY'", "$KEY" },
	{ "steps: { a: { run: 'x ${{ x' } }\n", "bad-template", 1, 23, "'${{' is not closed", "" },
	{ "steps: { a: { run: 'x # ${{ branch }}' } }\n", "bad-template", 1, 25, "in a comment", "" },
	{ "steps:\n  a:\n    run: |\n      one\n      two ${{ tow }}\n", "unknown-name", 5, 15, "'tow'", "" },
	{ "steps:\n  a:\n    run: >\n      one\n      two ${{ tow }}\n", "unknown-name", 5, 15, "'tow'", "" },
	{ "steps: { a: { run: 'it''s ${{ tow }}' } }\n", "unknown-name", 1, 31, "'tow'", "" },
	{ STEP("shell: python3\n    env: { A: 'x' }\n    needs: [b]"), "unknown-step", 6, 13, "'b'", "" },
	{ "steps: { a: { shell: python3, run: 'x = ${{ branch }}' } }\n", "bad-template", 1, 41,
	  "quoted for a POSIX shell, and 'python3' is none", "INGOT_PARAM_" },
	{ STEP("metrics: '${{ branch }}.json'"), "bad-template", 4, 14, "has no meaning here", "" },
	{ STEP("outputs: { a: '${{ outputs.a }}' }"), "unknown-name", 4, 24, "'outputs.a'", "" },
	{ "concurrency: '${{ matrix.a }}'\n" STEP("kind: data"), "unknown-name", 1, 19, "'matrix.a'", "" },
	{ STEP("if: branch = "), "bad-expression", 4, 17, "the condition ends where a value", "" },
	{ STEP("if: branch = 3"), "bad-expression", 4, 18, "a string is compared with a number", "" },
	{ STEP("if: brunch = 'x'"), "unknown-name", 4, 9, "'brunch' is not known", "'branch'" },
	{ "steps: { b: { run: x }, a: { run: x, if: b.state = 'failed' } }\n", "unknown-name", 1, 42,
	  "'b' need not be over", "needs" },
	{ "steps: { b: { run: x }, a: { run: x, needs: b, if: b.loss > 1 } }\n", "unknown-name", 1, 52,
	  "the step 'b' has no 'metrics'", ".state" },
	{ STEP("metrics: m\n    gates: [params.x > 1]"), "unknown-name", 5, 13, "'params.x'", "" },
	{ STEP("metrics: m\n    gates: ['loss < \"1\"']"), "bad-expression", 5, 21, "a number is compared with a string",
	  "without quotes" },
	{ STEP("gates: [a > 1]"), "gate-without-metrics", 4, 5, "gates need the step's 'metrics'", "metrics.json" },
	/* environment, secrets, deployment */
	{ STEP("env: { 1A: x }"), "bad-name", 4, 12, "'1A' is not the name of an environment variable", "" },
	{ STEP("env: { INGOT_RUN: x }"), "bad-name", 4, 12, "set by Ingot", "" },
	{ STEP("secrets: [TOKEN]\n    env: { TOKEN: x }"), "duplicate-key", 4, 15, "both a secret and in 'env'", "" },
	{ STEP("environment: prod"), "deploy-only", 4, 5, "belongs to a deploy step", "kind: deploy" },
	{ STEP("kind: deploy\n    cache: true"), "bad-value", 5, 12, "never taken from the cache", "" },
	{ STEP("kind: deploy\n    verify: { within: 5s }"), "bad-value", 5, 5, "either 'http' or 'run'", "" },
	{ STEP("kind: deploy\n    verify: { http: ftp://x }"), "bad-url", 5, 21, "'ftp://x' is not a URL", "" },
	{ STEP("kind: deploy\n    model: { name: m, from: x }"), "unknown-input", 5, 29, "no output or input 'x'", "" },
	{ STEP("kind: deploy\n    approval: maybe"), "bad-value", 5, 15, "is not one of: none, required", "" },
};

static void each_mistake_is_found_alone(void **state)
{
	int wrong = 0;
	(void)state;

	for (size_t i = 0; i < countof(single); i++) {
		const struct mistake *m = &single[i];
		struct diagnostics found = DIAGNOSTICS_INIT;
		const struct diagnostic *d;
		struct pipeline *p = NULL;

		pipeline_check(m->text, strlen(m->text), "ingot.yaml", &p, &found);
		d = found.items;
		if (found.count != 1 || strcmp(d->code, m->code) != 0 || d->pos.line != m->line ||
		    d->pos.column != m->column || !strstr(d->message, m->message) ||
		    !strstr(d->hint ? d->hint : "", m->hint)) {
			struct buf shown = BUF_INIT;

			diagnostics_render(&found, &shown);
			print_error("%s\n%s\nexpected %s at %d:%d: %s (%s)\n\n", m->text,
				    buf_str(&shown), m->code, m->line, m->column, m->message, m->hint);
			buf_finish(&shown);
			wrong++;
		}
		diagnostics_finish(&found);
		pipeline_destroy(p);
	}
	assert_int_equal(wrong, 0);
}

static void two_cycles_are_two_mistakes(void **state)
{
	struct diagnostics found = DIAGNOSTICS_INIT;
	(void)state;

	check("steps:\n"
	      "  a: { run: x, needs: b }\n"
	      "  b: { run: x, needs: [a, d] }\n"
	      "  c: { run: x, needs: d }\n"
	      "  d: { run: x, needs: e }\n"
	      "  e: { run: x, needs: c }\n",
	      &found);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].message, "steps wait for each other: a -> b -> a");
	assert_string_equal(found.items[1].message, "steps wait for each other: c -> d -> e -> c");
	diagnostics_finish(&found);
}

static void matrices_have_limits(void **state)
{
	struct buf text = BUF_INIT;
	struct diagnostics found = DIAGNOSTICS_INIT;
	(void)state;

	buf_str_append(&text, "steps:\n  a:\n    run: x\n    matrix:\n");
	for (int i = 0; i < 5; i++)
		buf_printf(&text, "      a%d: [0, 1, 2, 3, 4, 5, 6]\n", i);
	check(buf_str(&text), &found);
	assert_string_equal(found.items[0].code, "matrix-too-large");
	assert_string_equal(found.items[0].message, "the matrix makes more than 10000 instances");
	diagnostics_finish(&found);
	buf_clear(&text);
	buf_str_append(&text, "steps:\n");
	for (int i = 0; i < 12; i++)
		buf_printf(&text, "  s%d: { run: x, matrix: { a: [1,2,3,4,5,6,7,8,9,10], "
				  "b: [1,2,3,4,5,6,7,8,9,10], c: [1,2,3,4,5,6,7,8,9,10], d: [1,2,3,4,5,6,7,8,9] } }\n",
			   i);
	check(buf_str(&text), &found);
	assert_string_equal(found.items[0].message, "the pipeline has more than 100000 step instances");
	diagnostics_finish(&found);
	buf_finish(&text);
}

static void the_hundred_and_first_is_counted(void **state)
{
	struct buf text = BUF_INIT, shown = BUF_INIT;
	struct diagnostics found = DIAGNOSTICS_INIT;
	(void)state;

	for (int i = 0; i < 130; i++)
		buf_printf(&text, "key%d: 1\n", i);
	buf_str_append(&text, "steps: { a: { run: x } }\n");
	check(buf_str(&text), &found);
	assert_int_equal(found.count, DIAGNOSTICS_MAX);
	assert_int_equal(found.left_out, 30);
	assert_int_equal(found.items[99].pos.line, 100);
	diagnostics_render(&found, &shown);
	assert_true(strstr(buf_str(&shown), "ingot.yaml: 30 more mistakes are not shown\n") != NULL);
	diagnostics_finish(&found);
	buf_finish(&text);
	buf_finish(&shown);
}

static void mistakes_are_json_and_err_as_well(void **state)
{
	struct diagnostics found = DIAGNOSTICS_INIT;
	struct buf json = BUF_INIT;
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(diagnostics_err(&found, &err), 0);
	check("steps: { a: { run: x, kind: dta } }\n", &found);
	diagnostics_json(&found, &json);
	assert_string_equal(buf_str(&json),
			    "[{\"file\":\"ingot.yaml\",\"line\":1,\"column\":29,\"code\":\"bad-value\","
			    "\"message\":\"'dta' is not one of: data, train, eval, deploy\","
			    "\"hint\":\"did you mean 'data'?\"}]");
	assert_int_equal(diagnostics_err(&found, &err), ERR_INVALID);
	assert_string_equal(err.text, "ingot.yaml:1:29: error[bad-value]: "
				      "'dta' is not one of: data, train, eval, deploy");
	buf_finish(&json);
	diagnostics_finish(&found);
}

static void a_long_line_is_shown_around_the_place(void **state)
{
	struct buf text = BUF_INIT, shown = BUF_INIT;
	struct diagnostics found = DIAGNOSTICS_INIT;
	(void)state;

	buf_str_append(&text, "steps: { a: { run: '");
	for (int i = 0; i < 300; i++)
		buf_char(&text, 'x');
	buf_str_append(&text, "', kind: dta } }\n");
	check(buf_str(&text), &found);
	diagnostics_render(&found, &shown);
	assert_non_null(strstr(buf_str(&shown), "    1 | …xxx"));
	assert_non_null(strstr(buf_str(&shown), "xxx', kind: dta } }\n"));
	diagnostics_finish(&found);
	buf_finish(&text);
	buf_finish(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_mistakes_are_shown_in_one_go),
		cmocka_unit_test(each_mistake_is_found_alone),
		cmocka_unit_test(two_cycles_are_two_mistakes),
		cmocka_unit_test(matrices_have_limits),
		cmocka_unit_test(the_hundred_and_first_is_counted),
		cmocka_unit_test(mistakes_are_json_and_err_as_well),
		cmocka_unit_test(a_long_line_is_shown_around_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
