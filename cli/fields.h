/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - reading the scheduler's answers
 *
 * What is missing, null or of another type reads as "nothing": "", 0, false. All
 * take NULL for the object. Texts are lent from it.
 */
#ifndef INGOT_CLI_FIELDS_H
#define INGOT_CLI_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct err;

const char *field_text(const json_t *object, const char *name);
int64_t field_int(const json_t *object, const char *name);
bool field_bool(const json_t *object, const char *name);
int64_t field_time_ms(const json_t *object, const char *name); /* since 1970; 0: none */
bool field_is_null(const json_t *object, const char *name);    /* or missing */

/* Why a run or step is in its state: its message, or the sentence of its reason. */
const char *field_why(const json_t *object);

/* Fills err from {code, message, hint}; returns its code. */
int field_error(const json_t *object, struct err *err);

/* Appends a number, text, or compact JSON, as people write it. */
void field_plain(struct buf *out, const json_t *value);
/* Appends "accuracy=0.97 loss=0.11", names sorted. */
void field_metrics(struct buf *out, const json_t *metrics);

/* RFC 3339 in UTC, with or without milliseconds. Returns 0 or ERR_INVALID. */
int field_parse_time(const char *text, int64_t *ret_ms);

#endif
