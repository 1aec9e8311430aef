/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c - how long each turn of a loop took, and percentiles of that */
#include "bench/samples.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

void samples_finish(struct samples *s)
{
	free(s->us);
	*s = (struct samples)SAMPLES_INIT;
}

void samples_add(struct samples *s, int64_t us)
{
	if (s->count == s->cap)
		s->us = mem_grow(s->us, &s->cap, s->count + 1, sizeof(*s->us));
	s->us[s->count++] = us;
}

void samples_move(struct samples *s, struct samples *from)
{
	for (size_t i = 0; i < from->count; i++)
		samples_add(s, from->us[i]);
	samples_finish(from);
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

int64_t samples_percentile(struct samples *s, double percent)
{
	size_t rank;

	if (s->count == 0)
		return 0;
	qsort(s->us, s->count, sizeof(*s->us), compare);
	rank = (size_t)ceil((double)s->count * percent / 100);
	return s->us[rank > 0 ? rank - 1 : 0];
}
