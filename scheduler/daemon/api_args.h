/* SPDX-License-Identifier: Apache-2.0 */
/* api_args.h - what arguments of operations name */
#ifndef INGOT_SCHEDULER_DAEMON_API_ARGS_H
#define INGOT_SCHEDULER_DAEMON_API_ARGS_H

#include <stdint.h>

struct db;
struct err;
struct json_t;

/* The run in args[key], a number or "latest". */
int api_run_arg(struct db *db, const struct json_t *args, const char *key, uint64_t *ret,
		struct err *err);
/* The step in args.run and args.step. */
int api_step_arg(struct db *db, const struct json_t *args, uint64_t *ret, struct err *err);
/* The number in args[key], 0 where there is none. ERR_USAGE unless it is 0 to max. */
int api_count_arg(const struct json_t *args, const char *key, int64_t max, int64_t *ret,
		  struct err *err);

#endif
