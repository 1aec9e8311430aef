/* SPDX-License-Identifier: Apache-2.0 */
/* points.h - live metric points, as bytes
 *
 * A blob is a sequence of segments, each readable by itself, so that points are
 * added by appending bytes. A segment is a varint count and as many points: the step
 * and the time as zigzag varints, less those of the point before (0 before the
 * first), then the value as 8 bytes, little-endian IEEE 754. Varints are LEB128.
 */
#ifndef INGOT_STORE_RECORDS_POINTS_H
#define INGOT_STORE_RECORDS_POINTS_H

#include "store/records/rows.h"

struct buf;

/* Appends one segment. */
void points_encode(const struct metric_point *points, size_t count, struct buf *out);

struct points_reader {
	const uint8_t *at, *end;
	uint64_t left; /* of the segment */
	struct metric_point last;
	bool is_damaged;
};

void points_reader_init(struct points_reader *r, const void *data, size_t len);
/* False at the end, and where the bytes are no points (is_damaged). */
bool points_next(struct points_reader *r, struct metric_point *ret);

#endif
