/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - the points that a step appends to $INGOT_METRICS, on their way to the scheduler */
#ifndef INGOT_WORKERS_AGENT_LIVE_H
#define INGOT_WORKERS_AGENT_LIVE_H

#include <stddef.h>

#include "base/arena.h"
#include "workers/workspace/points.h"

struct buf;
struct wire_lease;
struct wire_point;
struct workspace;

struct live {
	struct points points;
	struct arena arena; /* of the series' names, until they are sent */
	struct wire_point *list;
	size_t count, cap;
};

void live_begin(struct live *l);
void live_finish(struct live *l); /* usable again by live_begin() */
/* Appends a frame with what is new to out; at most 1 MiB of the file is read. */
void live_read(struct live *l, struct workspace *w, const struct wire_lease *lease,
	       struct buf *out);
/* The same with all that is left. Afterwards points.broken tells what was not. */
void live_end(struct live *l, struct workspace *w, const struct wire_lease *lease,
	      struct buf *out);

#endif
