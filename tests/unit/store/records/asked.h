/* SPDX-License-Identifier: Apache-2.0 */
/* asked.h - answers of queries, parsed, and values in them by path */
#ifndef INGOT_TESTS_RECORDS_ASKED_H
#define INGOT_TESTS_RECORDS_ASKED_H

#include <stddef.h>

struct buf;
struct json_t;

/* Parses what a query wrote and empties the buf; the caller json_decref()s it. */
struct json_t *asked(struct buf *b);
/* The value at a path such as "steps.0.name" as compact JSON text, valid until some
 * calls later; "absent" where there is none. */
const char *at(const struct json_t *answer, const char *path);
size_t size_at(const struct json_t *answer, const char *path); /* of an array or object */

#endif
