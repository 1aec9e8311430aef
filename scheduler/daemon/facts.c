/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - recorded runs and steps as JSON objects to look things up in */
#include "scheduler/daemon/facts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/records/query_runs.h"

static int parse(int rc, struct buf *text, json_t **ret, struct err *err)
{
	if (rc >= 0)
		rc = json_parse(text->data, text->len, ret, err);
	buf_finish(text);
	return rc < 0 ? rc : 0;
}

int facts_run(struct db *db, uint64_t run, json_t **ret, struct err *err)
{
	struct buf text = BUF_INIT;

	return parse(query_run(db, run, true, &text, err), &text, ret, err);
}

int facts_step(struct db *db, uint64_t step, json_t **ret, struct err *err)
{
	struct buf text = BUF_INIT;

	return parse(query_step(db, step, &text, err), &text, ret, err);
}

const char *facts_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* "7/train" */
static int parse_address(struct db *db, const char *address, uint64_t *ret)
{
	const char *slash = strchr(address, '/');
	uint64_t run = strtoull(address, NULL, 10);

	return slash ? query_step_named(db, run, slash + 1, ret, NULL) : ERR_INVALID;
}

uint32_t facts_origin(struct db *db, const json_t *step, uint64_t *ret_step)
{
	const char *from = facts_text(step, "cached_from");
	uint32_t attempt = (uint32_t)json_integer_value(json_object_get(step, "attempt"));
	json_t *origin;

	*ret_step = (uint64_t)json_integer_value(json_object_get(step, "id"));
	if (!from[0] || parse_address(db, from, ret_step) < 0 ||
	    facts_step(db, *ret_step, &origin, NULL) < 0)
		return attempt;
	attempt = (uint32_t)json_integer_value(json_object_get(origin, "attempt"));
	json_decref(origin);
	return attempt;
}
