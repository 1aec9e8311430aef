/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_source.c - source lists as text, and patterns against paths
 *
 * A list that is read must be written back as the same bytes; a pattern that is
 * taken must match in bounded time. Pattern and path are on the first two lines.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "scheduler/source/glob.h"
#include "scheduler/source/source_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_list(const char *text, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct source_list list;
	struct buf again = BUF_INIT;

	if (source_list_parse(text, len, &arena, &list, NULL) == 0) {
		source_list_text(&list, &again);
		if (again.len != len || memcmp(buf_str(&again), text, len) != 0)
			abort();
	}
	buf_finish(&again);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	char *path = strchr(text, '\n');
	struct glob g;

	read_list((const char *)data, size);
	if (path) {
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (glob_parse(text, &g, NULL) == 0)
			(void)glob_covers(&g, path);
	}
	free(text);
	return 0;
}
