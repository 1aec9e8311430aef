/* SPDX-License-Identifier: Apache-2.0 */
/* points.c - the encoding of points.h */
#include "store/records/points.h"

#include <string.h>

#include "base/buf.h"

static void put_varint(struct buf *out, uint64_t v)
{
	while (v >= 0x80) {
		buf_char(out, (char)(v | 0x80));
		v >>= 7;
	}
	buf_char(out, (char)v);
}

/* Small numbers of either sign become small ones without: 0 -1 1 -2 -> 0 1 2 3.
 * The difference wraps, as adding it again does. */
static void put_difference(struct buf *out, int64_t v, int64_t before)
{
	uint64_t d = (uint64_t)v - (uint64_t)before;
	put_varint(out, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

static void put_value(struct buf *out, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	for (int i = 0; i < 64; i += 8)
		buf_char(out, (char)(bits >> i));
}

void points_encode(const struct metric_point *points, size_t count, struct buf *out)
{
	struct metric_point last = { 0 };
	put_varint(out, count);
	for (size_t i = 0; i < count; i++) {
		put_difference(out, points[i].step, last.step);
		put_difference(out, points[i].at, last.at);
		put_value(out, points[i].value);
		last = points[i];
	}
}

static uint64_t get_varint(struct points_reader *r)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		if (r->at == r->end)
			break;
		uint8_t byte = *r->at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	r->is_damaged = true;
	return 0;
}

static int64_t get_difference(struct points_reader *r, int64_t before)
{
	uint64_t z = get_varint(r);
	uint64_t d = z >> 1 ^ (z & 1 ? UINT64_MAX : 0);
	return (int64_t)((uint64_t)before + d);
}

static double get_value(struct points_reader *r)
{
	uint64_t bits = 0;
	double value;
	if (r->end - r->at < 8) {
		r->is_damaged = true;
		return 0;
	}
	for (int i = 0; i < 64; i += 8)
		bits |= (uint64_t)*r->at++ << i;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

void points_reader_init(struct points_reader *r, const void *data, size_t len)
{
	*r = (struct points_reader){ .at = data, .end = (const uint8_t *)data + len };
}

bool points_next(struct points_reader *r, struct metric_point *ret)
{
	while (r->left == 0) {
		if (r->at == r->end || r->is_damaged)
			return false;
		r->left = get_varint(r);
		r->last = (struct metric_point){ 0 };
	}
	r->last.step = get_difference(r, r->last.step);
	r->last.at = get_difference(r, r->last.at);
	r->last.value = get_value(r);
	r->left--;
	if (r->is_damaged)
		return false;
	*ret = r->last;
	return true;
}
