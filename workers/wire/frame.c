/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - messages on a byte stream */
#include "workers/wire/frame.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "workers/wire/codec.h"

static const char *const frame_names[FRAME_COUNT] = {
#define XX(name, text) [FRAME_##name] = text,
	FRAME_TABLE(XX)
#undef XX
};

const char *frame_name(enum frame_type type)
{
	return (unsigned)type < FRAME_COUNT ? frame_names[type] : "unknown";
}

size_t frame_begin(struct buf *out, enum frame_type type)
{
	size_t mark = out->len;

	wire_put_u32(out, 0);
	wire_put_u8(out, (uint8_t)type);
	return mark;
}

void frame_end(struct buf *out, size_t mark)
{
	size_t len = out->len - mark - FRAME_HEADER_SIZE;

	BUG_ON(len > FRAME_LIMIT);
	for (int i = 0; i < 4; i++)
		out->data[mark + (size_t)i] = (char)(len >> 8 * i);
}

void frame_put(struct buf *out, enum frame_type type, const void *payload, size_t len)
{
	size_t mark = frame_begin(out, type);

	buf_append(out, payload, len);
	frame_end(out, mark);
}

int frame_next(const char *data, size_t len, struct frame *ret, struct err *err)
{
	struct wire_reader r;
	uint32_t payload;
	uint8_t type;

	if (len < FRAME_HEADER_SIZE)
		return 0;
	wire_reader_init(&r, data, FRAME_HEADER_SIZE);
	payload = wire_get_u32(&r);
	type = wire_get_u8(&r);
	if (type >= FRAME_COUNT)
		return err_set(err, ERR_PROTOCOL, "unknown message type %u", type);
	if (payload > FRAME_LIMIT)
		return err_set(err, ERR_PROTOCOL, "message %s of %u bytes is over the limit of %d",
			       frame_name(type), payload, FRAME_LIMIT);
	if (len - FRAME_HEADER_SIZE < payload)
		return 0;
	ret->type = (enum frame_type)type;
	ret->payload = data + FRAME_HEADER_SIZE;
	ret->len = payload;
	return (int)(FRAME_HEADER_SIZE + payload);
}
