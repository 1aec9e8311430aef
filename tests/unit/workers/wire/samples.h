/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h - one full message of each kind, and how to read and write it again */
#ifndef INGOT_TESTS_WIRE_SAMPLES_H
#define INGOT_TESTS_WIRE_SAMPLES_H

#include <stddef.h>

#include "workers/wire/frame.h"

struct buf;
struct err;

struct sample {
	enum frame_type type;
	void (*write)(struct buf *out); /* the payload of a message with all its fields set */
	/* Decodes and encodes again. */
	int (*rewrite)(const void *data, size_t len, struct buf *out, struct err *err);
};

extern const struct sample samples[];
extern const size_t sample_count;

#endif
