/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - SHA-256 digests, HMAC, random bits
 *
 * The border to libcrypto. What fails in there, fails for want of memory or by
 * a broken installation; neither is anything a caller could deal with.
 * Digests as text are digest.c's.
 */
#include "base/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"

struct hash {
	EVP_MD_CTX *ctx;
};

/* Looking up an algorithm by name costs more than hashing a small file. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	BUG_ON(!sha256);
}

static const EVP_MD *get_sha256(void)
{
	pthread_once(&sha256_once, fetch_sha256);
	return sha256;
}

struct hash *hash_create(void)
{
	struct hash *h = mem_alloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	BUG_ON(!h->ctx);
	hash_reset(h);
	return h;
}

void hash_destroy(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hash_reset(struct hash *h)
{
	BUG_ON(!EVP_DigestInit_ex2(h->ctx, get_sha256(), NULL));
}

void hash_update(struct hash *h, const void *data, size_t len)
{
	BUG_ON(!EVP_DigestUpdate(h->ctx, data, len));
}

void hash_final(struct hash *h, struct digest *ret)
{
	BUG_ON(!EVP_DigestFinal_ex(h->ctx, ret->bytes, NULL));
}

void hash_bytes(const void *data, size_t len, struct digest *ret)
{
	BUG_ON(!EVP_Digest(data, len, ret->bytes, NULL, get_sha256(), NULL));
}

void hash_hmac(const void *key, size_t key_len, const void *data, size_t len, struct digest *ret)
{
	BUG_ON(!HMAC(get_sha256(), key, (int)key_len, data, len, ret->bytes, NULL));
}

void hash_random(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		BUG_ON(got <= 0);
		at += got;
		len -= (size_t)got;
	}
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}
