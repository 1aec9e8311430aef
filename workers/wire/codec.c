/* SPDX-License-Identifier: Apache-2.0 */
/* codec.c - little-endian numbers and counted strings, in and out of bytes */
#include "workers/wire/codec.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum { NULL_STRING = 0xffffffff };

void wire_put_u8(struct buf *out, uint8_t v)
{
	buf_append(out, &v, 1);
}

void wire_put_u32(struct buf *out, uint32_t v)
{
	uint8_t b[4];

	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	buf_append(out, b, sizeof(b));
}

void wire_put_u64(struct buf *out, uint64_t v)
{
	wire_put_u32(out, (uint32_t)v);
	wire_put_u32(out, (uint32_t)(v >> 32));
}

void wire_put_i64(struct buf *out, int64_t v)
{
	wire_put_u64(out, (uint64_t)v);
}

void wire_put_f64(struct buf *out, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	wire_put_u64(out, bits);
}

void wire_put_bool(struct buf *out, bool v)
{
	wire_put_u8(out, v);
}

void wire_put_str(struct buf *out, const char *s)
{
	size_t len;

	if (!s) {
		wire_put_u32(out, (uint32_t)NULL_STRING);
		return;
	}
	len = strlen(s);
	wire_put_u32(out, (uint32_t)len);
	buf_append(out, s, len + 1);
}

void wire_put_digest(struct buf *out, const struct digest *d)
{
	buf_append(out, d->bytes, sizeof(d->bytes));
}

void wire_reader_init(struct wire_reader *r, const void *data, size_t len)
{
	r->at = data;
	r->end = r->at + len;
	r->failed = false;
}

/* Lends the next len bytes, or NULL and the reader has failed. */
static const uint8_t *take(struct wire_reader *r, size_t len)
{
	const uint8_t *p = r->at;

	if (r->failed || (size_t)(r->end - r->at) < len) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	return p;
}

uint8_t wire_get_u8(struct wire_reader *r)
{
	const uint8_t *p = take(r, 1);

	return p ? *p : 0;
}

uint32_t wire_get_u32(struct wire_reader *r)
{
	const uint8_t *p = take(r, 4);
	uint32_t v = 0;

	for (int i = 0; p && i < 4; i++)
		v |= (uint32_t)p[i] << 8 * i;
	return v;
}

uint64_t wire_get_u64(struct wire_reader *r)
{
	uint64_t low = wire_get_u32(r);

	return low | (uint64_t)wire_get_u32(r) << 32;
}

int64_t wire_get_i64(struct wire_reader *r)
{
	return (int64_t)wire_get_u64(r);
}

double wire_get_f64(struct wire_reader *r)
{
	uint64_t bits = wire_get_u64(r);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

bool wire_get_bool(struct wire_reader *r)
{
	return wire_get_enum(r, 2);
}

const char *wire_get_str(struct wire_reader *r)
{
	uint32_t len = wire_get_u32(r);
	const uint8_t *p;

	if (len == (uint32_t)NULL_STRING)
		return NULL;
	p = take(r, (size_t)len + 1);
	if (!p || p[len] != 0 || memchr(p, 0, len)) {
		r->failed = true;
		return "";
	}
	return (const char *)p;
}

void wire_get_digest(struct wire_reader *r, struct digest *ret)
{
	const uint8_t *p = take(r, sizeof(ret->bytes));

	if (p)
		memcpy(ret->bytes, p, sizeof(ret->bytes));
	else
		memset(ret, 0, sizeof(*ret));
}

uint32_t wire_get_count(struct wire_reader *r, size_t min_size)
{
	uint32_t count = wire_get_u32(r);

	if (r->failed || count > (size_t)(r->end - r->at) / min_size) {
		r->failed = true;
		return 0;
	}
	return count;
}

uint8_t wire_get_enum(struct wire_reader *r, unsigned count)
{
	uint8_t v = wire_get_u8(r);

	if (v >= count) {
		r->failed = true;
		return 0;
	}
	return v;
}

int wire_reader_finish(const struct wire_reader *r, const char *message, struct err *err)
{
	if (r->failed)
		return err_set(err, ERR_PROTOCOL, "message %s is cut short or malformed", message);
	if (r->at != r->end)
		return err_set(err, ERR_PROTOCOL, "message %s has %zu bytes too many", message,
			       (size_t)(r->end - r->at));
	return 0;
}
