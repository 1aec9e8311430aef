/* SPDX-License-Identifier: Apache-2.0 */
/* asked.c - answers of queries, parsed, and values in them by path */
#include "asked.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

json_t *asked(struct buf *b)
{
	struct err err = ERR_INIT;
	json_t *answer = NULL;
	if (json_parse(b->data, b->len, &answer, &err) < 0) {
		fprintf(stderr, "no JSON: %s\n%s\n", err.text, buf_str(b));
		abort();
	}
	buf_finish(b);
	return answer;
}

static const json_t *find(const json_t *value, const char *path)
{
	char *copy = strdup(path), *rest = NULL;
	for (char *part = strtok_r(copy, ".", &rest); part && value;
	     part = strtok_r(NULL, ".", &rest))
		value = json_is_array(value) ? json_array_get(value, strtoul(part, NULL, 10))
					     : json_object_get(value, part);
	free(copy);
	return value;
}

const char *at(const json_t *answer, const char *path)
{
	static char texts[8][1024];
	static unsigned next;
	char *text = texts[next++ % 8];
	const json_t *value = find(answer, path);
	size_t len = value ? json_dumpb(value, text, 1023, JSON_ENCODE_ANY | JSON_COMPACT) : 0;
	text[len < 1023 ? len : 1023] = '\0';
	return value ? text : "absent";
}

size_t size_at(const json_t *answer, const char *path)
{
	const json_t *value = find(answer, path);
	return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}
