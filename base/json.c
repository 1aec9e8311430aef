/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - writing JSON into a buf as it comes; reading is jansson's */
#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/str.h"

static void write_escaped(struct buf *out, unsigned char c)
{
	static const char *const shorthands[' '] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r",
	};

	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (shorthands[c])
		buf_str_append(out, shorthands[c]);
	else
		buf_printf(out, "\\u%04x", c);
}

static void write_string(struct buf *out, const char *s)
{
	size_t len = strlen(s);

	buf_char(out, '"');
	while (len > 0) {
		size_t size = str_utf8_next(s, len, NULL);

		if (size == 0) {
			buf_str_append(out, "\xef\xbf\xbd"); /* U+FFFD */
			size = 1;
		} else if ((unsigned char)*s < ' ' || *s == '"' || *s == '\\') {
			write_escaped(out, (unsigned char)*s);
		} else {
			buf_append(out, s, size);
		}
		s += size;
		len -= size;
	}
	buf_char(out, '"');
}

/* What stands before any value: the comma, the key. */
static void begin_value(struct json_writer *w, const char *key)
{
	if (w->need_comma[w->depth])
		buf_char(w->out, ',');
	w->need_comma[w->depth] = true;
	if (key) {
		write_string(w->out, key);
		buf_char(w->out, ':');
	}
}

static void open_nested(struct json_writer *w, const char *key, char opener, char closer)
{
	BUG_ON(w->depth >= JSON_WRITER_DEPTH);
	begin_value(w, key);
	buf_char(w->out, opener);
	w->closer[w->depth++] = closer;
	w->need_comma[w->depth] = false;
}

void json_write_object(struct json_writer *w, const char *key)
{
	open_nested(w, key, '{', '}');
}

void json_write_array(struct json_writer *w, const char *key)
{
	open_nested(w, key, '[', ']');
}

void json_write_end(struct json_writer *w)
{
	BUG_ON(w->depth == 0);
	buf_char(w->out, w->closer[--w->depth]);
}

void json_write_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value) {
		json_write_null(w, key);
		return;
	}
	begin_value(w, key);
	write_string(w->out, value);
}

void json_write_int(struct json_writer *w, const char *key, int64_t value)
{
	begin_value(w, key);
	buf_printf(w->out, "%lld", (long long)value);
}

void json_write_double(struct json_writer *w, const char *key, double value)
{
	if (!isfinite(value)) {
		json_write_null(w, key);
		return;
	}
	begin_value(w, key);
	str_format_double(w->out, value);
}

void json_write_bool(struct json_writer *w, const char *key, bool value)
{
	json_write_raw(w, key, value ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key)
{
	json_write_raw(w, key, "null");
}

void json_write_time(struct json_writer *w, const char *key, int64_t wall_ms)
{
	char text[CLOCK_RFC3339_SIZE];

	if (wall_ms)
		clock_rfc3339(wall_ms, text);
	json_write_string(w, key, wall_ms ? text : NULL);
}

void json_write_digest(struct json_writer *w, const char *key, const struct digest *d)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(d, text);
	json_write_string(w, key, text);
}

void json_write_raw(struct json_writer *w, const char *key, const char *json)
{
	begin_value(w, key);
	buf_str_append(w->out, json);
}

int json_parse(const char *text, size_t len, struct json_t **ret, struct err *err)
{
	struct buf reason = BUF_INIT;
	json_error_t error;
	json_t *value;

	/* jansson would take it for the end and ignore what follows. */
	if (len && memchr(text, '\0', len))
		return err_set(err, ERR_INVALID, "a NUL byte is no JSON");
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value) {
		/* The reason quotes what it stumbled over, whatever that is. */
		str_printable(&reason, error.text, strlen(error.text));
		err_set(err, ERR_INVALID, "line %d, column %d: %s", error.line, error.column,
			buf_str(&reason));
		buf_finish(&reason);
		return ERR_INVALID;
	}
	*ret = value;
	return 0;
}
