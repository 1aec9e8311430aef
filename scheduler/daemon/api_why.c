/* SPDX-License-Identifier: Apache-2.0 */
/* api_why.c - the one reason why a step, or a run, is where it is
 *
 * Of a step that has not ended the engine knows why it waits; of one that has, the
 * records know why it ran, was cached, failed, was skipped or lost.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/explain.h"
#include "scheduler/daemon/facts.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/log_file.h"
#include "scheduler/daemon/request.h"
#include "scheduler/engine/engine.h"
#include "store/records/query_cache.h"
#include "store/records/query_runs.h"

enum { TAIL_LINES = 10 };

/* ── of a step that has not ended ─────────────────────────────────────── */

static void name_step(void *ctx, uint64_t step, struct buf *out)
{
	uint32_t index;
	struct live_run *run = live_of_step(ctx, step, &index);

	if (run)
		buf_str_append(out, run->plan->steps[index].name);
}

static void reply_live(struct request *r, struct live_run *run, uint32_t index)
{
	struct buf out = BUF_INIT, why = BUF_INIT, tail = BUF_INIT;
	struct json_writer w = { .out = &out };
	struct step_view v = { 0 };

	engine_step_view(r->daemon->engine, step_id(run->id, index), &v);
	engine_why(r->daemon->engine, step_id(run->id, index), name_step, r->daemon, daemon_now(),
		   &why);
	if (v.attempts)
		log_file_tail(r->daemon->home_fd, run->id, index, v.attempts, TAIL_LINES, &tail);
	json_write_object(&w, NULL);
	json_write_int(&w, "run", (int64_t)run->id);
	json_write_string(&w, "step", run->plan->steps[index].name);
	json_write_string(&w, "state", step_state_name(v.state));
	json_write_array(&w, "why");
	log_file_write_lines(&why, &w);
	json_write_end(&w);
	json_write_array(&w, "tail");
	log_file_write_lines(&tail, &w);
	json_write_end(&w);
	json_write_end(&w);
	request_reply(r, out.data, out.len);
	buf_finish(&out);
	buf_finish(&why);
	buf_finish(&tail);
}

/* The first step of a live run that has begun and not ended, else one that waits. */
static uint32_t interesting_step(const struct live_run *run)
{
	uint32_t waiting = run->plan->count;

	for (uint32_t i = 0; i < run->plan->count; i++) {
		enum step_state s = run->steps[i].state;

		if (s == STEP_STATE_RUNNING)
			return i;
		if (!step_state_is_terminal(s) && waiting == run->plan->count)
			waiting = i;
	}
	return waiting;
}

/* ── of what is recorded ──────────────────────────────────────────────── */

struct answer {
	struct daemon *daemon;
	struct db *db;
	struct json_writer w;
	struct arena arena;
	const json_t *step;
};

static void say(struct answer *a, const char *text)
{
	json_write_string(&a->w, NULL, text);
}

static void say_seconds(struct answer *a)
{
	const json_t *attempts = json_object_get(a->step, "attempts");
	const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
	struct buf time = BUF_INIT;

	if (!last)
		return;
	str_format_duration(&time,
			    (int64_t)(1000 * json_number_value(json_object_get(last, "seconds"))));
	say(a, arena_printf(&a->arena, "it ran for %s on worker %s", buf_str(&time),
			    facts_text(last, "worker")));
	buf_finish(&time);
}

/* Why it was not taken from the cache. */
static void say_changes(struct answer *a)
{
	uint64_t id = (uint64_t)json_integer_value(json_object_get(a->step, "id"));
	const struct explain_sources sources = { .db = a->db };
	json_t *run;
	struct step_key key;
	struct reasons reasons;

	if (query_step_key(a->db, id, &a->arena, &key, NULL) < 0 ||
	    facts_run(a->db, step_id_run(id), &run, NULL) < 0)
		return;
	explain_key(&sources, facts_text(run, "pipeline"), step_id_run(id),
		    facts_text(a->step, "name"), step_id_index(id), key.text, &a->arena, &reasons);
	for (size_t i = 0; i < reasons.count; i++)
		say(a, arena_printf(&a->arena, "it ran because %s", reasons.texts[i]));
	json_decref(run);
}

static void say_ended(struct answer *a)
{
	const char *state = facts_text(a->step, "state");
	const char *reason = facts_text(a->step, "reason");
	const char *message = facts_text(a->step, "message");
	const char *from = facts_text(a->step, "cached_from");

	if (str_eq(state, "cached"))
		say(a, arena_printf(&a->arena,
				    "nothing that it hangs on changed since %s, which computed it",
				    from));
	else if (message[0])
		say(a, arena_printf(&a->arena, "%s: %s", state, message));
	else if (reason[0])
		say(a, arena_printf(&a->arena, "%s: %s", state, reason));
	if (!from[0])
		say_changes(a);
	if (str_eq(state, "succeeded"))
		say_seconds(a);
}

static void write_tail(struct answer *a)
{
	uint64_t origin;
	uint32_t attempt = facts_origin(a->db, a->step, &origin);
	struct buf tail = BUF_INIT;

	if (attempt && !str_eq(facts_text(a->step, "state"), "succeeded") &&
	    !str_eq(facts_text(a->step, "state"), "cached"))
		log_file_tail(a->daemon->home_fd, step_id_run(origin), step_id_index(origin),
			      attempt, TAIL_LINES, &tail);
	json_write_array(&a->w, "tail");
	log_file_write_lines(&tail, &a->w);
	json_write_end(&a->w);
	buf_finish(&tail);
}

static int write_step_answer(struct daemon *d, struct db *db, uint64_t id, struct buf *out,
			     struct err *err)
{
	struct answer a = { .daemon = d, .db = db, .w = { .out = out } };
	json_t *step;
	int rc = facts_step(db, id, &step, err);

	if (rc < 0)
		return rc;
	a.step = step;
	json_write_object(&a.w, NULL);
	json_write_int(&a.w, "run", (int64_t)step_id_run(id));
	json_write_string(&a.w, "step", facts_text(step, "name"));
	json_write_string(&a.w, "state", facts_text(step, "state"));
	json_write_array(&a.w, "why");
	say_ended(&a);
	json_write_end(&a.w);
	write_tail(&a);
	json_write_end(&a.w);
	arena_finish(&a.arena);
	json_decref(step);
	return 0;
}

/* Of a run without a step: the first step that failed, or how it went. */
static const json_t *failed_step(const json_t *run)
{
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(run, "steps"), i, step) {
		const char *state = facts_text(step, "state");

		if (str_eq(state, "failed") || str_eq(state, "timed_out") || str_eq(state, "lost"))
			return step;
	}
	return NULL;
}

static void write_run_answer(const json_t *run, struct buf *out)
{
	const json_t *counts = json_object_get(run, "counts");
	struct json_writer w = { .out = out };
	char text[160];

	snprintf(text, sizeof(text), "%s: %lld of %lld steps done, %lld of them from the cache",
		 facts_text(run, "state"),
		 (long long)json_integer_value(json_object_get(counts, "done")),
		 (long long)json_integer_value(json_object_get(counts, "steps")),
		 (long long)json_integer_value(json_object_get(counts, "cached")));
	json_write_object(&w, NULL);
	json_write_int(&w, "run", json_integer_value(json_object_get(run, "id")));
	json_write_null(&w, "step");
	json_write_string(&w, "state", facts_text(run, "state"));
	json_write_array(&w, "why");
	if (facts_text(run, "message")[0])
		json_write_string(&w, NULL, facts_text(run, "message"));
	json_write_string(&w, NULL, text);
	json_write_end(&w);
	json_write_array(&w, "tail");
	json_write_end(&w);
	json_write_end(&w);
}

static int answer_recorded(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
			   struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "step"));
	const json_t *failed;
	json_t *run;
	uint64_t id;
	int rc;

	if (name) {
		rc = api_step_arg(db, args, &id, err);
		return rc < 0 ? rc : write_step_answer(d, db, id, out, err);
	}
	rc = api_run_arg(db, args, "run", &id, err);
	if (rc == 0)
		rc = facts_run(db, id, &run, err);
	if (rc < 0)
		return rc;
	failed = failed_step(run);
	if (failed)
		rc = write_step_answer(d, db,
				       (uint64_t)json_integer_value(json_object_get(failed, "id")),
				       out, err);
	else
		write_run_answer(run, out);
	json_decref(run);
	return rc;
}

void api_run_why(struct request *r)
{
	struct live_run *run;
	uint64_t id;
	uint32_t index;

	if (request_text(r, "step")) {
		if (api_step_arg(r->daemon->db, r->args, &id, NULL) == 0 &&
		    (run = live_of_step(r->daemon, id, &index)) &&
		    !step_state_is_terminal(run->steps[index].state)) {
			reply_live(r, run, index);
			return;
		}
	} else if (api_run_arg(r->daemon->db, r->args, "run", &id, NULL) == 0 &&
		   (run = live_find(r->daemon, id)) && !run->is_over) {
		index = interesting_step(run);
		if (index < run->plan->count) {
			reply_live(r, run, index);
			return;
		}
	}
	api_start_query(r, answer_recorded);
}
