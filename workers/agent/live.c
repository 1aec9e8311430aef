/* SPDX-License-Identifier: Apache-2.0 */
/* live.c - the points that a step appends to $INGOT_METRICS, on their way to the scheduler */
#include "workers/agent/live.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"
#include "workers/workspace/workspace.h"

static void take(void *arg, const char *series, int64_t step, double value)
{
	struct live *l = arg;

	l->list = mem_grow(l->list, &l->cap, l->count + 1, sizeof(*l->list));
	l->list[l->count++] = (struct wire_point){
		.series = arena_strdup(&l->arena, series),
		.step = step,
		.value = value,
		.at = clock_wall_ms(),
	};
}

void live_begin(struct live *l)
{
	points_init(&l->points, take, l);
}

void live_finish(struct live *l)
{
	points_finish(&l->points);
	arena_finish(&l->arena);
	free(l->list);
	*l = (struct live){ 0 };
}

static void put(struct live *l, const struct wire_lease *lease, struct buf *out)
{
	const struct wire_points m = {
		.lease = *lease,
		.points = l->list,
		.point_count = (uint32_t)l->count,
	};
	size_t mark;

	if (l->count == 0)
		return;
	mark = frame_begin(out, FRAME_WORKER_STEP_POINTS);
	wire_points_encode(&m, out);
	frame_end(out, mark);
	l->count = 0;
	arena_finish(&l->arena);
}

void live_read(struct live *l, struct workspace *w, const struct wire_lease *lease,
	       struct buf *out)
{
	workspace_read_points(w, &l->points, NULL);
	put(l, lease, out);
}

void live_end(struct live *l, struct workspace *w, const struct wire_lease *lease,
	      struct buf *out)
{
	while (workspace_read_points(w, &l->points, NULL) > 0)
		put(l, lease, out);
	points_end(&l->points);
	put(l, lease, out);
}
