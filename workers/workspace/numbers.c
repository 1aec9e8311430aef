/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.c - the numbers of a JSON object, flat, with names like "a.b" */
#include "workers/workspace/numbers.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

struct walk {
	int (*each)(void *arg, const char *name, double value);
	void *arg;
	char name[NUMBERS_NAME_MAX + 1];
	size_t len;
	int depth;
};

static int walk_object(struct walk *w, json_t *object, struct err *err);

static bool is_plain(const char *key)
{
	if (!*key)
		return false;
	for (; *key; key++)
		if ((unsigned char)*key < ' ' || *key == 0x7f)
			return false;
	return true;
}

static int append_key(struct walk *w, const char *key, struct err *err)
{
	size_t len = strlen(key);
	size_t dot = w->len > 0;

	if (!is_plain(key))
		return err_set(err, ERR_INVALID, "a name that is empty or has control characters");
	if (w->len + dot + len > NUMBERS_NAME_MAX)
		return err_set(err, ERR_TOO_LARGE, "a name of more than %d bytes",
			       NUMBERS_NAME_MAX);
	if (dot)
		w->name[w->len++] = '.';
	memcpy(w->name + w->len, key, len + 1);
	w->len += len;
	return 0;
}

static int walk_value(struct walk *w, const char *key, json_t *value, struct err *err)
{
	size_t len = w->len;
	int rc;

	if (!json_is_number(value) && !json_is_object(value))
		return 0;
	rc = append_key(w, key, err);
	if (rc == 0 && json_is_object(value))
		rc = walk_object(w, value, err);
	else if (rc == 0 && w->each)
		rc = w->each(w->arg, w->name, json_number_value(value));
	w->len = len;
	return rc;
}

static int walk_object(struct walk *w, json_t *object, struct err *err)
{
	const char *key;
	json_t *value;
	int rc = 0;

	if (w->depth == NUMBERS_DEPTH_MAX)
		return err_set(err, ERR_TOO_LARGE, "objects nested more than %d deep",
			       NUMBERS_DEPTH_MAX);
	w->depth++;
	json_object_foreach(object, key, value) {
		rc = walk_value(w, key, value, err);
		if (rc < 0)
			break;
	}
	w->depth--;
	return rc;
}

int numbers_walk(struct json_t *object, int (*each)(void *arg, const char *name, double value),
		 void *arg, struct err *err)
{
	struct walk w = { .each = each, .arg = arg };

	return walk_object(&w, object, err);
}
