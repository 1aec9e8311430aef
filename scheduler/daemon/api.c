/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - the table of operations, and queries in a thread */
#include "scheduler/daemon/api.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/reader.h"
#include "scheduler/daemon/request.h"

struct operation {
	const char *name;
	void (*handle)(struct request *r); /* or */
	api_query *query;
};

static const struct operation operations[] = {
	{ "hello", api_hello, NULL },
	{ "shutdown", api_shutdown, NULL },
	{ "run.submit", api_run_submit, NULL },
	{ "run.plan", api_run_plan, NULL },
	{ "run.follow", api_run_follow, NULL },
	{ "run.cancel", api_run_cancel, NULL },
	{ "run.retry", api_run_retry, NULL },
	{ "run.reproduce", api_run_reproduce, NULL },
	{ "run.why", api_run_why, NULL },
	{ "run.list", NULL, api_run_list },
	{ "run.show", NULL, api_run_show },
	{ "run.metrics", NULL, api_run_metrics },
	{ "run.diff", NULL, api_run_diff },
	{ "run.compare", NULL, api_run_compare },
	{ "step.points", NULL, api_step_points },
	{ "step.workspace", NULL, api_step_workspace },
	{ "log.read", api_log_read, NULL },
	{ "artifact.list", NULL, api_artifact_list },
	{ "artifact.resolve", NULL, api_artifact_resolve },
	{ "artifact.lineage", NULL, api_artifact_lineage },
	{ "worker.list", NULL, api_worker_list },
	{ "queue.list", api_queue_list, NULL },
	{ "gc", api_gc, NULL },
	{ "fsck", api_fsck, NULL },
	{ "sql", NULL, api_sql },
	{ "doctor", NULL, api_doctor },
};

struct query {
	struct request *request;
	api_query *fn;
	struct buf out;
	int rc;
	struct err err;
};

static void query_work(void *arg)
{
	struct query *q = arg;
	struct daemon *d = q->request->daemon;
	struct db *db = reader_lock(d->reader);

	q->rc = q->fn(d, db, q->request->args, &q->out, &q->err);
	reader_unlock(d->reader);
}

static void query_done(void *arg)
{
	struct query *q = arg;

	if (q->rc < 0)
		request_fail(q->request, &q->err);
	else
		request_reply(q->request, q->out.data, q->out.len);
	buf_finish(&q->out);
	free(q);
}

void api_start_query(struct request *r, api_query *fn)
{
	struct query *q = mem_alloc(sizeof(*q));

	q->request = r;
	q->fn = fn;
	job_start(r->daemon, query_work, query_done, q);
}

void api_handle(struct request *r, const char *op)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(operations); i++) {
		if (!str_eq(operations[i].name, op))
			continue;
		if (operations[i].handle)
			operations[i].handle(r);
		else
			api_start_query(r, operations[i].query);
		return;
	}
	err_set(&err, ERR_NOT_FOUND, "no such operation: %s", op);
	request_fail(r, &err);
}
