/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - two hash maps: by string, by 64-bit id
 *
 * Open addressing, insertion order kept for iteration in `map`. Values are
 * pointers that the map does not own. String keys are copied.
 */
#ifndef INGOT_BASE_MAP_H
#define INGOT_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
	char *key;
	void *value;
};

struct map {
	struct map_entry *entries; /* in order of insertion; key NULL where removed */
	size_t count;              /* slots of entries in use, removed ones included */
	size_t live;               /* without the removed ones */
	size_t cap;
	uint32_t *index;
	size_t index_size;
};

#define MAP_INIT { 0 }

void map_finish(struct map *m);
void *map_get(const struct map *m, const char *key); /* NULL if absent */
bool map_has(const struct map *m, const char *key);
/* Adds or replaces; returns the value that was there before, or NULL. */
void *map_set(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key);
/* for (size_t i = 0; map_next(m, &i, &e);) */
bool map_next(const struct map *m, size_t *i, struct map_entry **ret_entry);

struct idmap {
	uint64_t *keys; /* 0 = empty: the id 0 is not a valid key */
	void **values;
	size_t live;
	size_t size;
};

#define IDMAP_INIT { 0 }

void idmap_finish(struct idmap *m);
void *idmap_get(const struct idmap *m, uint64_t id);
void *idmap_set(struct idmap *m, uint64_t id, void *value); /* value must not be NULL */
void *idmap_remove(struct idmap *m, uint64_t id);
bool idmap_next(const struct idmap *m, size_t *i, uint64_t *ret_id, void **ret_value);

#endif
