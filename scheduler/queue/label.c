/* SPDX-License-Identifier: Apache-2.0 */
/* label.c - sets of labels, small and compared often
 *
 * A label is a number from its first mention on; a set is sorted, so that one
 * walk over both tells what is missing.
 */
#include "scheduler/queue/label.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void label_table_finish(struct label_table *t)
{
	map_finish(&t->numbers);
}

const char *label_name(const struct label_table *t, uint32_t number)
{
	return t->numbers.entries[number].key;
}

static uint32_t label_number(struct label_table *t, const char *label)
{
	uintptr_t known = (uintptr_t)map_get(&t->numbers, label);

	if (!known) {
		known = t->numbers.count + 1;
		map_set(&t->numbers, label, (void *)known);
	}
	return (uint32_t)known - 1;
}

void label_set_finish(struct label_set *s)
{
	free(s->numbers);
	*s = (struct label_set)LABEL_SET_INIT;
}

static void add_number(struct label_set *s, uint32_t number)
{
	size_t cap = s->count;
	size_t at = 0;

	while (at < s->count && s->numbers[at] < number)
		at++;
	if (at < s->count && s->numbers[at] == number)
		return;
	s->numbers = mem_grow(s->numbers, &cap, s->count + 1, sizeof(*s->numbers));
	memmove(&s->numbers[at + 1], &s->numbers[at], (s->count - at) * sizeof(*s->numbers));
	s->numbers[at] = number;
	s->count++;
}

void label_set_add(struct label_set *s, struct label_table *t, const char *const *labels,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_number(s, label_number(t, labels[i]));
}

void label_set_add_set(struct label_set *s, const struct label_set *other)
{
	for (size_t i = 0; i < other->count; i++)
		add_number(s, other->numbers[i]);
}

bool label_set_eq(const struct label_set *a, const struct label_set *b)
{
	return a->count == b->count &&
	       (a->count == 0 ||
		memcmp(a->numbers, b->numbers, a->count * sizeof(*a->numbers)) == 0);
}

const uint32_t *label_set_lacks(const struct label_set *s, const struct label_set *wanted)
{
	size_t at = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		while (at < s->count && s->numbers[at] < wanted->numbers[i])
			at++;
		if (at == s->count || s->numbers[at] != wanted->numbers[i])
			return &wanted->numbers[i];
	}
	return NULL;
}
