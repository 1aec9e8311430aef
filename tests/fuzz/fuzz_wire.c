/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wire.c - any bytes as a worker's connection: a stream of frames, both ways
 *
 * What is taken must be written again byte by byte as it came: there is one form
 * of every message, and no byte without a meaning.
 */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "tests/unit/workers/wire/samples.h"
#include "workers/wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_message(const struct sample *s, const struct frame *f)
{
	struct buf again = BUF_INIT;

	if (s->rewrite(f->payload, f->len, &again, NULL) == 0)
		BUG_ON(again.len != f->len ||
		       (f->len > 0 && memcmp(again.data, f->payload, f->len) != 0));
	buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct err err = ERR_INIT;
	struct frame f;
	int len;

	while ((len = frame_next(at, size, &f, &err)) > 0) {
		BUG_ON((size_t)len > size);
		for (size_t i = 0; i < sample_count; i++) {
			if (samples[i].type == f.type)
				read_message(&samples[i], &f);
		}
		at += len;
		size -= (size_t)len;
	}
	BUG_ON(len < 0 && err.code != ERR_PROTOCOL);
	return 0;
}
