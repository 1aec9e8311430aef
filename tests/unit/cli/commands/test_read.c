/* SPDX-License-Identifier: Apache-2.0 */
/* test_read.c - commands that show what is recorded */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

/* One question, one answer, one text. */
static void expect(const char *op, const char *answer, const char *command, const char *word,
		   const char *out)
{
	const struct fake_rule script[] = { { op, answer }, { 0 } };
	struct said said;
	struct fake f;

	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, command, word, NULL);
	assert_string_equal(said.err, "");
	assert_string_equal(said.out, out);
	assert_int_equal(said.code, 0);
	fake_finish(&f);
}

static void runs_are_a_table_or_numbers_or_json(void **state)
{
	static const char answer[] =
		"r{\"runs\":[{\"id\":12,\"pipeline\":\"penguins\",\"state\":\"failed\","
		"\"commit\":\"0123456789abcdef\",\"branch\":\"main\",\"counts\":{\"steps\":9,"
		"\"done\":9},"
		"\"created_at\":\"2001-02-03T04:05:06.000Z\",\"started_at\":\"2001-02-03T04:05:06."
		"000Z\","
		"\"finished_at\":\"2001-02-03T04:06:09.000Z\"}],\"next\":null}";

	(void)state;
	expect("run.list", answer, "runs", NULL,
	       "RUN PIPELINE STATE  COMMIT     BRANCH STEPS  TIME CREATED\n"
	       " 12 penguins failed 0123456789 main     9/9 1m03s 2001-02-03\n");
	expect("run.list", answer, "runs", "-q", "12\n");
	expect("run.list", "r{\"runs\":[],\"next\":null}", "runs", NULL,
	       "no runs yet: 'ingot run' makes one\n");
	expect("run.list", "r{\"runs\":[{\"id\":1}],\"next\":null}", "runs", "--json",
	       "[\n  {\n    \"id\": 1\n  }\n]\n");
}

static void a_run_is_shown_with_its_steps(void **state)
{
	(void)state;
	expect("run.show",
	       "r{\"id\":12,\"pipeline\":\"p\",\"state\":\"failed\",\"message\":\"b failed\","
	       "\"commit\":\"0123456789abcdef\",\"params\":{\"n\":3,\"a\":\"x\\u001b\"},"
	       "\"created_at\":\"2001-02-03T04:05:06.000Z\",\"steps\":["
	       "{\"name\":\"a\",\"kind\":\"data\",\"state\":\"cached\",\"cached_from\":\"7/a\","
	       "\"metrics\":{\"m\":0.5}},"
	       "{\"name\":\"b\",\"kind\":null,\"state\":\"failed\",\"message\":\"exit code 1\","
	       "\"worker\":\"w1\",\"started_at\":\"2001-02-03T04:05:06.000Z\","
	       "\"finished_at\":\"2001-02-03T04:05:07.500Z\"}]}",
	       "show", "12",
	       "p run 12 failed\n\n"
	       "why         b failed\n"
	       "commit      0123456789abcdef\n"
	       "parameters  a=x\\x1b n=3\n"
	       "created     2001-02-03\n\n"
	       "STEP KIND STATE  TIME WORKER NOTE\n"
	       "a    data cached             from run 7  m=0.5\n"
	       "b         failed 1.5s w1     exit code 1\n");
}

static void why_gives_the_reason_and_the_last_lines(void **state)
{
	(void)state;
	expect("run.why",
	       "r{\"run\":12,\"step\":\"b\",\"state\":\"failed\",\"why\":[\"exit code 1\",\"it ran "
	       "because src/b.py changed\"],\"tail\":[\"boom\\u001b[2J\"]}",
	       "why", "12/b",
	       "12/b failed\n  exit code 1\n  it ran because src/b.py changed\n  | boom\\x1b[2J\n");
}

static void metrics_have_a_column_each(void **state)
{
	(void)state;
	expect("run.metrics",
	       "r{\"runs\":[{\"run\":1,\"steps\":[{\"step\":\"a\",\"metrics\":{\"loss\":0.25}},"
	       "{\"step\":\"b\",\"metrics\":{\"accuracy\":1}}]}]}",
	       "metrics", "1",
	       "RUN STEP loss accuracy\n"
	       "  1 a    0.25 \n"
	       "  1 b                1\n");
}

static void a_diff_has_sections_of_what_differs(void **state)
{
	const struct fake_rule script[] = {
		{ "run.diff", "r{\"run\":{\"commit\":[\"aa\",\"bb\"]},\"params\":{\"n\":[1,null]},"
			      "\"files\":[{\"path\":\"src/a.py\",\"change\":\"changed\"}],"
			      "\"steps\":[{\"step\":\"a\",\"changes\":[\"src/a.py changed\"],"
			      "\"metrics\":{\"loss\":[0.5,0.25]}},{\"step\":\"b\",\"changes\":[],"
			      "\"metrics\":{}}]}" },
		{ "run.diff", "r{\"run\":{},\"params\":{},\"files\":[],\"steps\":[]}" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "diff", "1", "2", NULL);
	assert_string_equal(said.out,
			    "Run\n  commit  aa -> bb\n"
			    "\nParameters\n  n  1 -> -\n"
			    "\nFiles\n  changed   src/a.py\n"
			    "\nSteps\n  a\n    src/a.py changed\n    loss  0.5 -> 0.25\n");
	fake_run(&f, &said, "diff", "1", "2", NULL);
	assert_string_equal(said.out, "no difference\n");
	fake_finish(&f);
}

static void logs_of_all_steps_are_prefixed_and_of_one_untouched(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show",
		  "r{\"id\":1,\"steps\":[{\"name\":\"a\",\"attempt\":1,\"state\":\"succeeded\"},"
		  "{\"name\":\"b\",\"attempt\":0,\"state\":\"skipped\"},"
		  "{\"name\":\"c\",\"attempt\":2,\"state\":\"failed\"}]}" },
		{ "log.read", "done\ndtwo\nr{\"size\":8}" },
		{ "log.read", "dthree\x1b[0m\nr{\"size\":6}" },
		{ 0 },
	};
	struct said said;
	struct fake f;
	json_t *args;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "logs", "1", NULL);
	assert_string_equal(said.out, "a | one\na | two\nc | three\x1b[0m\n");
	fake_run(&f, &said, "logs", "1", "c", "--attempt", "1", NULL);
	assert_string_equal(said.out, "three\x1b[0m\n");
	args = fake_asked(&f, "log.read", 2);
	assert_int_equal(json_integer_value(json_object_get(args, "attempt")), 1);
	json_decref(args);
	fake_finish(&f);
}

static void a_lineage_is_a_tree_that_bears_cycles(void **state)
{
	static const char answer[] =
		"r{\"nodes\":[{\"id\":\"m\",\"kind\":\"artifact\",\"label\":\"1/e.model\"},"
		"{\"id\":\"e\",\"kind\":\"step\",\"label\":\"1/e\"},"
		"{\"id\":\"c\",\"kind\":\"commit\",\"label\":\"0123\"}],"
		"\"edges\":[{\"from\":\"e\",\"to\":\"m\",\"label\":\"model\"},"
		"{\"from\":\"m\",\"to\":\"e\",\"label\":\"model\"},"
		"{\"from\":\"c\",\"to\":\"e\",\"label\":\"\"}]}";
	const struct fake_rule script[] = { { "artifact.lineage", answer }, { 0 } };
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "lineage", "1/e.model", NULL);
	assert_string_equal(said.out, "LINEAGE                   KIND\n"
				      "1/e.model                 artifact\n"
				      "`-1/e                     step\n"
				      "  |-1/e.model (see above) artifact\n"
				      "  `-0123                  commit\n");
	fake_run(&f, &said, "lineage", "1/e.model", "--dot", NULL);
	assert_non_null(strstr(said.out, "\t\"e\" -> \"m\" [label=\"model\"];\n"));
	fake_run(&f, &said, "lineage", "1/e.model", "--dot", "--json", NULL);
	assert_int_equal(said.code, 2);
	fake_finish(&f);
}

static void sql_is_a_table_or_objects(void **state)
{
	static const char answer[] =
		"r{\"columns\":[\"n\",\"name\"],\"rows\":[[1,\"a\"],[null,\"b\"]]}";
	const struct fake_rule script[] = { { "sql", answer }, { 0 } };
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "sql", "SELECT 1", NULL);
	assert_string_equal(said.out, "n name\n1 a\n  b\n");
	fake_run(&f, &said, "sql", "SELECT 1", "--json", NULL);
	assert_string_equal(said.out, "[\n  {\n    \"n\": 1,\n    \"name\": \"a\"\n  },\n"
				      "  {\n    \"n\": null,\n    \"name\": \"b\"\n  }\n]\n");
	fake_finish(&f);
}

static void damage_found_is_exit_code_5(void **state)
{
	const struct fake_rule script[] = {
		{ "fsck", "r{\"checked\":3,\"bytes\":2048,\"problems\":[]}" },
		{ "fsck", "r{\"checked\":3,\"bytes\":2048,\"problems\":[{\"kind\":\"damaged\","
			  "\"what\":\"sha256:00\",\"message\":\"it hashes to something else\"}]}" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "fsck", NULL);
	assert_string_equal(said.out, "3 blobs, 2.0 KiB: 0 problems\n");
	assert_int_equal(said.code, 0);
	fake_run(&f, &said, "fsck", NULL);
	assert_string_equal(said.out, "KIND    WHAT      PROBLEM\n"
				      "damaged sha256:00 it hashes to something else\n"
				      "3 blobs, 2.0 KiB: 1 problems\n");
	assert_int_equal(said.code, 5);
	fake_finish(&f);
}

static void errors_have_the_exit_code_of_their_class(void **state)
{
	const struct fake_rule script[] = {
		{ "run.show",
		  "x{\"code\":\"not_found\",\"message\":\"no such run: 7\",\"hint\":\"there "
		  "are 3\"}" },
		{ "run.show", "x{\"code\":\"no_space\",\"message\":\"disk full\"}" },
		{ 0 },
	};
	struct said said;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_start(&f, script);
	fake_run(&f, &said, "show", "7", NULL);
	assert_string_equal(said.err, "ingot: no such run: 7\nhint: there are 3\n");
	assert_int_equal(said.code, 1);
	fake_run(&f, &said, "show", "7", NULL);
	assert_int_equal(said.code, 5);
	fake_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_a_table_or_numbers_or_json),
		cmocka_unit_test(a_run_is_shown_with_its_steps),
		cmocka_unit_test(why_gives_the_reason_and_the_last_lines),
		cmocka_unit_test(metrics_have_a_column_each),
		cmocka_unit_test(a_diff_has_sections_of_what_differs),
		cmocka_unit_test(logs_of_all_steps_are_prefixed_and_of_one_untouched),
		cmocka_unit_test(a_lineage_is_a_tree_that_bears_cycles),
		cmocka_unit_test(sql_is_a_table_or_objects),
		cmocka_unit_test(damage_found_is_exit_code_5),
		cmocka_unit_test(errors_have_the_exit_code_of_their_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
