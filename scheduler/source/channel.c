/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c - frames on the socket between the scheduler and ingot-helper */
#include "scheduler/source/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "workers/wire/codec.h"

/* Received at a time, so that a length alone never makes anybody allocate. */
enum { PIECE_BYTES = 1 << 20 };

static const char *const names[CHANNEL_COUNT] = {
#define XX(name, text) [CHANNEL_##name] = text,
	CHANNEL_TABLE(XX)
#undef XX
};

const char *channel_name(enum channel_type type)
{
	return names[type];
}

static int send_all(int fd, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return err_set(err, ERR_UNREACHABLE, "ingot-helper: the other end is gone");
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

int channel_send(int fd, enum channel_type type, const struct buf *payload, struct err *err)
{
	struct buf header = BUF_INIT;
	int rc;

	if (payload->len > CHANNEL_LIMIT_BYTES)
		return err_set(err, ERR_TOO_LARGE, "message %s: %zu bytes, the limit is %d",
			       names[type], payload->len, CHANNEL_LIMIT_BYTES);
	wire_put_u32(&header, (uint32_t)payload->len);
	wire_put_u8(&header, (uint8_t)type);
	rc = send_all(fd, header.data, header.len, err);
	if (rc == 0)
		rc = send_all(fd, payload->data, payload->len, err);
	buf_finish(&header);
	return rc;
}

static int wait_readable(int fd, int64_t deadline_us, struct err *err)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int wait_ms = -1;
	int ready;

	do {
		if (deadline_us != CHANNEL_NO_DEADLINE) {
			int64_t left_ms = (deadline_us - clock_mono_us() + 999) / 1000;

			wait_ms = left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
		}
		ready = poll(&readable, 1, wait_ms);
	} while ((ready < 0 && errno == EINTR) || (ready == 0 && wait_ms > 0));
	if (ready < 0)
		return err_errno(err, errno, "ingot-helper: poll");
	return ready ? 0 : err_set(err, ERR_TIMEOUT, "ingot-helper: no answer in time");
}

static int receive_all(int fd, int64_t deadline_us, char *data, size_t len, struct err *err)
{
	while (len > 0) {
		int rc = wait_readable(fd, deadline_us, err);
		ssize_t got;

		if (rc < 0)
			return rc;
		got = recv(fd, data, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(err, ERR_UNREACHABLE, "ingot-helper: the other end is gone");
		data += got;
		len -= (size_t)got;
	}
	return 0;
}

static int receive_payload(int fd, int64_t deadline_us, size_t len, struct buf *payload,
			   struct err *err)
{
	while (payload->len < len) {
		size_t left = len - payload->len;
		size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
		int rc;

		buf_reserve(payload, piece);
		rc = receive_all(fd, deadline_us, payload->data + payload->len, piece, err);
		if (rc < 0)
			return rc;
		payload->len += piece;
		payload->data[payload->len] = '\0';
	}
	return 0;
}

int channel_receive(int fd, int64_t deadline_us, enum channel_type *ret_type, struct buf *payload,
		    struct err *err)
{
	char header[CHANNEL_HEADER_SIZE];
	struct wire_reader r;
	uint32_t len;
	uint8_t type;
	int rc = receive_all(fd, deadline_us, header, sizeof(header), err);

	if (rc < 0)
		return rc;
	wire_reader_init(&r, header, sizeof(header));
	len = wire_get_u32(&r);
	type = wire_get_u8(&r);
	if (type >= CHANNEL_COUNT || len > CHANNEL_LIMIT_BYTES)
		return err_set(err, ERR_PROTOCOL, "ingot-helper: a frame of type %u with %u bytes",
			       type, len);
	buf_clear(payload);
	rc = receive_payload(fd, deadline_us, len, payload, err);
	if (rc == 0)
		*ret_type = (enum channel_type)type;
	return rc;
}
