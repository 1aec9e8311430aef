/* SPDX-License-Identifier: Apache-2.0 */
/* api_run.c - submitting, following, cancelling and making runs again */
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/act.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/follow.h"
#include "scheduler/daemon/intake.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/preview.h"
#include "scheduler/daemon/request.h"
#include "scheduler/daemon/submit.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/query_runs.h"
#include "store/records/writer.h"

static void fail(struct request *r, int code, const char *text)
{
	struct err err = ERR_INIT;

	err_set(&err, code, "%s", text);
	request_fail(r, &err);
}

/* The run that args name; 0: there is none, and the request has been answered. */
static uint64_t run_of(struct request *r)
{
	struct err err = ERR_INIT;
	uint64_t id;

	if (api_run_arg(r->daemon->db, r->args, "run", &id, &err) == 0)
		return id;
	request_fail(r, &err);
	return 0;
}

/* ── submit ───────────────────────────────────────────────────────────── */

/* What is answered once the run is durable. */
struct submitted {
	struct request *request;
	struct intake *intake;
	uint64_t run;
};

static void on_submitted(void *arg)
{
	struct submitted *s = arg;
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	json_write_object(&w, NULL);
	json_write_int(&w, "run", (int64_t)s->run);
	json_write_string(&w, "commit", s->intake->snapshot.commit);
	intake_write_warnings(s->intake, &w, "warnings");
	json_write_end(&w);
	request_reply(s->request, out.data, out.len);
	buf_finish(&out);
	intake_destroy(s->intake);
	free(s);
}

static void fail_intake(struct request *r, struct intake *in)
{
	if (in->mistakes)
		request_fail_text(r, ERR_INVALID, in->mistakes);
	else
		request_fail(r, &in->err);
	intake_destroy(in);
}

static void work(void *arg)
{
	struct submitted *s = arg;

	intake_work(s->intake);
}

static void on_submit_taken(void *arg)
{
	struct submitted *s = arg;
	struct daemon *d = s->request->daemon;
	struct live_run *run;

	if (s->intake->rc == 0)
		s->intake->rc = submit_run(d, s->intake, &run, &s->intake->err);
	if (s->intake->rc < 0) {
		fail_intake(s->request, s->intake);
		free(s);
		return;
	}
	s->run = run->id;
	daemon_when_durable(d, on_submitted, s);
}

static void submit(struct request *r, struct intake *in)
{
	struct submitted *s = mem_alloc(sizeof(*s));

	s->request = r;
	s->intake = in;
	job_start(r->daemon, work, on_submit_taken, s);
}

void api_run_submit(struct request *r)
{
	struct err err = ERR_INIT;
	struct intake *in;

	if (intake_create(r->daemon, r->args, &in, &err) < 0)
		request_fail(r, &err);
	else
		submit(r, in);
}

/* ── again ────────────────────────────────────────────────────────────── */

static void submit_copy(struct request *r, const char *trigger, bool no_cache)
{
	uint64_t id = run_of(r);
	struct arena arena = ARENA_INIT;
	struct intake_request wanted;
	struct loaded_run loaded;
	const char *path;
	struct err err = ERR_INIT;

	if (!id)
		return;
	if (load_run(r->daemon->db, id, &arena, &loaded, &err) < 0 ||
	    submit_again(&loaded, &arena, &wanted, &err) < 0 ||
	    intake_path(r->args, &arena, &path, &err) < 0) {
		request_fail(r, &err);
	} else {
		wanted.trigger = trigger;
		wanted.no_cache = no_cache;
		if (path)
			wanted.path = path;
		submit(r, intake_again(r->daemon, &wanted));
	}
	arena_finish(&arena);
}

void api_run_retry(struct request *r)
{
	uint64_t id = run_of(r);

	if (!id)
		return;
	if (live_find(r->daemon, id) && !live_find(r->daemon, id)->is_over)
		fail(r, ERR_STATE, "the run has not ended yet");
	else
		submit_copy(r, "retry", false);
}

void api_run_reproduce(struct request *r)
{
	submit_copy(r, TRIGGER_REPRODUCE, true);
}

/* ── plan ─────────────────────────────────────────────────────────────── */

static void on_plan_taken(void *arg)
{
	struct submitted *s = arg;

	if (s->intake->rc < 0)
		fail_intake(s->request, s->intake);
	else
		preview_start(s->request, s->intake);
	free(s);
}

void api_run_plan(struct request *r)
{
	struct err err = ERR_INIT;
	struct submitted *s;
	struct intake *in;

	if (intake_create(r->daemon, r->args, &in, &err) < 0) {
		request_fail(r, &err);
		return;
	}
	s = mem_alloc(sizeof(*s));
	s->request = r;
	s->intake = in;
	job_start(r->daemon, work, on_plan_taken, s);
}

/* ── follow, cancel ───────────────────────────────────────────────────── */

/* Of a run that ended: the run as it is recorded. */
static void reply_ended(struct request *r, uint64_t id)
{
	struct buf run = BUF_INIT, out = BUF_INIT;
	struct json_writer w = { .out = &out };
	struct err err = ERR_INIT;

	if (query_run(r->daemon->db, id, true, &run, &err) < 0) {
		request_fail(r, &err);
		return;
	}
	json_write_object(&w, NULL);
	json_write_raw(&w, "run", buf_str(&run));
	json_write_array(&w, "failures");
	json_write_end(&w);
	json_write_end(&w);
	request_reply(r, out.data, out.len);
	buf_finish(&run);
	buf_finish(&out);
}

void api_run_follow(struct request *r)
{
	uint64_t id = run_of(r);
	struct live_run *run;

	if (!id)
		return;
	run = live_find(r->daemon, id);
	if (run)
		follow_start(r, run);
	else
		reply_ended(r, id);
}

struct cancelled {
	struct request *request;
	uint64_t run;
};

static void on_cancelled(void *arg)
{
	struct cancelled *c = arg;
	struct buf out = BUF_INIT;

	buf_printf(&out, "{\"run\":%llu}", (unsigned long long)c->run);
	request_reply(c->request, out.data, out.len);
	buf_finish(&out);
	free(c);
}

void api_run_cancel(struct request *r)
{
	uint64_t id = run_of(r);
	struct cancelled *c;

	if (!id)
		return;
	if (engine_cancel(r->daemon->engine, id, REASON_RUN_CANCELLED,
			  request_flag(r, "at_once"), daemon_now()) < 0) {
		fail(r, ERR_STATE, "the run has ended already");
		return;
	}
	if (request_flag(r, "at_once"))
		act_kill_steps(live_find(r->daemon, id));
	c = mem_alloc(sizeof(*c));
	*c = (struct cancelled){ r, id };
	daemon_when_durable(r->daemon, on_cancelled, c);
}
