/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_key.c - two cache keys that somebody wrote, compared
 *
 * The input is cut at its first NUL byte into two texts. Keys come from the
 * database, so the comparison must take whatever stands there.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scheduler/plan/reason.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *give_list(void *arg, const struct digest *list, struct arena *arena, size_t *len)
{
	(void)arg;
	(void)list;
	(void)arena;
	*len = 0;
	return "";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *before = mem_strndup((const char *)data, size);
	size_t cut = strlen(before);
	char *after = cut < size ? mem_strndup((const char *)data + cut + 1, size - cut - 1)
				 : mem_strdup("");
	struct arena arena = ARENA_INIT;
	struct reasons r;

	reason_diff(before, after, give_list, NULL, &arena, &r);
	if (strcmp(before, after) == 0 && r.count != 0)
		abort();
	arena_finish(&arena);
	free(before);
	free(after);
	return 0;
}
