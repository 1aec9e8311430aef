/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h - frames on the socket between the scheduler and ingot-helper
 *
 * A frame is a u32 length of the payload, a u8 type, then the payload: the form of
 * workers/wire, with messages and a limit of its own. PROTOCOL.md tells them.
 */
#ifndef INGOT_SCHEDULER_SOURCE_CHANNEL_H
#define INGOT_SCHEDULER_SOURCE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* Raised with every change of a message; both ends are of one build. */
enum { CHANNEL_VERSION = 1 };

enum {
	CHANNEL_HEADER_SIZE = 5,
	CHANNEL_LIMIT_BYTES = 256 << 20, /* of one payload: a listing of SOURCE_FILES_MAX */
};

/* Names are SENDER_NOUN_VERB. */
#define CHANNEL_TABLE(XX)                                                                          \
	XX(CLIENT_HELLO, "client.hello")                                                           \
	XX(CLIENT_SNAPSHOT_MAKE, "client.snapshot.make")                                           \
	XX(CLIENT_BLOBS_IMPORT, "client.blobs.import")                                             \
	XX(CLIENT_URL_FETCH, "client.url.fetch")                                                   \
	XX(CLIENT_ARCHIVE_PACK, "client.archive.pack")                                             \
	XX(CLIENT_ARCHIVE_UNPACK, "client.archive.unpack")                                         \
	XX(HELPER_DONE, "helper.done")                                                             \
	XX(HELPER_FAILED, "helper.failed")

enum channel_type {
#define XX(name, text) CHANNEL_##name,
	CHANNEL_TABLE(XX)
#undef XX
	CHANNEL_COUNT
};

const char *channel_name(enum channel_type type); /* "client.hello" */

enum { CHANNEL_NO_DEADLINE = -1 };

/* Sends one frame. ERR_TOO_LARGE above the limit, ERR_UNREACHABLE if the other end is
 * gone. */
int channel_send(int fd, enum channel_type type, const struct buf *payload, struct err *err);
/* Receives one frame into payload, which is cleared first. deadline_us is a time of
 * clock_mono_us(), or CHANNEL_NO_DEADLINE. ERR_UNREACHABLE if the other end is gone,
 * ERR_TIMEOUT, ERR_PROTOCOL. */
int channel_receive(int fd, int64_t deadline_us, enum channel_type *ret_type, struct buf *payload,
		    struct err *err);

#endif
