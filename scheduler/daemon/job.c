/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - what would keep the loop waiting is done in a thread */
#include "scheduler/daemon/job.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/helper.h"

enum { REST_AFTER_MS = 5000 };

struct job {
	uv_work_t request;
	struct daemon *daemon;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

/* No job for a while: the helper that may be parked is not worth its memory. */
static void on_rest(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	if (d->jobs == 0)
		helper_rest(d->helper);
}

static void on_work(uv_work_t *request)
{
	struct job *j = request->data;

	j->work(j->arg);
}

static void on_done(uv_work_t *request, int status)
{
	struct job *j = request->data;

	(void)status; /* jobs are never cancelled */
	j->daemon->jobs--;
	uv_timer_start(&j->daemon->rest, on_rest, REST_AFTER_MS, 0);
	j->done(j->arg);
	free(j);
}

void job_start(struct daemon *d, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *j = mem_alloc(sizeof(*j));

	*j = (struct job){ .daemon = d, .work = work, .done = done, .arg = arg };
	j->request.data = j;
	d->jobs++;
	BUG_ON(uv_queue_work(&d->loop, &j->request, on_work, on_done) < 0);
}
