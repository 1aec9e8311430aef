/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - seeds, one after the other
 *
 *	sim [--seed N] [--seeds COUNT] [--trace] [--plant NAME] [--twice]
 *
 * Prints one line for each seed that breaks an invariant, and a summary. Exit
 * status: 0 all held, 1 a violation, 2 used wrongly. With --plant it is the other
 * way round: 0 when the planted bug was found, 1 when no seed found it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/sim/sim.h"

struct options {
	uint64_t seed, seeds;
	bool trace, twice;
	enum plant plant;
	enum sim_plant sim_plant;
};

static const char *const plant_names[PLANT_COUNT] = {
#define XX(name, text) [PLANT_##name] = #name,
	PLANT_TABLE(XX)
#undef XX
};

static const char *const sim_plant_names[SIM_PLANT_COUNT] = {
#define XX(name, text) [SIM_PLANT_##name] = #name,
	SIM_PLANT_TABLE(XX)
#undef XX
};

void sim_violation(struct sim *s, const char *what)
{
	sim_trace(s, "VIOLATION %s", what);
	if (!s->violation)
		s->violation = what;
}

void sim_trace(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->trace)
		return;
	printf("%8" PRId64 " ", s->now);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* What happened, when, to whom: all of the history that matters. */
static void add_to_hash(struct sim *s, const struct event *ev)
{
	const uint64_t words[] = {
		(uint64_t)s->now, (uint64_t)ev->kind, ev->worker, ev->session, ev->epoch,
		ev->step, ev->fence, ev->body, ev->gpus, (uint64_t)ev->number,
	};

	for (size_t i = 0; i < countof(words); i++) {
		struct rng r = { s->hash ^ words[i] };

		s->hash = rng_next(&r);
	}
}

static void handle(struct sim *s, const struct event *ev)
{
	add_to_hash(s, ev);
	sim_trace(s, "%s w%u session %" PRIu64 " step %" PRIx64 " fence %" PRIx64 " number %d",
		  event_name(ev->kind), ev->worker, ev->session, ev->step, ev->fence, ev->number);
	if (ev->kind <= EVENT_RELEASE)
		daemon_handle(s, ev);
	else if (ev->kind <= EVENT_WORKER_TIMER)
		worker_handle(s, ev);
	else
		faults_handle(s, ev);
	watch_machines(s);
}

static void finish(struct sim *s)
{
	daemon_crash(s);
	for (uint32_t i = 0; i < s->worker_count; i++)
		worker_dies(s, i);
	heap_finish(&s->order);
	free(s->events);
	arena_finish(&s->arena);
}

/* One history, to its end or its first violation. */
static const char *run_seed(const struct options *o, uint64_t seed, uint64_t *ret_hash)
{
	struct sim *s = mem_alloc(sizeof(*s));
	const char *violation;
	struct event ev;

	s->seed = s->rng.state = seed;
	s->trace = o->trace;
	s->plant = o->plant;
	s->sim_plant = o->sim_plant;
	pipelines_make(s);
	faults_plan(s);
	while (!s->violation && !(s->healed && watch_all_ended(s)) && net_next(s, &ev)) {
		if (s->healed && s->now > s->healed_at + SIM_ENDS_WITHIN_MS)
			sim_violation(s, "a run does not end");
		handle(s, &ev);
	}
	if (!s->violation)
		watch_restart(s);
	violation = s->violation;
	*ret_hash = s->hash;
	finish(s);
	free(s);
	return violation;
}

static bool parse_plant(const char *name, struct options *o)
{
	for (int i = 0; i < PLANT_COUNT; i++)
		if (str_eq(name, plant_names[i]))
			o->plant = (enum plant)i;
	for (int i = 0; i < SIM_PLANT_COUNT; i++)
		if (str_eq(name, sim_plant_names[i]))
			o->sim_plant = (enum sim_plant)i;
	return o->plant != PLANT_NONE || o->sim_plant != SIM_PLANT_SIM_NONE;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "seeds", required_argument, NULL, 'n' },
		{ "trace", no_argument, NULL, 't' },      { "plant", required_argument, NULL, 'p' },
		{ "twice", no_argument, NULL, '2' },      { 0 },
	};
	bool ok = true;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			ok &= str_to_u64(optarg, &o->seed) == 0;
		else if (c == 'n')
			ok &= str_to_u64(optarg, &o->seeds) == 0;
		else if (c == 't')
			o->trace = true;
		else if (c == '2')
			o->twice = true;
		else
			ok &= c == 'p' && parse_plant(optarg, o);
	}
	return ok && optind == argc;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .seeds = 1 };
	bool planted;
	uint64_t found = 0, total = 0;

	if (!parse(argc, argv, &o)) {
		fputs("usage: sim [--seed N] [--seeds COUNT] [--trace] [--plant NAME] [--twice]\n",
		      stderr);
		return 2;
	}
	planted = o.plant != PLANT_NONE || o.sim_plant != SIM_PLANT_SIM_NONE;
	for (uint64_t seed = o.seed; seed < o.seed + o.seeds && !(planted && found); seed++) {
		uint64_t hash, again;
		const char *violation = run_seed(&o, seed, &hash);

		if (!violation && o.twice && (run_seed(&o, seed, &again), again != hash))
			violation = "the same seed gave another history";
		if (violation)
			printf("seed %" PRIu64 ": %s\n", seed, violation);
		found += violation != NULL;
		total ^= hash;
	}
	printf("T-A17 seeds=%" PRIu64 " violations=%" PRIu64 " hash=%016" PRIx64 " %s\n", o.seeds,
	       found, total, (found > 0) == planted ? "pass" : "fail");
	return (found > 0) == planted ? 0 : 1;
}
