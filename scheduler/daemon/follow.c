/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c - clients that watch a run, told at most ten times a second
 *
 * A follower remembers the run's count of changes when it was last told; what
 * changed since then is what it is told next. However much happens in between, it
 * is told of a step once. Log lines of running steps are looked up only for those who
 * asked for them, by the same timer.
 *
 * Whoever is told that a step succeeded takes it for granted, so an event leaves when
 * the batch that was open as it was written is durable.
 */
#include "scheduler/daemon/follow.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/log_file.h"
#include "scheduler/daemon/request.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"

enum {
	EVENT_BYTES = 4 << 20,   /* about as long an event may become */
	BACKLOG_BYTES = 8 << 20, /* a client that has not read so much is told later */
	TAIL_STEPS_MAX = 16,  /* running steps whose last line is shown */
	FAILURES_MAX = 20,    /* failed steps that the reply tells of */
	FAILURE_LINES = 20,
};

/* An event that waits for a commit. */
struct saying {
	struct saying *next;
	struct follower *follower; /* NULL: it was said, or nobody is there any more */
	struct buf text;
};

struct follower {
	struct live_run *run;
	struct follower *next;
	struct request *request;
	bool wants_tails;
	bool was_told;     /* of all steps, once */
	bool is_scheduled; /* the timer runs */
	bool is_ended;     /* waiting for its timer's close */
	uint32_t told;     /* the run's changes when it was last told */
	struct saying *first, **end; /* in order */
	uv_timer_t timer;
};

/* Writes steps that changed since f was last told, from a step on, as many as an event
 * takes; returns the step to go on with. */
static uint32_t write_steps(const struct follower *f, uint32_t from, struct json_writer *w)
{
	const struct live_run *run = f->run;
	uint32_t i;

	json_write_array(w, "steps");
	for (i = from; i < run->plan->count && w->out->len < EVENT_BYTES; i++) {
		if (!f->was_told || run->steps[i].changes > f->told)
			live_write_step(run, i, w, NULL);
	}
	json_write_end(w);
	return i;
}

static bool is_running(const struct live_run *run, uint32_t index, uint32_t *ret_attempt)
{
	struct step_view v;

	if (engine_step_view(run->daemon->engine, step_id(run->id, index), &v) < 0)
		return false;
	*ret_attempt = v.attempts;
	return v.state == STEP_STATE_RUNNING;
}

static void write_tails(const struct live_run *run, struct json_writer *w)
{
	uint32_t shown = 0, attempt;

	json_write_array(w, "tails");
	for (uint32_t i = 0; i < run->plan->count && shown < TAIL_STEPS_MAX; i++) {
		struct buf line = BUF_INIT;

		if (!is_running(run, i, &attempt))
			continue;
		shown++;
		log_file_tail(run->daemon->home_fd, run->id, i, attempt, 1, &line);
		json_write_object(w, NULL);
		json_write_string(w, "step", run->plan->steps[i].name);
		json_write_string(w, "line", buf_str(&line));
		json_write_end(w);
		buf_finish(&line);
	}
	json_write_end(w);
}

static bool has_running(const struct live_run *run)
{
	struct run_view v;

	return engine_run_view(run->daemon->engine, run->id, &v) == 0 &&
	       v.counts[STEP_STATE_RUNNING] > 0;
}

static void on_timer(uv_timer_t *timer);

static void schedule(struct follower *f)
{
	if (f->is_scheduled || f->is_ended)
		return;
	f->is_scheduled = true;
	uv_timer_start(&f->timer, on_timer, FOLLOW_INTERVAL_MS, 0);
}

/* ── when it is durable ───────────────────────────────────────────────── */

static void forget_first(struct follower *f)
{
	struct saying *s = f->first;

	f->first = s->next;
	if (!f->first)
		f->end = &f->first;
	s->follower = NULL;
	buf_finish(&s->text);
}

static void say_first(struct follower *f)
{
	request_event(f->request, f->first->text.data, f->first->text.len);
	forget_first(f);
}

/* Batches are committed in order, so it is the first that waits. */
static void on_durable(void *arg)
{
	struct saying *s = arg;

	if (s->follower)
		say_first(s->follower);
	free(s);
}

/* Takes the text. */
static void say_when_durable(struct follower *f, struct buf *text)
{
	struct saying *s = mem_alloc(sizeof(*s));

	s->follower = f;
	s->text = *text;
	*text = (struct buf)BUF_INIT;
	*f->end = s;
	f->end = &s->next;
	batch_on_commit(writer_batch(f->run->daemon->writer), on_durable, s);
}

/* All steps the first time, then what changed; in as many events as that takes. */
static void tell(struct follower *f)
{
	uint32_t next = 0;

	do {
		struct buf out = BUF_INIT;
		struct json_writer w = { .out = &out };

		json_write_object(&w, NULL);
		live_write_run(f->run, &w, "run");
		next = write_steps(f, next, &w);
		if (f->wants_tails && f->was_told)
			write_tails(f->run, &w);
		json_write_end(&w);
		say_when_durable(f, &out);
	} while (next < f->run->plan->count);
	f->told = f->run->changes;
	f->was_told = true;
}

static void on_timer(uv_timer_t *timer)
{
	struct follower *f = timer->data;

	f->is_scheduled = false;
	if (request_backlog(f->request) > BACKLOG_BYTES) {
		schedule(f);
		return;
	}
	tell(f);
	if (f->wants_tails && has_running(f->run))
		schedule(f);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Takes it off the run; it is freed when its timer is closed. */
static void leave(struct follower *f)
{
	struct follower **at = &f->run->followers;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->is_ended = true;
	while (f->first)
		forget_first(f);
	uv_close((uv_handle_t *)&f->timer, on_closed);
}

static void on_gone(struct request *r)
{
	struct follower *f = r->state;
	struct live_run *run = f->run;

	leave(f);
	request_reply(r, "null", 4);
	live_release(run);
}

void follow_start(struct request *r, struct live_run *run)
{
	struct follower *f = mem_alloc(sizeof(*f));

	f->run = run;
	f->request = r;
	f->wants_tails = request_flag(r, "tail");
	f->end = &f->first;
	f->next = run->followers;
	run->followers = f;
	r->state = f;
	r->gone = on_gone;
	BUG_ON(uv_timer_init(&run->daemon->loop, &f->timer) < 0);
	f->timer.data = f;
	tell(f);
	if (run->is_recorded)
		follow_ended(run);
	else if (f->wants_tails)
		schedule(f);
}

void follow_changed(struct live_run *run)
{
	for (struct follower *f = run->followers; f; f = f->next)
		schedule(f);
}

/* ── the end ──────────────────────────────────────────────────────────── */

static bool is_failure(enum step_state s)
{
	return s == STEP_STATE_FAILED || s == STEP_STATE_TIMED_OUT || s == STEP_STATE_LOST;
}

static void write_failure(const struct live_run *run, const struct step_view *v,
			  struct json_writer *w)
{
	uint32_t index = step_id_index(v->step);
	struct buf tail = BUF_INIT;

	log_file_tail(run->daemon->home_fd, run->id, index, v->attempts, FAILURE_LINES, &tail);
	json_write_object(w, NULL);
	json_write_string(w, "step", run->plan->steps[index].name);
	json_write_string(w, "state", step_state_name(v->state));
	json_write_string(w, "reason", reason_name(v->reason));
	json_write_string(w, "message", run->steps[index].message
						? run->steps[index].message
						: reason_sentence(v->reason));
	json_write_array(w, "tail");
	log_file_write_lines(&tail, w);
	json_write_end(w);
	json_write_end(w);
	buf_finish(&tail);
}

static void write_failures(const struct live_run *run, struct json_writer *w)
{
	uint32_t count = 0;

	json_write_array(w, "failures");
	for (uint32_t i = 0; i < run->plan->count && count < FAILURES_MAX; i++) {
		struct step_view v;

		if (engine_step_view(run->daemon->engine, step_id(run->id, i), &v) < 0 ||
		    !is_failure(v.state))
			continue;
		write_failure(run, &v, w);
		count++;
	}
	json_write_end(w);
}

/* The run's end is recorded, so all before it is. */
static void reply(struct follower *f)
{
	struct request *r = f->request;
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	tell(f);
	while (f->first)
		say_first(f);
	json_write_object(&w, NULL);
	live_write_run(f->run, &w, "run");
	write_failures(f->run, &w);
	json_write_end(&w);
	leave(f);
	request_reply(r, out.data, out.len);
	buf_finish(&out);
}

void follow_ended(struct live_run *run)
{
	while (run->followers)
		reply(run->followers);
}
