/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - messages on a byte stream
 *
 * A frame is a u32 length of the payload, a u8 type, then the payload. Both
 * kinds of peers of the scheduler's socket, workers and clients, speak in
 * frames; PROTOCOL.md tells who says what when.
 */
#ifndef INGOT_WORKERS_WIRE_FRAME_H
#define INGOT_WORKERS_WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* Raised with every change of a message; a peer of another version is refused. */
enum { WIRE_VERSION = 2 };

enum {
	FRAME_HEADER_SIZE = 5,
	FRAME_LIMIT = 64 << 20 /* of one payload: the longest is a run of 100,000 steps as JSON */
};

/* Names are SENDER_NOUN_VERB. */
#define FRAME_TABLE(XX)                                                                            \
	XX(WORKER_REGISTER, "worker.register")                                                     \
	XX(WORKER_HEARTBEAT, "worker.heartbeat")                                                   \
	XX(WORKER_STEP_START, "worker.step.start")                                                 \
	XX(WORKER_STEP_POINTS, "worker.step.points")                                               \
	XX(WORKER_STEP_COMPLETE, "worker.step.complete")                                           \
	XX(WORKER_STEP_RELEASE, "worker.step.release")                                             \
	XX(WORKER_PROBE_DONE, "worker.probe.done")                                                 \
	XX(SCHEDULER_WORKER_ACCEPT, "scheduler.worker.accept")                                     \
	XX(SCHEDULER_HEARTBEAT_ACK, "scheduler.heartbeat.ack")                                     \
	XX(SCHEDULER_STEP_GRANT, "scheduler.step.grant")                                           \
	XX(SCHEDULER_STEP_ANSWER, "scheduler.step.answer")                                         \
	XX(SCHEDULER_STEP_CANCEL, "scheduler.step.cancel")                                         \
	XX(SCHEDULER_STEP_KILL, "scheduler.step.kill")                                             \
	XX(SCHEDULER_PROBE_RUN, "scheduler.probe.run")                                             \
	XX(SCHEDULER_WORKER_DRAIN, "scheduler.worker.drain")                                       \
	XX(CLIENT_REQUEST, "client.request")                                                       \
	XX(SCHEDULER_REPLY, "scheduler.reply")                                                     \
	XX(SCHEDULER_EVENT, "scheduler.event")                                                     \
	XX(SCHEDULER_DATA, "scheduler.data")

enum frame_type {
#define XX(name, text) FRAME_##name,
	FRAME_TABLE(XX)
#undef XX
	FRAME_COUNT
};

const char *frame_name(enum frame_type type); /* "worker.register" */

/* Starts a frame in out; the payload is appended to out, then frame_end(). */
size_t frame_begin(struct buf *out, enum frame_type type); /* a mark for frame_end */
void frame_end(struct buf *out, size_t mark);
/* A whole frame with this payload. */
void frame_put(struct buf *out, enum frame_type type, const void *payload, size_t len);

struct frame {
	enum frame_type type;
	const char *payload; /* lent from the input */
	size_t len;
};

/* Looks at the first len bytes of a stream. Returns the size of the first frame
 * in bytes, 0 if it is not there whole yet, ERR_PROTOCOL for an unknown type or a
 * payload over FRAME_LIMIT. */
int frame_next(const char *data, size_t len, struct frame *ret, struct err *err);

#endif
