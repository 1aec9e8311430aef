/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c - addresses are read, or say what they lack */
#include "definition.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena arena;

static struct address parse(const char *text)
{
	struct address a;
	struct err err = ERR_INIT;

	if (address_parse(&arena, text, &a, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(a.text, text);
	return a;
}

static void good_addresses_are_taken_apart(void **state)
{
	struct address a = parse("model:penguins@3");
	(void)state;

	assert_int_equal(a.kind, ADDRESS_MODEL);
	assert_string_equal(a.name, "penguins");
	assert_int_equal(a.version, 3);
	assert_null(a.alias);
	a = parse("artifact:table@latest");
	assert_int_equal(a.kind, ADDRESS_ARTIFACT);
	assert_string_equal(a.alias, "latest");
	assert_int_equal(a.version, 0);
	a = parse("sha256:" HEX);
	assert_int_equal(a.kind, ADDRESS_DIGEST);
	assert_int_equal(a.digest.bytes[1], 0x23);
	a = parse("https://example.org/data.csv?x=1#sha256=" HEX);
	assert_int_equal(a.kind, ADDRESS_HTTP);
	assert_string_equal(a.url, "https://example.org/data.csv?x=1");
	assert_true(a.has_digest);
	a = parse("s3://bucket/key/of/data");
	assert_int_equal(a.kind, ADDRESS_S3);
	assert_string_equal(a.url, "s3://bucket/key/of/data");
	assert_false(a.has_digest);
}

static void bad_addresses_say_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "model:penguins", "does not say which version" },
		{ "model:@3", "is no name of a model" },
		{ "model:a/b@3", "is no name of a model" },
		{ "artifact:a b@3", "is no name of an artifact" },
		{ "model:penguins@", "is neither a version number nor an alias" },
		{ "model:penguins@0", "versions count from 1" },
		{ "model:penguins@99999999999", "versions count from 1" },
		{ "sha256:abc", "64 hexadecimal digits" },
		{ "sha256:" HEX "0", "64 hexadecimal digits" },
		{ "https://example.org/data.csv", "needs its digest" },
		{ "https://example.org/data.csv#sha256=12", "64 hexadecimal digits" },
		{ "https://example.org/x#md5=12", "only #sha256=" },
		{ "https://#sha256=" HEX, "is no address of a file" },
		{ "https://a b/c#sha256=" HEX, "is no address of a file" },
		{ "s3://bucket", "names no file" },
		{ "ftp://example.org/x", "is no address" },
		{ "", "is no address" },
	};
	(void)state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct address a;
		struct err err = ERR_INIT;

		assert_int_equal(address_parse(&arena, cases[i].text, &a, &err), ERR_INVALID);
		if (!strstr(err.text, cases[i].message))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static int finish(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_are_taken_apart),
		cmocka_unit_test(bad_addresses_say_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
