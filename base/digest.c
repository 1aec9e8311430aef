/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c - digests as text
 *
 * Apart from hash.c because OpenSSL's names begin with ERR_ as ours do.
 */
#include "base/hash.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

static const char prefix[] = "sha256:";

bool digest_is_zero(const struct digest *d)
{
	static const struct digest zero;

	return digest_eq(d, &zero);
}

void digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = hex[d->bytes[i] >> 4];
		out[2 * i + 1] = hex[d->bytes[i] & 15];
	}
	out[DIGEST_HEX_SIZE - 1] = '\0';
}

void digest_text(const struct digest *d, char out[DIGEST_TEXT_SIZE])
{
	memcpy(out, prefix, strlen(prefix));
	digest_hex(d, out + strlen(prefix));
}

/* The value of a lower-case hex digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int digest_parse(const char *s, struct digest *ret)
{
	struct digest d;

	if (str_starts(s, prefix))
		s += strlen(prefix);
	if (strlen(s) != DIGEST_HEX_SIZE - 1)
		return ERR_INVALID;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_value(s[2 * i]);
		int low = hex_value(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return ERR_INVALID;
		d.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret = d;
	return 0;
}
