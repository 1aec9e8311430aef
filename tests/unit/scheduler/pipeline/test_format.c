/* SPDX-License-Identifier: Apache-2.0 */
/* test_format.c - FORMAT.md tells all keys, and its examples are good */
#include "definition.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "scheduler/pipeline/shape_priv.h"

static struct buf format;

static int read_format(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	return fs_read_file(AT_FDCWD, FORMAT, 1 << 20, &format, &err);
}

static int finish_format(void **state)
{
	(void)state;
	buf_finish(&format);
	return 0;
}

/* As a word that ends as keys do: in backquotes, in a list of keys, in an example. */
static bool tells(const char *key)
{
	static const char *const ends[] = { "`", ",", "}", ": " };
	char word[80];

	for (size_t i = 0; i < countof(ends); i++) {
		snprintf(word, sizeof(word), "%s%s", key, ends[i]);
		if (strstr(buf_str(&format), word))
			return true;
	}
	return false;
}

static void look_for_keys(const struct shape *shape)
{
	for (const struct key *k = shape->keys; k && k->name; k++) {
		if (!tells(k->name))
			fail_msg("FORMAT.md does not tell '%s'", k->name);
		look_for_keys(k->shape);
	}
	if (shape->item)
		look_for_keys(shape->item);
	if (shape->others)
		look_for_keys(shape->others);
}

static void every_key_is_told(void **state)
{
	(void)state;
	look_for_keys(&shape_pipeline);
}

static void the_examples_are_good(void **state)
{
	const char *s = buf_str(&format);
	int count = 0;
	(void)state;

	while ((s = strstr(s, "```yaml\n"))) {
		const char *end = strstr(s += strlen("```yaml\n"), "```");
		struct buf text = BUF_INIT;

		buf_append(&text, s, (size_t)(end - s));
		if (!strstr(buf_str(&text), "steps:"))
			buf_str_append(&text, "steps: { a: { run: x } }\n");
		pipeline_destroy(good_definition(buf_str(&text)));
		buf_finish(&text);
		s = end;
		count++;
	}
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_told),
		cmocka_unit_test(the_examples_are_good),
	};

	return cmocka_run_group_tests(tests, read_format, finish_format);
}
