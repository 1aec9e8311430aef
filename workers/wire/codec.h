/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - little-endian numbers and counted strings, in and out of bytes
 *
 * The reader is sticky: after the first thing that does not fit it returns
 * zeroes and empty strings, and wire_reader_finish() says so once, at the end.
 * It also refuses bytes that nobody asked for. Strings are lent from the input
 * and are checked to hold no NUL, so that they are C strings; the writer puts a
 * NUL behind each.
 */
#ifndef INGOT_WORKERS_WIRE_CODEC_H
#define INGOT_WORKERS_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct digest;
struct err;

void wire_put_u8(struct buf *out, uint8_t v);
void wire_put_u32(struct buf *out, uint32_t v);
void wire_put_u64(struct buf *out, uint64_t v);
void wire_put_i64(struct buf *out, int64_t v);
void wire_put_f64(struct buf *out, double v);
void wire_put_bool(struct buf *out, bool v);
void wire_put_str(struct buf *out, const char *s); /* NULL is kept apart from "" */
void wire_put_digest(struct buf *out, const struct digest *d);

struct wire_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

void wire_reader_init(struct wire_reader *r, const void *data, size_t len);
uint8_t wire_get_u8(struct wire_reader *r);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
int64_t wire_get_i64(struct wire_reader *r);
double wire_get_f64(struct wire_reader *r);
bool wire_get_bool(struct wire_reader *r);
const char *wire_get_str(struct wire_reader *r);
void wire_get_digest(struct wire_reader *r, struct digest *ret);
/* A count of things of at least min_size bytes each: refused if that many cannot
 * be left in the input, so that no count makes anybody allocate more than it sent. */
uint32_t wire_get_count(struct wire_reader *r, size_t min_size);
/* Of an enum of `count` values. */
uint8_t wire_get_enum(struct wire_reader *r, unsigned count);
/* Returns 0, or ERR_PROTOCOL naming the message. */
int wire_reader_finish(const struct wire_reader *r, const char *message, struct err *err);

#endif
