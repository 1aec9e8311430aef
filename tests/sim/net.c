/* SPDX-License-Identifier: Apache-2.0 */
/* net.c - the queue of events, and a network that cannot be trusted
 *
 * Events of one instant come in the order in which they were posted.
 */
#include "base/mem.h"
#include "tests/sim/sim.h"

enum { QUICK_MS = 5 };

static const char *const event_names[EVENT_COUNT] = {
#define XX(name) [EVENT_##name] = #name,
	EVENT_TABLE(XX)
#undef XX
};

const char *event_name(enum event_kind k)
{
	return event_names[k];
}

void net_post(struct sim *s, int64_t delay_ms, const struct event *ev)
{
	s->events = mem_grow(s->events, &s->event_cap, s->event_count + 1, sizeof(*s->events));
	s->events[s->event_count] = *ev;
	heap_push(&s->order, (uint64_t)(s->now + delay_ms), s->event_count);
	s->event_count++;
}

bool net_next(struct sim *s, struct event *ret)
{
	const struct heap_entry *top = heap_top(&s->order);

	if (!top)
		return false;
	s->now = (int64_t)top->key;
	*ret = s->events[top->id];
	heap_pop(&s->order);
	return true;
}

static void carry(struct sim *s, const struct event *ev)
{
	int64_t delay = rng_between(&s->rng, 0, QUICK_MS);

	if (rng_chance(&s->rng, s->lost))
		return;
	if (rng_chance(&s->rng, s->slow))
		delay = rng_between(&s->rng, 0, SIM_SLOW_MS);
	net_post(s, delay, ev);
}

static void send(struct sim *s, const struct event *ev)
{
	carry(s, ev);
	if (rng_chance(&s->rng, s->doubled))
		carry(s, ev);
}

void net_to_daemon(struct sim *s, const struct event *ev)
{
	if (!s->workers[ev->worker].mute)
		send(s, ev);
}

void net_to_worker(struct sim *s, const struct event *ev)
{
	if (!s->workers[ev->worker].deaf)
		send(s, ev);
}
