/* SPDX-License-Identifier: Apache-2.0 */
/* w1z_queue.c - the queue with no work in it: how fast the engine decides
 *
 *	w1z_queue [STEPS]
 *
 * One run of independent steps goes through the engine as the daemon drives it: every
 * decision taken, every changed step looked at, as if to record it. Nothing is started
 * and nothing written, so this is what the deciding itself costs. Prints a JSON object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/engine/engine.h"

enum { STEPS = 1000000, SLOTS = 64, SESSION = 1, RUN = 1 };

struct queue {
	struct engine *e;
	struct decision grants[SLOTS];
	size_t granted;
	uint64_t decisions;
	uint64_t looked_at; /* a sum over what was read, so that reading is not for nothing */
};

static void open_queue(struct queue *q)
{
	struct pool_spec pool = { .name = "here", .cpu_milli = SLOTS * 1000, .max_workers = 1 };
	struct engine_worker worker = { .session = SESSION, .name = "w", .slots = SLOTS,
					.window = SLOTS };

	*q = (struct queue){ .e = engine_create(&(struct engine_options){ .epoch = 1 }) };
	worker.pool = engine_pool_declare(q->e, &pool);
	BUG_ON(engine_worker_register(q->e, &worker, 0) < 0);
}

static void submit(struct queue *q, uint32_t steps)
{
	struct run_step_spec spec = { 0 };
	struct engine_placement placement = { .demand = { .cpu_milli = 1000 } };
	struct engine_submission s = {
		.run = { .number = RUN, .specs = &spec, .spec_count = 1, .step_count = steps },
		.placements = &placement,
	};
	uint32_t *spec_of = mem_array(steps, sizeof(*spec_of));
	uint32_t *parent_at = mem_array((size_t)steps + 1, sizeof(*parent_at));

	s.run.spec_of = spec_of;
	s.run.parent_at = parent_at;
	s.run.parents = parent_at; /* there are none */
	engine_submit(q->e, &s, 0);
	free(spec_of);
	free(parent_at);
}

static void look(struct queue *q, uint64_t step)
{
	struct step_view view;

	BUG_ON(engine_step_view(q->e, step, &view) < 0);
	q->looked_at += view.state;
}

static void keep(struct queue *q, const struct decision *grant)
{
	BUG_ON(q->granted == SLOTS);
	q->grants[q->granted++] = *grant;
}

/* Takes all decisions of a turn; returns whether there was one. */
static bool take_all(struct queue *q)
{
	uint64_t before = q->decisions;
	struct decision d;

	for (q->granted = 0; engine_take(q->e, &d); q->decisions++)
		if (d.kind == DECISION_RESOLVE)
			engine_resolved(q->e, d.step, RESOLUTION_RUN, REASON_NONE, 0);
		else if (d.kind == DECISION_GRANT)
			keep(q, &d);
		else if (d.kind == DECISION_STEP_CHANGED)
			look(q, d.step);
	return q->decisions > before;
}

static void complete_all(struct queue *q)
{
	struct digest body = { { 1 } };
	struct completion done = { .outcome = OUTCOME_SUCCEEDED, .body = &body };

	for (size_t i = 0; i < q->granted; i++)
		BUG_ON(engine_complete(q->e, q->grants[i].step, q->grants[i].fence, SESSION, &done,
				       0) != COMPLETE_ACCEPTED);
}

/* Memory that is there by now, in bytes. */
static long resident(void)
{
	long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	BUG_ON(!f || fscanf(f, "%ld %ld", &size, &pages) != 2);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
	uint32_t steps = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : STEPS;
	struct run_view view;
	struct queue q;
	int64_t before, spent;
	long memory;

	open_queue(&q);
	memory = resident();
	before = clock_mono_us();
	submit(&q, steps);
	memory = resident() - memory;
	while (take_all(&q))
		complete_all(&q);
	spent = clock_mono_us() - before;
	BUG_ON(engine_run_view(q.e, RUN, &view) < 0 || view.counts[STEP_STATE_SUCCEEDED] != steps);
	printf("{\"steps\":%u,\"seconds\":%.6f,\"decisions\":%llu,\"bytes_queued\":%ld}\n", steps,
	       (double)spent / 1e6, (unsigned long long)q.decisions, memory);
	engine_destroy(q.e);
	return q.looked_at == 0;
}
