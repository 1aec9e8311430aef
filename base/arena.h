/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that is built up once, read, and freed at once
 *
 * One per checked pipeline, per plan, per request. Nothing in it is freed singly.
 */
#ifndef INGOT_BASE_ARENA_H
#define INGOT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t used_bytes; /* handed out so far */
};

#define ARENA_INIT { 0 }

void arena_finish(struct arena *a);               /* frees all; usable again */
void *arena_alloc(struct arena *a, size_t size);  /* zeroed, aligned to 16; never NULL */
void *arena_array(struct arena *a, size_t count, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
