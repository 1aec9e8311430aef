/* SPDX-License-Identifier: Apache-2.0 */
/* test_hash.c - digests, against published vectors */
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tests/lib/test.h"

#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void assert_digest(const struct digest *d, const char *expected)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(d, hex);
	assert_string_equal(hex, expected);
}

static void whole_inputs_hash_to_the_known_digests(void **state)
{
	struct digest d;

	(void)state;
	hash_bytes("abc", 3, &d);
	assert_digest(&d, SHA256_ABC);
	hash_bytes(NULL, 0, &d);
	assert_digest(&d, SHA256_EMPTY);
}

static void pieces_hash_as_the_whole_and_again_after_a_reset(void **state)
{
	struct hash *h = hash_create();
	struct digest d;

	(void)state;
	hash_update(h, "a", 1);
	hash_update(h, NULL, 0);
	hash_update(h, "bc", 2);
	hash_final(h, &d);
	assert_digest(&d, SHA256_ABC);
	hash_reset(h);
	hash_final(h, &d);
	assert_digest(&d, SHA256_EMPTY);
	hash_reset(h);
	hash_update(h, "left behind", 11);
	hash_reset(h);
	hash_update(h, "abc", 3);
	hash_final(h, &d);
	assert_digest(&d, SHA256_ABC);
	hash_destroy(h);
	hash_destroy(NULL);
}

/* RFC 4231, test cases 2 and 6 */
static void hmac_gives_the_known_codes(void **state)
{
	static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	unsigned char key[131];
	struct digest d;

	(void)state;
	hash_hmac("Jefe", 4, "what do ya want for nothing?", 28, &d);
	assert_digest(&d, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hash_hmac(key, sizeof(key), text, strlen(text), &d);
	assert_digest(&d, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void random_bits_differ(void **state)
{
	unsigned char a[300] = { 0 };
	unsigned char b[300] = { 0 };

	(void)state;
	hash_random(a, sizeof(a));
	hash_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	/* The last bytes are filled too: all zero once in 2^128. */
	assert_memory_not_equal(a + 284, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void digests_compare_as_a_whole(void **state)
{
	struct digest a = { .bytes = { 1 } };
	struct digest b = a;

	(void)state;
	assert_true(digest_eq(&a, &b));
	b.bytes[DIGEST_SIZE - 1] = 1;
	assert_false(digest_eq(&a, &b));
	assert_false(digest_is_zero(&b));
	memset(&b, 0, sizeof(b));
	assert_true(digest_is_zero(&b));
}

static void text_leads_back_to_the_digest(void **state)
{
	char text[DIGEST_TEXT_SIZE];
	struct digest d;
	struct digest back = { 0 };

	(void)state;
	hash_bytes("abc", 3, &d);
	digest_text(&d, text);
	assert_string_equal(text, "sha256:" SHA256_ABC);
	assert_int_equal(digest_parse(text, &back), 0);
	assert_true(digest_eq(&back, &d));
	memset(&back, 0, sizeof(back));
	assert_int_equal(digest_parse(SHA256_ABC, &back), 0);
	assert_true(digest_eq(&back, &d));
}

static void other_texts_are_refused_and_nothing_is_touched(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha1:" SHA256_ABC,
		SHA256_ABC "0",
		"sha256:sha256:" SHA256_ABC,
		"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
	};
	struct digest d = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(digest_parse(bad[i], &d), ERR_INVALID);
	assert_true(digest_is_zero(&d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_inputs_hash_to_the_known_digests),
		cmocka_unit_test(pieces_hash_as_the_whole_and_again_after_a_reset),
		cmocka_unit_test(hmac_gives_the_known_codes),
		cmocka_unit_test(random_bits_differ),
		cmocka_unit_test(digests_compare_as_a_whole),
		cmocka_unit_test(text_leads_back_to_the_digest),
		cmocka_unit_test(other_texts_are_refused_and_nothing_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
