/* SPDX-License-Identifier: Apache-2.0 */
/* pipelines.c - random definitions: graphs, matrices, finally, retries, limits */
#include <string.h>

#include "base/arena.h"
#include "tests/sim/sim.h"

enum { INSTANCES_MAX = 4 };

static const char *const environments[] = { "staging", "production" };
static const char *const groups[] = { "main", "nightly" };
static const char *const big_label[] = { "big" };

struct definition *definition_of(struct sim *s, uint64_t step)
{
	return &s->definitions[step_id_run(step) - 1];
}

static void make_spec(struct sim *s, struct definition *d, uint32_t at, bool is_finally)
{
	struct rng *r = &s->rng;
	struct run_step_spec *spec = &d->specs[at];
	struct engine_placement *p = &d->placements[at];

	spec->is_finally = is_finally;
	spec->on_lost_manual = rng_chance(r, 200);
	spec->allow_failure = rng_chance(r, 150);
	spec->fail_fast = rng_chance(r, 300);
	spec->retry.max = (uint32_t)rng_between(r, 0, 2);
	spec->retry.backoff_ms = rng_between(r, 0, 3) * 700;
	spec->retry.on = rng_chance(r, 800) ? RUN_RETRY_FAILED | RUN_RETRY_TIMED_OUT : 0;
	d->failing[at] = (unsigned)rng_between(r, 0, 2) * 100;
	p->demand.cpu_milli = rng_between(r, 0, 4) * 500;
	p->demand.memory_bytes = rng_between(r, 0, 3) << 30;
	if (rng_chance(r, 350))
		p->demand.gpus = (uint32_t)rng_between(r, 1, 2);
	if (rng_chance(r, 200)) {
		p->demand.labels = big_label;
		p->demand.label_count = 1;
	}
	d->duration_ms[at] = rng_chance(r, 400) ? 3 : rng_between(r, 1, 8000);
	if (rng_chance(r, p->demand.gpus ? 500 : 100))
		d->duration_ms[at] = 90000;
	p->priority = (int)rng_between(r, -1, 1);
	if (rng_chance(r, 300))
		p->max_parallel = (uint32_t)rng_between(r, 1, 2);
	if (rng_chance(r, 150))
		p->environment = environments[rng_between(r, 0, 1)];
	p->group_limit = (uint32_t)rng_between(r, 1, 2);
}

/* Instances of one step of the definition, below all those of some earlier ones. */
static void add_instances(struct sim *s, struct definition *d, uint32_t spec)
{
	struct run_spec *run = &d->submission.run;
	uint32_t count = (uint32_t)rng_between(&s->rng, 1, INSTANCES_MAX);
	uint32_t before = run->step_count;
	bool parents[SIM_SPECS_MAX], data[SIM_SPECS_MAX];
	const char *group = rng_chance(&s->rng, 100) ? "gpu farm" : NULL;

	for (uint32_t i = 0; i < SIM_SPECS_MAX; i++) {
		parents[i] = i < spec && rng_chance(&s->rng, 350) &&
			     (d->specs[spec].is_finally || !d->specs[i].is_finally);
		data[i] = rng_chance(&s->rng, 500);
	}
	for (uint32_t n = 0; n < count; n++) {
		uint32_t index = run->step_count++;
		uint32_t at = d->parent_at[index];

		d->spec_of[index] = spec;
		d->step_groups[index] = group;
		for (uint32_t p = 0; p < before; p++)
			if (parents[d->spec_of[p]])
				d->parents[at++] = p | (data[d->spec_of[p]] ? RUN_PARENT_DATA : 0);
		d->parent_at[index + 1] = at;
	}
}

static void make_definition(struct sim *s, struct definition *d, uint64_t number)
{
	struct engine_submission *sub = &d->submission;
	uint32_t count = (uint32_t)rng_between(&s->rng, 1, SIM_SPECS_MAX);

	sub->run = (struct run_spec){
		.number = number, .specs = d->specs, .spec_count = count,
		.spec_of = d->spec_of, .parent_at = d->parent_at, .parents = d->parents,
	};
	sub->placements = d->placements;
	sub->step_groups = d->step_groups;
	for (uint32_t i = 0; i < count; i++) {
		make_spec(s, d, i, i + 1 == count && count > 1 && rng_chance(&s->rng, 400));
		add_instances(s, d, i);
	}
	if (rng_chance(&s->rng, 400)) {
		sub->group = groups[rng_between(&s->rng, 0, 1)];
		sub->group_limit = 1;
		sub->group_policy =
			(enum group_policy)rng_between(&s->rng, 0, GROUP_POLICY_COUNT - 1);
	}
}

static void make_pools(struct sim *s)
{
	static const int64_t memories[] = { (int64_t)8 << 30, (int64_t)8 << 30, (int64_t)8 << 30 };

	for (uint32_t i = 0; i < SIM_POOLS; i++) {
		s->pools[i] = (struct pool_spec){
			.name = i ? "big" : "here",
			.cpu_milli = rng_between(&s->rng, 1, 4) * 1000,
			.memory_bytes = (int64_t)4 << 30,
			.gpus = (uint32_t)rng_between(&s->rng, 1, 3),
			.gpu_memory_bytes = memories,
			.max_workers = 2,
			.labels = big_label,
			.label_count = i,
		};
	}
}

void pipelines_make(struct sim *s)
{
	make_pools(s);
	s->definition_count = (uint32_t)rng_between(&s->rng, 1, SIM_RUNS_MAX);
	for (uint32_t i = 0; i < s->definition_count; i++) {
		struct event submit = {
			.kind = EVENT_SUBMIT, .step = step_id(i + 1, 0),
		};
		struct event cancel = { .kind = EVENT_CANCEL_RUN, .step = step_id(i + 1, 0) };
		int64_t at = rng_between(&s->rng, 0, SIM_FAULTS_UNTIL_MS * 2 / 3);

		make_definition(s, &s->definitions[i], i + 1);
		net_post(s, at, &submit);
		if (rng_chance(&s->rng, 200))
			net_post(s, at + rng_between(&s->rng, 0, 20000), &cancel);
	}
}
