/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.h - the numbers of a JSON object, flat, with names like "a.b" */
#ifndef INGOT_WORKERS_NUMBERS_H
#define INGOT_WORKERS_NUMBERS_H

struct err;
struct json_t;

enum { NUMBERS_NAME_MAX = 250, NUMBERS_DEPTH_MAX = 16 };

/* Calls each() for every number of the object and of the objects in it, in order,
 * until it returns below 0, which is passed on; the name is lent. Without each()
 * (NULL) it only judges. ERR_INVALID for a
 * name that is empty or has control bytes, ERR_TOO_LARGE for one over the limit
 * or objects nested too deep. */
int numbers_walk(struct json_t *object, int (*each)(void *arg, const char *name, double value),
		 void *arg, struct err *err);

#endif
