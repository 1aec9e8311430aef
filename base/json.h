/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - writing JSON into a buf as it comes; reading is jansson's
 *
 * The writer places commas itself and escapes control bytes; invalid UTF-8 in a
 * string becomes U+FFFD. A number that is not finite becomes null.
 *
 *	struct json_writer w = { .out = &buf };
 *	json_write_object(&w, NULL);
 *	json_write_string(&w, "name", "train");
 *	json_write_end(&w);
 *
 * key is NULL inside an array and at the top. All names start with json_write_
 * because jansson has json_object(), json_string() ... of its own, and a symbol
 * of the same name in the program would be called from within the library.
 */
#ifndef INGOT_BASE_JSON_H
#define INGOT_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct digest;
struct err;
struct json_t;

enum { JSON_WRITER_DEPTH = 32 };

struct json_writer {
	struct buf *out;
	int depth;
	bool need_comma[JSON_WRITER_DEPTH + 1];
	char closer[JSON_WRITER_DEPTH];
};

void json_write_object(struct json_writer *w, const char *key);
void json_write_array(struct json_writer *w, const char *key);
void json_write_end(struct json_writer *w); /* of the innermost open object or array */
void json_write_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_write_int(struct json_writer *w, const char *key, int64_t value);
void json_write_double(struct json_writer *w, const char *key, double value);
void json_write_bool(struct json_writer *w, const char *key, bool value);
void json_write_null(struct json_writer *w, const char *key);
/* RFC 3339; 0 gives null. */
void json_write_time(struct json_writer *w, const char *key, int64_t wall_ms);
void json_write_digest(struct json_writer *w, const char *key, const struct digest *d);
/* Text that is JSON already, such as what another writer made. */
void json_write_raw(struct json_writer *w, const char *key, const char *json);

/* Parses strictly (duplicate keys, NaN, NUL, bad UTF-8, trailing text refused). The
 * caller owns one reference. ERR_INVALID names line and column. */
int json_parse(const char *text, size_t len, struct json_t **ret, struct err *err);

#endif
