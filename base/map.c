/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - two hash maps: by string, by 64-bit id
 *
 * Both probe linearly in tables whose size is a power of two, filled to three
 * quarters at most.
 *
 * struct map: the index holds slot numbers of entries, plus 1, 0 being empty. A
 * removed entry keeps its slot, with key NULL, until the next rebuild; so its
 * index cell still carries a probe past it. Keys may come from users, so they
 * are hashed with a secret of this process: nobody can choose keys that collide.
 *
 * struct idmap: a removal moves later keys of the same cluster back, so that
 * there are no graves. Ids are our own and hashed without a secret, so that the
 * order of iteration is the same in every process.
 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

enum { SIZE_MIN = 16 };

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void draw_secret(void)
{
	hash_random(secret, sizeof(secret));
	secret[1] |= 1;
}

/* A product of 128 bits folded to 64: every bit of both factors counts. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_key(const char *key)
{
	size_t len = strlen(key);
	uint64_t h = secret[0] ^ len;

	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		size_t left = len - at;
		uint64_t word = 0;

		memcpy(&word, key + at, left < sizeof(word) ? left : sizeof(word));
		h = mix(h ^ word, secret[1]);
	}
	return mix(h, secret[1]);
}

/* The table size for that many entries. */
static size_t size_for(size_t count)
{
	size_t size = SIZE_MIN;

	while (count > size / 4 * 3)
		size *= 2;
	return size;
}

void map_finish(struct map *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->index);
	*m = (struct map)MAP_INIT;
}

/* The index cell of key, or the empty one where it would go. */
static uint32_t *find_cell(const struct map *m, const char *key)
{
	size_t mask = m->index_size - 1;
	size_t at = hash_key(key) & mask;

	while (m->index[at]) {
		const char *there = m->entries[m->index[at] - 1].key;

		if (there && strcmp(there, key) == 0)
			break;
		at = (at + 1) & mask;
	}
	return &m->index[at];
}

static struct map_entry *find(const struct map *m, const char *key)
{
	uint32_t slot = m->index_size ? *find_cell(m, key) : 0;

	return slot ? &m->entries[slot - 1] : NULL;
}

void *map_get(const struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);

	return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
	return find(m, key) != NULL;
}

/* Drops the removed entries and makes room for one more, twice over. */
static void rebuild(struct map *m)
{
	size_t kept = 0;

	pthread_once(&secret_once, draw_secret);
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].key)
			m->entries[kept++] = m->entries[i];
	BUG_ON(kept != m->live || kept >= UINT32_MAX / 2);
	free(m->index);
	m->index_size = size_for(2 * (kept + 1));
	m->index = mem_array(m->index_size, sizeof(*m->index));
	m->count = kept;
	for (size_t i = 0; i < kept; i++)
		*find_cell(m, m->entries[i].key) = (uint32_t)i + 1;
}

void *map_set(struct map *m, const char *key, void *value)
{
	struct map_entry *e = find(m, key);

	if (e) {
		void *before = e->value;

		e->value = value;
		return before;
	}
	if (m->count + 1 > m->index_size / 4 * 3)
		rebuild(m);
	m->entries = mem_grow(m->entries, &m->cap, m->count + 1, sizeof(*m->entries));
	m->entries[m->count] = (struct map_entry){ mem_strdup(key), value };
	m->count++;
	m->live++;
	*find_cell(m, key) = (uint32_t)m->count;
	return NULL;
}

void *map_remove(struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);
	void *value;

	if (!e)
		return NULL;
	value = e->value;
	free(e->key);
	*e = (struct map_entry){ 0 };
	m->live--;
	return value;
}

bool map_next(const struct map *m, size_t *i, struct map_entry **ret_entry)
{
	while (*i < m->count) {
		struct map_entry *e = &m->entries[(*i)++];

		if (e->key) {
			*ret_entry = e;
			return true;
		}
	}
	return false;
}

static size_t id_home(uint64_t id, size_t size)
{
	return mix(id, 0x9e3779b97f4a7c15) & (size - 1); /* 2^64 over the golden ratio */
}

/* The cell of id, or the empty one where it would go. The map is not empty. */
static size_t find_id(const struct idmap *m, uint64_t id)
{
	size_t at = id_home(id, m->size);

	while (m->keys[at] && m->keys[at] != id)
		at = (at + 1) & (m->size - 1);
	return at;
}

void idmap_finish(struct idmap *m)
{
	free(m->keys);
	free(m->values);
	*m = (struct idmap)IDMAP_INIT;
}

void *idmap_get(const struct idmap *m, uint64_t id)
{
	return m->size && id ? m->values[find_id(m, id)] : NULL;
}

static void idmap_grow(struct idmap *m)
{
	struct idmap old = *m;

	m->size = size_for(2 * (old.live + 1));
	m->keys = mem_array(m->size, sizeof(*m->keys));
	m->values = mem_array(m->size, sizeof(*m->values));
	for (size_t i = 0; i < old.size; i++) {
		if (old.keys[i]) {
			size_t at = find_id(m, old.keys[i]);

			m->keys[at] = old.keys[i];
			m->values[at] = old.values[i];
		}
	}
	idmap_finish(&old);
}

void *idmap_set(struct idmap *m, uint64_t id, void *value)
{
	void *before;
	size_t at;

	BUG_ON(id == 0 || !value);
	if (m->live + 1 > m->size / 4 * 3)
		idmap_grow(m);
	at = find_id(m, id);
	before = m->values[at];
	m->live += !before;
	m->keys[at] = id;
	m->values[at] = value;
	return before;
}

void *idmap_remove(struct idmap *m, uint64_t id)
{
	size_t mask = m->size - 1;
	void *value = idmap_get(m, id);
	size_t hole;

	if (!value)
		return NULL;
	hole = find_id(m, id);
	for (size_t at = (hole + 1) & mask; m->keys[at]; at = (at + 1) & mask) {
		size_t home = id_home(m->keys[at], m->size);

		/* Whoever's way from home to here leads over the hole moves into it. */
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			m->keys[hole] = m->keys[at];
			m->values[hole] = m->values[at];
			hole = at;
		}
	}
	m->keys[hole] = 0;
	m->values[hole] = NULL;
	m->live--;
	return value;
}

bool idmap_next(const struct idmap *m, size_t *i, uint64_t *ret_id, void **ret_value)
{
	while (*i < m->size) {
		size_t at = (*i)++;

		if (m->keys[at]) {
			*ret_id = m->keys[at];
			*ret_value = m->values[at];
			return true;
		}
	}
	return false;
}
