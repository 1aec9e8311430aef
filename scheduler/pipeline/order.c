/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - put the steps behind what they depend on, or show the cycle
 *
 * Kahn's way: a step is ready when nothing that it depends on is left. Whatever
 * is left at the end stands on a cycle or behind one; walking from dependency to
 * dependency among these must come by a step twice, and that is a cycle. Its
 * steps are then taken as done, so that a second cycle is found as well.
 */
#include "scheduler/pipeline/reader_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct sorter {
	struct reader *r;
	size_t *blocked;   /* dependencies of each step that are left; SIZE_MAX: done */
	size_t *users;     /* steps that depend on one, those of step i from first[i] on */
	size_t *first;
	size_t *order;     /* also the queue of those that became ready */
	size_t head, tail;
};

static void count_users(struct sorter *s)
{
	const struct pipeline *p = s->r->p;
	size_t edges = 0, *fill;

	s->first = mem_array(p->step_count + 1, sizeof(*s->first));
	for (size_t i = 0; i < p->step_count; i++)
		for (size_t k = 0; k < p->steps[i].dep_count; k++, edges++)
			s->first[p->steps[i].deps[k] + 1]++;
	for (size_t i = 0; i < p->step_count; i++)
		s->first[i + 1] += s->first[i];
	s->users = mem_array(edges + 1, sizeof(*s->users));
	fill = mem_array(p->step_count + 1, sizeof(*fill));
	for (size_t i = 0; i < p->step_count; i++)
		for (size_t k = 0; k < p->steps[i].dep_count; k++) {
			size_t dep = p->steps[i].deps[k];

			s->users[s->first[dep] + fill[dep]++] = i;
		}
	free(fill);
}

static void put(struct sorter *s, size_t step)
{
	s->blocked[step] = SIZE_MAX;
	s->order[s->tail++] = step;
}

/* Follows the queue; every step that gets ready joins it. */
static void sort_ready(struct sorter *s)
{
	while (s->head < s->tail) {
		size_t done = s->order[s->head++];

		for (size_t k = s->first[done]; k < s->first[done + 1]; k++) {
			size_t user = s->users[k];

			if (s->blocked[user] != SIZE_MAX && --s->blocked[user] == 0)
				put(s, user);
		}
	}
}

static size_t dep_that_is_left(const struct sorter *s, size_t step)
{
	const struct step *of = &s->r->p->steps[step];

	for (size_t k = 0; k < of->dep_count; k++)
		if (s->blocked[of->deps[k]] != SIZE_MAX)
			return of->deps[k];
	return SIZE_MAX;
}

/* The word that makes step depend on dep: an input, or one of `needs`. */
static struct pos edge_pos(const struct step *step, size_t dep, const char *name)
{
	for (size_t i = 0; i < step->input_count; i++)
		if (step->inputs[i].step == dep)
			return step->inputs[i].from_pos;
	for (size_t i = 0; i < step->needs.count; i++)
		if (strcmp(step->needs.items[i].text, name) == 0)
			return step->needs.items[i].pos;
	return step->pos;
}

/* a -> b -> a: a waits for b, which waits for a. */
static void report_cycle(struct sorter *s, const size_t *path, size_t length)
{
	const struct step *steps = s->r->p->steps;
	size_t next = path[length > 1 ? 1 : 0];
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < length; i++)
		buf_printf(&text, "%s -> ", steps[path[i]].name);
	diagnostics_add(s->r->d, edge_pos(&steps[path[0]], next, steps[next].name), 1, "cycle",
			NULL, "steps wait for each other: %s%s", buf_str(&text),
			steps[path[0]].name);
	buf_finish(&text);
}

/* Walks from a step that is left until one comes again. */
static void find_cycle(struct sorter *s, size_t step)
{
	size_t count = s->r->p->step_count, length = 0, from;
	size_t *path = mem_array(count + 1, sizeof(*path));
	size_t *seen_at = mem_array(count + 1, sizeof(*seen_at));

	while (!seen_at[step]) {
		path[length++] = step;
		seen_at[step] = length;
		step = dep_that_is_left(s, step);
	}
	from = seen_at[step] - 1;
	report_cycle(s, path + from, length - from);
	for (size_t i = from; i < length; i++)
		put(s, path[i]);
	free(path);
	free(seen_at);
}

/* Steps with `finally` go behind all others; none of these waits for one of them. */
static void put_finally_last(const struct pipeline *p, size_t *order)
{
	size_t *last = mem_array(p->step_count + 1, sizeof(*last));
	size_t others = 0, count = 0;

	for (size_t i = 0; i < p->step_count; i++) {
		if (p->steps[order[i]].finally)
			last[count++] = order[i];
		else
			order[others++] = order[i];
	}
	memcpy(order + others, last, count * sizeof(*last));
	free(last);
}

void order_check(struct reader *r)
{
	struct pipeline *p = r->p;
	struct sorter s = { .r = r };

	s.order = arena_array(&p->arena, p->step_count, sizeof(*s.order));
	s.blocked = mem_array(p->step_count + 1, sizeof(*s.blocked));
	count_users(&s);
	for (size_t i = 0; i < p->step_count; i++)
		s.blocked[i] = p->steps[i].dep_count;
	for (size_t i = 0; i < p->step_count; i++)
		if (s.blocked[i] == 0)
			put(&s, i);
	sort_ready(&s);
	for (size_t i = 0; i < p->step_count; i++)
		while (s.blocked[i] != SIZE_MAX && !diagnostics_is_full(r->d)) {
			find_cycle(&s, i);
			sort_ready(&s);
		}
	if (s.tail == p->step_count)
		put_finally_last(p, s.order);
	p->order = s.order;
	free(s.blocked);
	free(s.users);
	free(s.first);
}
