/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - why a step runs instead of coming from the cache */
#include "scheduler/daemon/explain.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/records/query_cache.h"

static const char *find_sources(void *arg, const struct digest *list, struct arena *arena,
				size_t *ret_len)
{
	const struct explain_sources *s = arg;
	const char *text;

	for (size_t i = 0; i < s->count; i++) {
		if (s->texts[i] && digest_eq(&s->digests[i], list)) {
			*ret_len = strlen(s->texts[i]);
			return s->texts[i];
		}
	}
	return query_document(s->db, list, arena, &text, ret_len, NULL) == 0 ? text : NULL;
}

void explain_difference(const struct explain_sources *sources, const char *before, const char *after,
			struct arena *arena, struct reasons *ret)
{
	reason_diff(before, after, find_sources, (void *)sources, arena, ret);
}

static void say_one(struct arena *arena, const char *text, struct reasons *ret)
{
	ret->texts = arena_array(arena, 1, sizeof(*ret->texts));
	ret->texts[0] = text;
	ret->count = 1;
}

void explain_key(const struct explain_sources *sources, const char *pipeline, uint64_t before, const char *step,
		 uint32_t index, const char *key_text, struct arena *arena, struct reasons *ret)
{
	struct step_key previous;
	uint64_t from;

	if (query_previous_key(sources->db, pipeline, before, step, index, arena, &from, &previous, NULL) <
	    0) {
		say_one(arena, "it never ran before", ret);
		return;
	}
	explain_difference(sources, previous.text, key_text, arena, ret);
	if (ret->count == 0)
		say_one(arena, "nothing changed, but no earlier result can be used", ret);
}
