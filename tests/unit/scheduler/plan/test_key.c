/* SPDX-License-Identifier: Apache-2.0 */
/* test_key.c - what a cache key hangs on, and what not; reasons for a difference */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "plan_fixture.h"
#include "scheduler/plan/reason.h"
#include "tests/lib/test.h"

static const char TWO[] = "name: two\n"
			  "params: { epochs: 200, seed: 7, name: x }\n"
			  "steps:\n"
			  "  prepare:\n"
			  "    run: prepare\n"
			  "    outputs: { data: data.csv }\n"
			  "  train:\n"
			  "    inputs: { data: prepare.data }\n"
			  "    env: { SEED: \"${{ params.seed }}\" }\n"
			  "    matrix: { rate: [0.1, 0.5] }\n"
			  "    run: train --epochs ${{ params.epochs }} --rate ${{ matrix.rate }}\n"
			  "    outputs: { model: model.json }\n"
			  "    fingerprint: python3 --version\n"
			  "  tell:\n"
			  "    run: echo \"$INGOT_BRANCH\" \"$INGOT_PARAM_name\"\n";

static char *key_with(const char *override, const char *step, struct digest *ret)
{
	struct fixture f;
	char *text;

	fixture_check(&f, TWO);
	assert_int_equal(fixture_plan(&f, override, NULL, NULL), 0);
	text = fixture_key(&f, step, 'a', NULL, ret);
	fixture_finish(&f);
	return text;
}

static bool hangs_on(const char *override, const char *step)
{
	struct digest before, after;

	free(key_with(NULL, step, &before));
	free(key_with(override, step, &after));
	return !digest_eq(&before, &after);
}

static void a_step_hangs_on_the_parameters_that_it_names_and_no_others(void **state)
{
	(void)state;
	assert_true(hangs_on("epochs=50", "train[rate=0.1]"));
	assert_true(hangs_on("seed=8", "train[rate=0.1]"));
	assert_false(hangs_on("name=y", "train[rate=0.1]"));
	assert_false(hangs_on("epochs=50", "prepare"));
	assert_true(hangs_on("name=y", "tell"));
	assert_false(hangs_on("seed=8", "tell"));
}

static void the_text_is_what_the_header_says(void **state)
{
	struct fixture f;
	struct digest key;
	char *text;

	(void)state;
	fixture_check(&f, TWO);
	assert_int_equal(fixture_plan(&f, NULL, NULL, NULL), 0);
	text = fixture_key(&f, "train[rate=0.1]", 'a', "Python 3.11.2\n", &key);
	assert_string_equal(
		text,
		"ingot step key 1\n"
		"command [\"sh\",\"-eu\",\"-c\",\"train --epochs ${{ params.epochs }} --rate ${{ matrix.rate }}\"]\n"
		"workdir \".\"\n"
		"env SEED \"${{ params.seed }}\"\n"
		"param epochs \"200\"\n"
		"param seed \"7\"\n"
		"matrix rate \"0.1\"\n"
		"sources none\n"
		"output model \"model.json\"\n"
		"input data \"inputs/data\" file "
		"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\n"
		"fingerprint \"python3 --version\" \"Python 3.11.2\\n\"\n");
	free(text);
	text = fixture_key(&f, "tell", 'a', NULL, &key);
	assert_non_null(strstr(text, "param name \"x\"\ncontext branch \"main\"\n"));
	free(text);
	fixture_finish(&f);
}

static void a_step_hangs_on_its_inputs_and_fingerprint(void **state)
{
	struct fixture f;
	struct digest a, b, c;

	(void)state;
	fixture_check(&f, TWO);
	assert_int_equal(fixture_plan(&f, NULL, NULL, NULL), 0);
	free(fixture_key(&f, "train[rate=0.1]", 'a', "3.11", &a));
	free(fixture_key(&f, "train[rate=0.1]", 'b', "3.11", &b));
	free(fixture_key(&f, "train[rate=0.1]", 'a', "3.12", &c));
	assert_false(digest_eq(&a, &b));
	assert_false(digest_eq(&a, &c));
	fixture_finish(&f);
}

static void instances_of_a_matrix_have_keys_of_their_own(void **state)
{
	struct digest a, b;

	(void)state;
	free(key_with(NULL, "train[rate=0.1]", &a));
	free(key_with(NULL, "train[rate=0.5]", &b));
	assert_false(digest_eq(&a, &b));
}

/* ── reasons ──────────────────────────────────────────────────────────── */

struct two_lists {
	const char *before, *after;
};

static const char *give_list(void *arg, const struct digest *list, struct arena *arena, size_t *len)
{
	const struct two_lists *l = arg;
	struct digest before;

	(void)arena;
	hash_bytes(l->before, strlen(l->before), &before);
	*len = strlen(digest_eq(&before, list) ? l->before : l->after);
	return digest_eq(&before, list) ? l->before : l->after;
}

static void assert_reasons(const char *before, const char *after, const struct two_lists *lists,
			   const char *const *expected, size_t count)
{
	struct arena arena = ARENA_INIT;
	struct reasons r;

	reason_diff(before, after, lists ? give_list : NULL, (void *)lists, &arena, &r);
	for (size_t i = 0; i < r.count && i < count; i++)
		assert_string_equal(r.texts[i], expected[i]);
	assert_int_equal(r.count, count);
	arena_finish(&arena);
}

static void reasons_name_what_changed_with_both_values(void **state)
{
	static const char *const expected[] = { "param epochs 100 -> 200", "input train changed",
						"env B added", "env A removed" };

	(void)state;
	assert_reasons("ingot step key 1\ncommand [\"x\"]\nenv A \"1\"\nparam epochs \"100\"\n"
		       "input train \"inputs/train\" file sha256:aa\n",
		       "ingot step key 1\ncommand [\"x\"]\nparam epochs \"200\"\n"
		       "input train \"inputs/train\" file sha256:bb\nenv B \"1\"\n",
		       NULL, expected, 4);
}

static void equal_keys_have_no_reasons(void **state)
{
	(void)state;
	assert_reasons("a\nparam x \"1\"\n", "a\nparam x \"1\"\n", NULL, NULL, 0);
}

static void changed_sources_are_named_file_by_file(void **state)
{
	static const char *const expected[] = { "src/a.py changed", "src/b.py removed",
						"src/c.py added" };
	static const struct two_lists lists = {
		"100644 0000000000000000000000000000000000000001 src/a.py\n"
		"100644 0000000000000000000000000000000000000002 src/b.py\n",
		"100644 0000000000000000000000000000000000000009 src/a.py\n"
		"100644 0000000000000000000000000000000000000003 src/c.py\n",
	};
	struct digest before, after;
	char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE], key_a[200], key_b[200];

	(void)state;
	hash_bytes(lists.before, strlen(lists.before), &before);
	hash_bytes(lists.after, strlen(lists.after), &after);
	digest_text(&before, a);
	digest_text(&after, b);
	snprintf(key_a, sizeof(key_a), "sources %s\n", a);
	snprintf(key_b, sizeof(key_b), "sources %s\n", b);
	assert_reasons(key_a, key_b, &lists, expected, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_hangs_on_the_parameters_that_it_names_and_no_others),
		cmocka_unit_test(the_text_is_what_the_header_says),
		cmocka_unit_test(a_step_hangs_on_its_inputs_and_fingerprint),
		cmocka_unit_test(instances_of_a_matrix_have_keys_of_their_own),
		cmocka_unit_test(reasons_name_what_changed_with_both_values),
		cmocka_unit_test(equal_keys_have_no_reasons),
		cmocka_unit_test(changed_sources_are_named_file_by_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
