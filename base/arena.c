/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - memory that is built up once, read, and freed at once
 *
 * A list of zeroed chunks, newest first; only the newest is handed out from.
 * Chunks grow with the arena, so a small one stays small and a big one needs
 * few allocations.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { ALIGNMENT = 16, CHUNK_MIN = 4 << 10, CHUNK_MAX = 256 << 10 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	size_t used;
	alignas(ALIGNMENT) char data[];
};

void arena_finish(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->used_bytes = 0;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t at_least)
{
	size_t size = a->used_bytes < CHUNK_MIN ? CHUNK_MIN : a->used_bytes;
	struct arena_chunk *chunk;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < at_least)
		size = at_least;
	chunk = mem_alloc(sizeof(*chunk) + size);
	chunk->size = size;
	chunk->next = a->chunks;
	a->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *chunk = a->chunks;
	void *p;

	BUG_ON(size > PTRDIFF_MAX);
	size = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
	if (!chunk || chunk->size - chunk->used < size)
		chunk = add_chunk(a, size);
	p = chunk->data + chunk->used;
	chunk->used += size;
	a->used_bytes += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	BUG_ON(__builtin_mul_overflow(count, size, &bytes));
	return arena_alloc(a, bytes);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
	void *copy = arena_alloc(a, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_list again;
	char *text;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BUG_ON(len < 0);
	text = arena_alloc(a, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}
