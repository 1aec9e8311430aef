/* SPDX-License-Identifier: Apache-2.0 */
/* label.h - sets of labels, small and compared often */
#ifndef INGOT_SCHEDULER_QUEUE_LABEL_H
#define INGOT_SCHEDULER_QUEUE_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/* Every label that was ever named, by number. */
struct label_table {
	struct map numbers; /* value: number + 1 */
};

struct label_set {
	uint32_t *numbers; /* [count], ascending */
	size_t count;
};

#define LABEL_SET_INIT { 0 }

void label_table_finish(struct label_table *t);
const char *label_name(const struct label_table *t, uint32_t number); /* lent */

void label_set_finish(struct label_set *s); /* usable again */
void label_set_add(struct label_set *s, struct label_table *t, const char *const *labels,
		   size_t count);
void label_set_add_set(struct label_set *s, const struct label_set *other);
bool label_set_eq(const struct label_set *a, const struct label_set *b);
/* The first label of `wanted` that s lacks, or NULL where it has them all. */
const uint32_t *label_set_lacks(const struct label_set *s, const struct label_set *wanted);

#endif
