/* SPDX-License-Identifier: Apache-2.0 */
/* value_json.h - a value of a parameter or a matrix as JSON, with its type */
#ifndef INGOT_SCHEDULER_DAEMON_VALUE_JSON_H
#define INGOT_SCHEDULER_DAEMON_VALUE_JSON_H

struct arena;
struct json_writer;
struct value;

/* Numbers, booleans and null as they are, texts quoted. */
void value_json_write(struct json_writer *w, const char *key, const struct value *v);
/* The same as a text: the value's own, or one in the arena. */
const char *value_json(struct arena *arena, const struct value *v);

#endif
