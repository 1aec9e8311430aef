/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c - allocation that does not fail
 *
 * Every allocation of Ingot's own code ends here or in a library's own
 * allocator. log_error() uses the stack alone, so it can speak when nothing is left.
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { FIRST_CAP = 16 };

static _Noreturn void out_of_memory(size_t count, size_t size)
{
	log_error("out of memory: %zu times %zu bytes asked for", count, size);
	abort();
}

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1); /* for 0 bytes it may give NULL */

	if (!p)
		out_of_memory(1, size);
	return p;
}

void *mem_array(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory(count, size);
	return mem_alloc(bytes);
}

void *mem_grow(void *p, size_t *cap, size_t want, size_t size)
{
	size_t grown = *cap ? *cap : FIRST_CAP;
	size_t bytes;

	if (want <= *cap)
		return p;
	while (grown < want)
		grown = grown > SIZE_MAX / 2 ? want : grown * 2;
	if (__builtin_mul_overflow(grown, size, &bytes))
		out_of_memory(grown, size);
	p = realloc(p, bytes);
	if (!p)
		out_of_memory(grown, size);
	*cap = grown;
	return p;
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *s, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory(1, strlen(fmt));
	return text;
}
