/* SPDX-License-Identifier: Apache-2.0 */
/* test_context.c - how a run was asked for: written, read, damaged */
#include "tests/lib/test.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/daemon/context.h"
#include "scheduler/daemon/intake.h"

static void test_round_trip(void **state)
{
	const struct source_definition definition = { .path = ".ingot/train.yaml" };
	struct plan_pin pins[] = { { .address = "model:x@3", .is_tree = true },
				   { .address = "https://example.org/\"a\"" } };
	struct intake in = { .definition = &definition, .pins = pins, .pin_count = 2 };
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct context c;

	(void)state;
	hash_bytes("a", 1, &pins[0].digest);
	hash_bytes("b", 1, &pins[1].digest);
	in.request.step = "train[x=1]";
	in.request.path = "/usr/bin:/a\nb";
	in.request.no_cache = true;
	context_write(&in, &text);
	assert_int_equal(context_read(text.data, text.len, &arena, &c, NULL), 0);
	assert_string_equal(c.file, ".ingot/train.yaml");
	assert_string_equal(c.only, "train[x=1]");
	assert_string_equal(c.path, "/usr/bin:/a\nb");
	assert_true(c.no_cache);
	assert_int_equal(c.pin_count, 2);
	assert_string_equal(c.pins[0].address, "model:x@3");
	assert_true(c.pins[0].is_tree);
	assert_true(digest_eq(&c.pins[0].digest, &pins[0].digest));
	assert_string_equal(c.pins[1].address, "https://example.org/\"a\"");
	assert_false(c.pins[1].is_tree);
	buf_finish(&text);
	arena_finish(&arena);
}

static void test_nothing_said(void **state)
{
	const struct source_definition definition = { .path = "ingot.yaml" };
	const struct intake in = { .definition = &definition };
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct context c;

	(void)state;
	context_write(&in, &text);
	assert_int_equal(context_read(text.data, text.len, &arena, &c, NULL), 0);
	assert_string_equal(c.file, "ingot.yaml");
	assert_null(c.only);
	assert_null(c.path);
	assert_false(c.no_cache);
	assert_int_equal(c.pin_count, 0);
	buf_finish(&text);
	arena_finish(&arena);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{\"file\":7}",
		"{\"file\":\"a\"} x",
		"{\"file\":\"a\",\"pins\":[7]}",
		"{\"file\":\"a\",\"pins\":[{}]}",
		"{\"file\":\"a\",\"pins\":[{\"address\":\"x\"}]}",
		"{\"file\":\"a\",\"pins\":[{\"address\":\"x\",\"digest\":\"sha256:0\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct context c;

		if (context_read(texts[i], strlen(texts[i]), &arena, &c, &err) != ERR_DAMAGED)
			fail_msg("%s", texts[i]);
		assert_non_null(strstr(err.text, "context of a run"));
		arena_finish(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
