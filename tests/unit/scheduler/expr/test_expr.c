/* SPDX-License-Identifier: Apache-2.0 */
/* test_expr.c - conditions are true, false, or refused with a reason; never silently false */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/expr/expr.h"

#define REAL(name, x) { name, { .type = VALUE_DOUBLE, .real = x, .text = #x } }
#define INT(name, x)  { name, { .type = VALUE_INT, .integer = x, .text = #x } }
#define TEXT(name, x) { name, { .type = VALUE_TEXT, .text = x } }

static const struct expr_binding bindings[] = {
	REAL("accuracy", 0.913),
	REAL("champion.loss", 0.5),
	REAL("loss", 0.31),
	INT("params.epochs", 200),
	INT("correct", 7),
	INT("total", 2),
	TEXT("branch", "main"),
	TEXT("train-1.state", "succeeded"),
	REAL("val/f1", 0.75),
	TEXT("quote", "it's"),
	{ "flag", { .type = VALUE_BOOL, .boolean = true, .text = "true" } },
	{ "missing", { .type = VALUE_NULL, .text = "null" } },
};

static int eval(const char *text, bool *ret, struct err *err)
{
	struct expr_engine *e = expr_engine_create();
	int rc = expr_eval(e, text, bindings, countof(bindings), ret, err);

	expr_engine_destroy(e);
	return rc;
}

static void true_conditions_are_true_and_their_negations_false(void **state)
{
	static const char *const texts[] = {
		"accuracy >= 0.9",
		"accuracy = 0.913 and loss < champion.loss",
		"branch = 'main'",
		"branch == \"main\"",
		"branch like 'm%' and branch not like 'M%'",
		"branch glob 'ma*'",
		"branch in ('dev', 'main')",
		"branch not in ('dev', 'test')",
		"params.epochs between 100 and 200",
		"params.epochs not between 1 and 2",
		"correct / total = 3.5",
		"correct % total = 1",
		"2 + 3 * 4 = 14 and (2 + 3) * 4 = 20 and 10 - 3 - 2 = 5",
		"- accuracy < 0 and -2 = +(-2)",
		"train-1.state = 'succeeded'",
		"correct - total = 5",
		"`val/f1` > 0.7",
		"quote = 'it''s'",
		"abs(-2) = 2 and round(2.567, 1) = 2.6 and MAX(1, 3, 2) = 3 and min(4, 2) = 2",
		"lower('ABC') = 'abc' and upper('a') = 'A'",
		"length('four') = 4 and trim(' x ') = 'x'",
		"replace('a-b', '-', '+') = 'a+b' and instr('abc', 'c') = 3",
		"coalesce(missing, 0.5) = 0.5 and coalesce(not_there, 1) = 1",
		"missing is null and accuracy is not null",
		"flag",
		"flag = true and flag != false",
		"1 = 2 or 1 = 1",
		"NOT 1 = 2 AND 2 = 2",
		"${{ branch }} = 'main'",
		"${{ branch = 'main' }}",
		"1 <> 2 and 1 != 2 and 1 <= 1 and .5 < 1e0",
	};
	(void)state;

	for (size_t i = 0; i < countof(texts); i++) {
		struct err err = ERR_INIT;
		struct buf negated = BUF_INIT;
		bool result = false;
		int rc = eval(texts[i], &result, &err);

		if (rc < 0 || !result)
			fail_msg("%s: %s", texts[i], rc < 0 ? err.text : "is false");
		buf_printf(&negated, "not (%s)", texts[i]);
		assert_int_equal(eval(buf_str(&negated), &result, &err), 0);
		assert_false(result);
		buf_finish(&negated);
	}
}

static void what_has_no_answer_is_an_error_and_says_why(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message, *hint;
	} cases[] = {
		{ "acuracy >= 0.95", ERR_NOT_FOUND, "'acuracy' has no value in: acuracy >= 0.95",
		  "did you mean 'accuracy'?" },
		{ "missing > 1", ERR_NOT_FOUND, "'missing' has no value in: missing > 1", "" },
		{ "missing > 1 or coalesce(missing, 1) = 1", ERR_NOT_FOUND,
		  "'missing' has no value in: missing > 1 or coalesce(missing, 1) = 1", "" },
		{ "coalesce(missing, nowhere) = 1", ERR_INVALID, "the condition has no result",
		  "" },
		{ "1 / 0 = 1", ERR_INVALID, "the condition has no result (a division by zero?)",
		  "" },
		{ "loss-champion.loss > 0", ERR_NOT_FOUND, "'loss-champion.loss' has no value",
		  "put spaces around '-' to subtract" },
		{ "rowid = 1", ERR_NOT_FOUND, "'rowid' has no value", "" },
		{ "accuracy > 'abc'", ERR_INVALID, "a number is compared with a string",
		  "write numbers without quotes" },
		{ "accuracy = '0.913'", ERR_INVALID, "a number is compared with a string",
		  "write numbers without quotes" },
		{ "branch = 1", ERR_INVALID, "a string is compared with a number", "" },
		{ "branch in ('main', 1)", ERR_INVALID, "a string is compared with a number", "" },
		{ "accuracy between 0 and '1'", ERR_INVALID, "a number is compared with a string",
		  "" },
		{ "accuracy like '0%'", ERR_INVALID, "a number is compared with a string", "" },
		{ "accuracy", ERR_INVALID, "a number stands where a truth value is expected",
		  "compare it with something, such as x >= 0.9" },
		{ "'main'", ERR_INVALID, "a string stands where a truth value is expected", "" },
		{ "branch and 1 = 1", ERR_INVALID,
		  "a string stands where a truth value is expected", "" },
		{ "not 1", ERR_INVALID, "a number stands where a truth value is expected", "" },
		{ "branch + 1 = 1", ERR_INVALID, "a string stands where a number is expected", "" },
		{ "lower(1) = 'a'", ERR_INVALID, "a number stands where a string is expected", "" },
		{ "0.5 < accuracy < 1", ERR_INVALID, "a comparison cannot go on",
		  "write a < b and b < c" },
		{ "a && b", ERR_INVALID, "'&&' has no meaning here", "write 'and'" },
		{ "a || b", ERR_INVALID, "'||' has no meaning here", "write 'or'" },
		{ "!flag", ERR_INVALID, "'!' has no meaning here", "write 'not'" },
		{ "1 = 1; drop table x", ERR_INVALID, "';' has no meaning here", "" },
		{ "1 = 1 -- x", ERR_INVALID, "'--' has no meaning here",
		  "there are no comments in a condition" },
		{ "1 = 1 /* x */", ERR_INVALID, "'/*' has no meaning here", "" },
		{ "?1 = 1", ERR_INVALID, "'?' has no meaning here", "" },
		{ ":x = 1", ERR_INVALID, "':' has no meaning here", "" },
		{ "@a = 1", ERR_INVALID, "'@' has no meaning here", "" },
		{ "$x = 1", ERR_INVALID, "'$' has no meaning here", "write the name alone" },
		{ "0) OR (1", ERR_INVALID, "'and', 'or' or the end is expected, not )", "" },
		{ "1), (2", ERR_INVALID, "'and', 'or' or the end is expected, not )", "" },
		{ "(1 = 1", ERR_INVALID, "the condition ends where ')' is expected", "" },
		{ "(select 1) = 1", ERR_INVALID, "')' is expected, not 1", "" },
		{ "hex('a') = '61'", ERR_INVALID, "there is no function 'hex'", "" },
		{ "load_extension('x') = 1", ERR_INVALID, "there is no function 'load_extension'",
		  "" },
		{ "uper('a') = 'A'", ERR_INVALID, "there is no function 'uper'",
		  "did you mean 'upper'?" },
		{ "abs(1, 2) = 1", ERR_INVALID, "abs() takes 1 argument, not 2", "" },
		{ "round(1, 2, 3) = 1", ERR_INVALID, "round() takes up to 2 arguments, not 3", "" },
		{ "max(1) = 1", ERR_INVALID, "max() takes at least 2 arguments, not 1", "" },
		{ "abs() = 1", ERR_INVALID, "abs() needs an argument", "" },
		{ "x in ()", ERR_INVALID, "a value is expected, not )", "" },
		{ "x = null", ERR_INVALID, "null stands only behind 'is'", "write: x is null" },
		{ "", ERR_INVALID, "the condition is empty", "" },
		{ "   ", ERR_INVALID, "the condition is empty", "" },
		{ "a =", ERR_INVALID, "the condition ends where a value is expected", "" },
		{ "branch = 'main", ERR_INVALID, "the quote ' is not closed", "" },
		{ "1x = 1", ERR_INVALID, "'1x' is not a number", "" },
		{ "a = \x01", ERR_INVALID, "a control character", "" },
		{ "a \xc2\xa7 b", ERR_INVALID, "'\xc2\xa7' has no meaning here", "" },
	};
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = ERR_INIT;
		bool result = true;
		int rc = eval(cases[i].text, &result, &err);

		if (rc != cases[i].code || !strstr(err.text, cases[i].message) ||
		    !strstr(err.hint, cases[i].hint))
			fail_msg("%s: %s: %s (%s)", cases[i].text, err_name(rc), err.text,
				 err.hint);
		assert_true(result); /* a failure leaves its output alone */
	}
}

static void a_check_lists_the_names_once_and_in_order(void **state)
{
	struct arena arena = ARENA_INIT;
	struct expr_name names[EXPR_NAMES_MAX];
	struct expr_error mistake;
	(void)state;

	assert_int_equal(expr_check(&arena, "b > 1 and max(a, b) < champion.loss", NULL, NULL,
				    names, &mistake),
			 3);
	assert_string_equal(names[0].text, "b");
	assert_string_equal(names[1].text, "a");
	assert_int_equal(names[1].offset, 14);
	assert_string_equal(names[2].text, "champion.loss");
	arena_finish(&arena);
}

static enum value_type epochs_is_a_number(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "params.epochs") == 0 ? VALUE_INT : VALUE_NULL;
}

static void a_check_finds_types_and_places(void **state)
{
	struct arena arena = ARENA_INIT;
	struct expr_error mistake;
	(void)state;

	assert_int_equal(expr_check(&arena, "x > 1 and params.epochs = '5'", epochs_is_a_number,
				    NULL, NULL, &mistake),
			 ERR_INVALID);
	assert_int_equal(mistake.offset, 26);
	assert_int_equal(mistake.length, 3);
	assert_string_equal(mistake.message, "a number is compared with a string");
	assert_int_equal(expr_check(&arena, "a = 1 & b", NULL, NULL, NULL, &mistake), ERR_INVALID);
	assert_int_equal(mistake.offset, 6);
	arena_finish(&arena);
}

/* Bombs end at a limit, not in the stack. */
static void nesting_and_length_have_limits(void **state)
{
	static const struct {
		const char *part, *last;
		int repeat;
	} cases[] = {
		{ "(", "1", 2000 },	    { "not ", "1", 1000 }, { "-", "1", 4000 },
		{ "1+", "1 = 1", 2000 },    { "a or ", "b", 500 }, { "abs(", "1", 900 },
		{ "a=1 and ", "a=1", 600 },
	};
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct buf text = BUF_INIT;
		struct err err = ERR_INIT;
		bool result;

		for (int k = 0; k < cases[i].repeat; k++)
			buf_str_append(&text, cases[i].part);
		buf_str_append(&text, cases[i].last);
		assert_int_equal(eval(buf_str(&text), &result, &err), ERR_INVALID);
		buf_finish(&text);
	}
}

/* Whatever depth the grammar allows, SQLite's parser has room for it. */
static void what_is_not_too_deep_can_be_computed(void **state)
{
	static const struct {
		const char *open, *inner, *close;
	} forms[] = {
		{ "1 = coalesce(0, ", "1", ")" },
		{ "1 in (2, ", "1", ")" },
		{ "1 not between 2 and (", "1", ")" },
		{ "not (1 = 1 and ", "1 = 1", ")" },
		{ "0 < 1 + (", "1", ")" },
		{ "1 = -(", "-1", ")" },
		{ "(", "1 = 1", ")" },
		{ "(1 = 2 or ", "1 = 1", ")" },
		{ "(", "1 = 2", ") is not null" },
	};
	(void)state;

	for (size_t i = 0; i < countof(forms) * 40; i++) {
		struct buf text = BUF_INIT;
		struct err err = ERR_INIT;
		size_t form = i / 40, depth = i % 40;
		bool result;

		for (size_t k = 0; k < depth; k++)
			buf_str_append(&text, forms[form].open);
		buf_str_append(&text, forms[form].inner);
		for (size_t k = 0; k < depth; k++)
			buf_str_append(&text, forms[form].close);
		if (eval(buf_str(&text), &result, &err) < 0 && strstr(err.text, "cannot be computed"))
			fail_msg("%s", err.text);
		buf_finish(&text);
	}
}

static void sixty_conditions_joined_are_fine(void **state)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	bool result = false;
	(void)state;

	for (int i = 0; i < 60; i++)
		buf_str_append(&text, "accuracy > 0.9 and ");
	buf_str_append(&text, "1 = 1");
	assert_int_equal(eval(buf_str(&text), &result, &err), 0);
	assert_true(result);
	buf_finish(&text);
}

static void a_false_condition_is_explained_with_its_values(void **state)
{
	struct buf out = BUF_INIT;
	(void)state;

	expr_explain("accuracy >= 0.95", bindings, countof(bindings), &out);
	assert_string_equal(buf_str(&out), "accuracy >= 0.95 (accuracy = 0.913)");
	buf_clear(&out);
	expr_explain("branch = 'dev' and loss < nothing", bindings, countof(bindings), &out);
	assert_string_equal(buf_str(&out), "branch = 'dev' and loss < nothing "
					   "(branch = 'main', loss = 0.31, nothing has no value)");
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(true_conditions_are_true_and_their_negations_false),
		cmocka_unit_test(what_has_no_answer_is_an_error_and_says_why),
		cmocka_unit_test(a_check_lists_the_names_once_and_in_order),
		cmocka_unit_test(a_check_finds_types_and_places),
		cmocka_unit_test(nesting_and_length_have_limits),
		cmocka_unit_test(what_is_not_too_deep_can_be_computed),
		cmocka_unit_test(sixty_conditions_joined_are_fine),
		cmocka_unit_test(a_false_condition_is_explained_with_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
