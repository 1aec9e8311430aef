/* SPDX-License-Identifier: Apache-2.0 */
/* faults.c - what goes wrong, and when it stops going wrong
 *
 * Each seed has its own mix: some see nothing, some only the network's faults,
 * some everything. After SIM_FAULTS_UNTIL_MS all heals, and all must end.
 */
#include <stdio.h>

#include "tests/sim/sim.h"

enum { FAULT_CRASH, FAULT_DEATH, FAULT_FREEZE, FAULT_LINK, FAULT_COUNT };

static void post(struct sim *s, enum event_kind kind, uint32_t worker, int64_t after_ms)
{
	struct event ev = { .kind = kind, .worker = worker };

	net_post(s, after_ms, &ev);
}

static void plan_workers(struct sim *s)
{
	s->worker_count = SIM_WORKERS_MAX;
	if (rng_chance(&s->rng, 400))
		s->worker_count = (uint32_t)rng_between(&s->rng, SIM_POOLS, SIM_WORKERS_MAX);
	for (uint32_t i = 0; i < s->worker_count; i++) {
		struct sim_worker *w = &s->workers[i];

		snprintf(w->name, sizeof(w->name), "w%u", i);
		w->pool = i % SIM_POOLS;
		w->slots = (uint32_t)rng_between(&s->rng, 1, 3);
		post(s, EVENT_WORKER_UP, i, rng_between(&s->rng, 0, 3000));
	}
}

void faults_plan(struct sim *s)
{
	unsigned network = rng_chance(&s->rng, 700);
	int64_t every = rng_chance(&s->rng, 800) ? rng_between(&s->rng, 2000, 60000) : 0;
	int64_t at = 0;

	s->lost = network * (unsigned)rng_between(&s->rng, 0, 100);
	s->doubled = network * (unsigned)rng_between(&s->rng, 0, 100);
	s->slow = network * (unsigned)rng_between(&s->rng, 0, 50);
	s->slow_commits = (unsigned)rng_between(&s->rng, 0, 7) * 100;
	s->fatal_commits = rng_chance(&s->rng, 400) ? (unsigned)rng_between(&s->rng, 0, 200) : 0;
	plan_workers(s);
	post(s, EVENT_DAEMON_UP, 0, 0);
	while (every && (at += rng_between(&s->rng, 1, 2 * every)) < SIM_FAULTS_UNTIL_MS)
		post(s, EVENT_FAULT, (uint32_t)rng_between(&s->rng, 0, s->worker_count - 1), at);
	post(s, EVENT_HEAL, 0, SIM_FAULTS_UNTIL_MS);
}

static void crash(struct sim *s, const struct event *ev)
{
	(void)ev;
	if (s->healed)
		return;
	daemon_crash(s);
	post(s, EVENT_DAEMON_UP, 0,
	     rng_between(&s->rng, 50, rng_chance(&s->rng, 300) ? 20000 : 1000));
}

static void death(struct sim *s, uint32_t worker)
{
	struct event gone = {
		.kind = EVENT_GONE, .worker = worker, .session = s->workers[worker].session,
		.epoch = s->daemon.epoch,
	};

	if (!gone.session)
		return;
	worker_dies(s, worker);
	if (rng_chance(&s->rng, 600))
		net_post(s, rng_between(&s->rng, 0, 50), &gone);
	post(s, EVENT_WORKER_UP, worker, rng_between(&s->rng, 10, 40000));
}

static void link_down(struct sim *s, uint32_t worker)
{
	struct sim_worker *w = &s->workers[worker];

	w->deaf |= rng_chance(&s->rng, 600);
	w->mute |= rng_chance(&s->rng, 600);
	post(s, EVENT_LINK_UP, worker, rng_between(&s->rng, 100, 70000));
}

static void strike(struct sim *s, const struct event *ev)
{
	uint32_t worker = ev->worker;

	switch (rng_between(&s->rng, 0, FAULT_COUNT - 1)) {
	case FAULT_CRASH:
		crash(s, ev);
		break;
	case FAULT_DEATH:
		death(s, worker);
		break;
	case FAULT_FREEZE:
		s->workers[worker].frozen = s->workers[worker].session != 0;
		post(s, EVENT_WORKER_GOES_ON, worker, rng_between(&s->rng, 100, 90000));
		break;
	case FAULT_LINK:
		link_down(s, worker);
		break;
	}
}

static void heal(struct sim *s, const struct event *ev)
{
	(void)ev;
	s->lost = s->doubled = s->slow = s->slow_commits = s->fatal_commits = 0;
	s->healed = true;
	s->healed_at = s->now;
	daemon_up(s);
	for (uint32_t i = 0; i < s->worker_count; i++) {
		struct sim_worker *w = &s->workers[i];

		w->frozen = w->deaf = w->mute = false;
		worker_up(s, i);
	}
}

static void scheduler_up(struct sim *s, const struct event *ev)
{
	(void)ev;
	daemon_up(s);
}

static void one_worker_up(struct sim *s, const struct event *ev)
{
	worker_up(s, ev->worker);
}

static void goes_on(struct sim *s, const struct event *ev)
{
	s->workers[ev->worker].frozen = false;
}

static void link_up(struct sim *s, const struct event *ev)
{
	s->workers[ev->worker].deaf = s->workers[ev->worker].mute = false;
}

static void (*const handlers[EVENT_COUNT])(struct sim *s, const struct event *ev) = {
	[EVENT_FAULT] = strike, [EVENT_CRASH] = crash, [EVENT_DAEMON_UP] = scheduler_up,
	[EVENT_WORKER_UP] = one_worker_up, [EVENT_WORKER_GOES_ON] = goes_on,
	[EVENT_LINK_UP] = link_up,       [EVENT_HEAL] = heal,
};

void faults_handle(struct sim *s, const struct event *ev)
{
	handlers[ev->kind](s, ev);
}
