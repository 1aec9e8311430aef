/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c - reading the scheduler's answers */
#include "cli/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/records/states.h"

const char *field_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

int64_t field_int(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

bool field_bool(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

bool field_is_null(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return !value || json_is_null(value);
}

int64_t field_time_ms(const json_t *object, const char *name)
{
	int64_t ms = 0;

	field_parse_time(field_text(object, name), &ms);
	return ms;
}

const char *field_why(const json_t *object)
{
	const char *message = field_text(object, "message");
	const char *name = field_text(object, "reason");

	if (*message)
		return message;
	for (int r = 0; r < REASON_COUNT; r++)
		if (str_eq(name, reason_name((enum reason)r)))
			return reason_sentence((enum reason)r);
	return "";
}

int field_error(const json_t *object, struct err *err)
{
	int code = err_from_name(field_text(object, "code"));
	const char *message = field_text(object, "message");
	const char *hint = field_text(object, "hint");

	err_set(err, code, "%s", *message ? message : err_describe(code));
	if (*hint)
		err_hint(err, "%s", hint);
	return code;
}

void field_plain(struct buf *out, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		str_printable(out, json_string_value(value), json_string_length(value));
	} else if (json_is_real(value)) {
		str_format_double(out, json_real_value(value));
	} else if (value && !json_is_null(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		buf_str_append(out, text);
		free(text);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void field_metrics(struct buf *out, const json_t *metrics)
{
	size_t count = json_object_size(metrics), i = 0;
	const char **names = mem_array(count, sizeof(*names));
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)metrics, name, value)
		names[i++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_char(out, ' ');
		str_printable(out, names[i], strlen(names[i]));
		buf_char(out, '=');
		field_plain(out, json_object_get(metrics, names[i]));
	}
	free(names);
}

int field_parse_time(const char *text, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	int ms = 0, used = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6)
		return ERR_INVALID;
	text += used;
	if (*text == '.' && sscanf(text, ".%3d%n", &ms, &used) == 1)
		text += used;
	if (!str_eq(text, "Z"))
		return ERR_INVALID;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return 0;
}
