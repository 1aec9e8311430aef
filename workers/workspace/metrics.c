/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - the numbers in a metrics file */
#include "workers/workspace/metrics.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "workers/wire/message.h"
#include "workers/workspace/numbers.h"

struct list {
	struct arena *arena;
	struct wire_metric *metrics;
	size_t count, cap;
	struct map names;
	struct err *err;
};

static int add(void *arg, const char *name, double value)
{
	struct list *l = arg;

	if (map_has(&l->names, name))
		return err_set(l->err, ERR_INVALID, "'%s' is there twice", name);
	if (l->count == METRICS_MAX)
		return err_set(l->err, ERR_TOO_LARGE, "more than %d numbers", METRICS_MAX);
	map_set(&l->names, name, l);
	l->metrics = mem_grow(l->metrics, &l->cap, l->count + 1, sizeof(*l->metrics));
	l->metrics[l->count++] = (struct wire_metric){
		.name = arena_strdup(l->arena, name),
		.value = value,
	};
	return 0;
}

static int list_numbers(struct list *l, const char *text, size_t len)
{
	json_t *object;
	int rc = json_parse(text, len, &object, l->err);

	if (rc < 0)
		return rc;
	if (json_is_object(object))
		rc = numbers_walk(object, add, l, l->err);
	else
		rc = err_set(l->err, ERR_INVALID, "not an object with names and numbers");
	json_decref(object);
	return rc;
}

int metrics_parse(const char *path, const char *text, size_t len, struct arena *arena,
		  struct wire_metric **ret, uint32_t *ret_count, struct err *err)
{
	struct err reason = ERR_INIT;
	struct list l = { .arena = arena, .err = &reason };
	int rc;

	rc = list_numbers(&l, text, len);
	if (rc < 0) {
		err_set(err, rc, "metrics file %s: %s", path, reason.text);
		if (strstr(reason.text, "NaN") || strstr(reason.text, "Infinity"))
			err_hint(err, "JSON has no NaN and no Infinity: leave such a value out");
	} else {
		*ret = arena_copy(arena, l.metrics, l.count * sizeof(*l.metrics));
		*ret_count = (uint32_t)l.count;
	}
	map_finish(&l.names);
	free(l.metrics);
	return rc;
}
