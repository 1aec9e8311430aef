/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - recorded runs and steps as JSON objects to look things up in */
#ifndef INGOT_SCHEDULER_DAEMON_FACTS_H
#define INGOT_SCHEDULER_DAEMON_FACTS_H

#include <stdint.h>

struct db;
struct err;
struct json_t;

/* What query_run() with steps, and query_step(), write; the caller owns *ret. */
int facts_run(struct db *db, uint64_t run, struct json_t **ret, struct err *err);
int facts_step(struct db *db, uint64_t step, struct json_t **ret, struct err *err);

/* A string field, or "" where it is missing or null. */
const char *facts_text(const struct json_t *object, const char *key);
/* The step that computed what this one has: itself, or the one it is cached from.
 * Returns the newest attempt of it, 0 if it has none. */
uint32_t facts_origin(struct db *db, const struct json_t *step, uint64_t *ret_step);

#endif
