/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - allocation that does not fail
 *
 * Ingot is crash-only: what was acknowledged is durable, so a process that
 * cannot allocate says so and aborts, and the restart decides. Sizes that a
 * user can influence are checked against a named limit before they get here.
 */
#ifndef INGOT_BASE_MEM_H
#define INGOT_BASE_MEM_H

#include <stddef.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

void *mem_alloc(size_t size);               /* zeroed; never NULL */
void *mem_array(size_t count, size_t size); /* zeroed; aborts on overflow */
/* realloc for an array of *cap elements: doubles *cap until it is want at least.
 * The new part is not zeroed. */
void *mem_grow(void *p, size_t *cap, size_t want, size_t size);
char *mem_strdup(const char *s); /* NULL gives NULL */
char *mem_strndup(const char *s, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
