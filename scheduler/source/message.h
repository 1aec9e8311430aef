/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - what is in the frames between the scheduler and ingot-helper
 *
 * Each message has a put and a get side, and each get takes the whole payload:
 * ERR_PROTOCOL for anything but exactly one message. What they return lends its
 * strings from the payload; lists are in arena.
 */
#ifndef INGOT_SCHEDULER_SOURCE_MESSAGE_H
#define INGOT_SCHEDULER_SOURCE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "scheduler/source/source.h"

struct arena;
struct buf;
struct err;

/* client.hello, answered with a helper.done that has the same version and no home */
struct message_hello {
	uint32_t version;
	const char *home;
};

/* client.blobs.import */
struct message_import {
	const char *repository;
	const char *const *oids;
	size_t count;
};

void message_put_hello(struct buf *out, const struct message_hello *hello);
int message_get_hello(const struct buf *in, struct message_hello *ret, struct err *err);

void message_put_spec(struct buf *out, const struct source_spec *spec);
int message_get_spec(const struct buf *in, struct source_spec *ret, struct err *err);
void message_put_snapshot(struct buf *out, const struct source_snapshot *snapshot);
int message_get_snapshot(const struct buf *in, struct arena *arena, struct source_snapshot *ret,
			 struct err *err);

void message_put_import(struct buf *out, const struct message_import *import);
int message_get_import(const struct buf *in, struct arena *arena, struct message_import *ret,
		       struct err *err);
void message_put_blobs(struct buf *out, const struct source_blob *blobs, size_t count);
/* ret has room for count; another number of them is ERR_PROTOCOL. */
int message_get_blobs(const struct buf *in, struct source_blob *ret, size_t count,
		      struct err *err);

void message_put_url(struct buf *out, const struct source_url *url);
int message_get_url(const struct buf *in, struct source_url *ret, struct err *err);

void message_put_pack(struct buf *out, const struct source_pack_spec *what);
int message_get_pack(const struct buf *in, struct source_pack_spec *ret, struct err *err);

/* client.archive.unpack */
struct message_unpack {
	struct digest archive;
	const char *label;
};

void message_put_unpack(struct buf *out, const struct message_unpack *what);
int message_get_unpack(const struct buf *in, struct message_unpack *ret, struct err *err);

void message_put_failure(struct buf *out, const struct err *failure);
/* Fills err with the other end's error and returns its code, which is never 0. */
int message_get_failure(const struct buf *in, struct err *err);

#endif
