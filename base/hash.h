/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - SHA-256 digests, HMAC, random bits (OpenSSL) */
#ifndef INGOT_BASE_HASH_H
#define INGOT_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 65, DIGEST_TEXT_SIZE = 72 };

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

struct hash; /* a running SHA-256 */

struct hash *hash_create(void);
void hash_destroy(struct hash *h); /* NULL is fine */
void hash_reset(struct hash *h);
void hash_update(struct hash *h, const void *data, size_t len);
void hash_final(struct hash *h, struct digest *ret); /* then hash_reset before another use */

void hash_bytes(const void *data, size_t len, struct digest *ret);
void hash_hmac(const void *key, size_t key_len, const void *data, size_t len, struct digest *ret);
void hash_random(void *out, size_t len); /* aborts if the system has no randomness */

bool digest_eq(const struct digest *a, const struct digest *b); /* in constant time */
bool digest_is_zero(const struct digest *d);
void digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE]);
void digest_text(const struct digest *d, char out[DIGEST_TEXT_SIZE]); /* "sha256:…" */
/* Both forms are read, lower-case hex only. Returns 0 or ERR_INVALID. */
int digest_parse(const char *s, struct digest *ret);

#endif
