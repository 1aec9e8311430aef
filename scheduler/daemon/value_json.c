/* SPDX-License-Identifier: Apache-2.0 */
/* value_json.c - a value of a parameter or a matrix as JSON, with its type */
#include "scheduler/daemon/value_json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "scheduler/expr/value.h"

void value_json_write(struct json_writer *w, const char *key, const struct value *v)
{
	if (v->type == VALUE_TEXT)
		json_write_string(w, key, v->text);
	else
		json_write_raw(w, key, v->text);
}

const char *value_json(struct arena *arena, const struct value *v)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	if (v->type != VALUE_TEXT)
		return v->text;
	value_json_write(&w, NULL, v);
	copy = arena_strndup(arena, out.data, out.len);
	buf_finish(&out);
	return copy;
}
