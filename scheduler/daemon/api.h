/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - the operations that a client can ask for; API.md tells each
 *
 * api.c has the table. An operation either answers on the loop, or is a query:
 * a function that runs in a thread on a reading connection and appends its result.
 */
#ifndef INGOT_SCHEDULER_DAEMON_API_H
#define INGOT_SCHEDULER_DAEMON_API_H

struct arena;
struct buf;
struct daemon;
struct db;
struct err;
struct json_t;
struct request;

void api_handle(struct request *r, const char *op);

/* In a thread: of the daemon only what guards itself may be used. */
typedef int api_query(struct daemon *d, struct db *db, const struct json_t *args, struct buf *out,
		      struct err *err);

/* Answers r with what fn appends. */
void api_start_query(struct request *r, api_query *fn);

/* On the loop. */
void api_hello(struct request *r);
void api_shutdown(struct request *r);
void api_run_submit(struct request *r);
void api_run_plan(struct request *r);
void api_run_follow(struct request *r);
void api_run_cancel(struct request *r);
void api_run_retry(struct request *r);
void api_run_reproduce(struct request *r);
void api_run_why(struct request *r);
void api_log_read(struct request *r);
void api_queue_list(struct request *r);
void api_gc(struct request *r);
void api_fsck(struct request *r);

api_query api_run_list;
api_query api_run_show;
api_query api_run_metrics;
api_query api_run_diff;
api_query api_run_compare;
api_query api_step_points;
api_query api_step_workspace;
api_query api_artifact_list;
api_query api_artifact_resolve;
api_query api_artifact_lineage;
api_query api_worker_list;
api_query api_sql;
api_query api_doctor;

#endif
