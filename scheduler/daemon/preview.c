/* SPDX-License-Identifier: Apache-2.0 */
/* preview.c - `plan`: what would run, and why, without running it
 *
 * It walks the plan with a run that only exists in thought: a step that is found
 * in the cache has its results there, so that those behind it can be looked up too.
 */
#include "scheduler/daemon/preview.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/explain.h"
#include "scheduler/daemon/inputs.h"
#include "scheduler/daemon/intake.h"
#include "scheduler/daemon/job.h"
#include "scheduler/daemon/judge.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/request.h"
#include "scheduler/plan/key.h"
#include "store/blob/blob.h"
#include "store/records/query_cache.h"
#include "store/records/query_runs.h"

enum action { ACTION_RUN, ACTION_CACHED, ACTION_SKIP, ACTION_DEPENDS, ACTION_COUNT };

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_RUN] = "run",
	[ACTION_CACHED] = "cached",
	[ACTION_SKIP] = "skip",
	[ACTION_DEPENDS] = "depends",
};

struct preview {
	struct daemon *daemon;
	struct request *request;
	struct intake *intake;
	struct live_run *run;
	enum action *actions; /* beside the plan's steps */
	uint32_t index;       /* the step that is looked at */
	struct arena scratch; /* of that step */
	struct inputs inputs;
	int rc; /* of the job that makes them */
	struct err err;
	bool has_work;
	struct buf out;
	struct json_writer w;
};

static void walk(struct preview *p);

static void preview_destroy(struct preview *p)
{
	buf_finish(&p->out);
	arena_finish(&p->scratch);
	live_destroy(p->run);
	intake_destroy(p->intake);
	free(p);
}

static void preview_end(struct preview *p)
{
	json_write_end(&p->w);
	json_write_bool(&p->w, "work", p->has_work);
	json_write_end(&p->w);
	request_reply(p->request, p->out.data, p->out.len);
	preview_destroy(p);
}

static void preview_abandon(struct preview *p)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_UNREACHABLE, "the scheduler leaves");
	request_fail(p->request, &err);
	preview_destroy(p);
}

static void say(struct preview *p, enum action action, const struct reasons *reasons)
{
	const struct plan_step *s = &p->run->plan->steps[p->index];

	p->actions[p->index] = action;
	if (action == ACTION_SKIP)
		p->run->steps[p->index].state = STEP_STATE_SKIPPED;
	p->has_work |= action == ACTION_RUN || action == ACTION_DEPENDS;
	json_write_object(&p->w, NULL);
	json_write_string(&p->w, "name", s->name);
	json_write_string(&p->w, "kind", step_kind_name(s->def->kind));
	json_write_string(&p->w, "action", action_names[action]);
	json_write_array(&p->w, "reasons");
	for (size_t i = 0; i < reasons->count; i++)
		json_write_string(&p->w, NULL, reasons->texts[i]);
	json_write_end(&p->w);
	json_write_string(&p->w, "cached_from", p->run->steps[p->index].cached_from_address);
	json_write_end(&p->w);
	arena_finish(&p->scratch);
	p->index++;
}

static void say_one(struct preview *p, enum action action, const char *reason)
{
	const struct reasons reasons = { &reason, 1 };

	say(p, action, &reasons);
}

static void say_cached(struct preview *p, const struct loaded_result *hit)
{
	const struct reasons none = { 0 };
	struct live_step *live = &p->run->steps[p->index];

	live_keep_result(p->run, p->index, hit->outputs, hit->output_count, hit->metrics,
			 hit->metric_count);
	live->state = STEP_STATE_CACHED;
	live->cached_from_address =
		query_step_address(p->daemon->db, hit->step_id, &p->run->arena);
	say(p, ACTION_CACHED, &none);
}

static bool is_whole(const struct preview *p, const struct loaded_result *hit)
{
	for (uint32_t i = 0; i < hit->output_count; i++) {
		if (!blob_exists(p->daemon->blobs, &hit->outputs[i].digest))
			return false;
	}
	return true;
}

static const char *why_not_cacheable(const struct preview *p, const struct plan_step *s)
{
	if (s->def->kind == STEP_DEPLOY)
		return "deploy steps always run";
	if (s->def->finally)
		return "finally steps always run";
	if (!s->cacheable)
		return "cache: false";
	return p->run->options.no_cache ? "--no-cache" : NULL;
}

static void look_up(struct preview *p, const char *fingerprint)
{
	const struct plan_step *s = &p->run->plan->steps[p->index];
	struct plan_input_content *contents =
		arena_array(&p->scratch, p->inputs.count, sizeof(*contents));
	const char *always = why_not_cacheable(p, s);
	const struct explain_sources sources = { .db = p->daemon->db,
						 .digests = p->intake->source_digests,
						 .texts = p->intake->source_texts,
						 .count = p->run->pipeline->step_count };
	struct buf text = BUF_INIT;
	struct loaded_result hit;
	struct reasons reasons;
	struct digest key;

	for (uint32_t i = 0; i < p->inputs.count; i++)
		contents[i] = (struct plan_input_content){ p->inputs.items[i].digest,
							   p->inputs.items[i].is_tree };
	plan_key(p->run->plan, s, contents, fingerprint, &text, &key);
	if (always) {
		say_one(p, ACTION_RUN, always);
	} else if (query_cache(p->daemon->db, &key, &p->scratch, &hit, NULL) == 0 &&
		   is_whole(p, &hit)) {
		say_cached(p, &hit);
	} else {
		explain_key(&sources, p->run->pipeline->name, 0, s->name, s->index,
			    buf_str(&text), &p->scratch, &reasons);
		say(p, ACTION_RUN, &reasons);
	}
	buf_finish(&text);
}

static void on_fingerprint(void *arg, const char *text, const char *message)
{
	struct preview *p = arg;

	if (!text && !message) {
		preview_abandon(p);
		return;
	}
	if (text)
		look_up(p, text);
	else
		say_one(p, ACTION_RUN, message);
	walk(p);
}

/* The first parent that has to run, or is not known to give what it gave. */
static const struct plan_step *unknown_parent(const struct preview *p, const struct plan_step *s)
{
	for (uint32_t i = 0; i < s->parent_count; i++) {
		enum action a = p->actions[s->parents[i].index];

		if (s->parents[i].data && (a == ACTION_RUN || a == ACTION_DEPENDS))
			return &p->run->plan->steps[s->parents[i].index];
	}
	return NULL;
}

static bool has_skipped_parent(const struct preview *p, const struct plan_step *s)
{
	for (uint32_t i = 0; i < s->parent_count; i++) {
		if (p->actions[s->parents[i].index] == ACTION_SKIP)
			return true;
	}
	return false;
}

/* Says what can be said of the step without its key; true if that was all. */
static bool say_by_parents(struct preview *p, const struct plan_step *s)
{
	const struct plan_step *parent = unknown_parent(p, s);
	bool holds;

	if (has_skipped_parent(p, s) && !s->def->finally) {
		say_one(p, ACTION_SKIP, "a step that it needs is skipped");
	} else if (judge_condition(p->run, p->index, &holds, NULL) < 0) {
		say_one(p, ACTION_DEPENDS, "its condition depends on steps that have to run");
	} else if (!holds) {
		say_one(p, ACTION_SKIP, s->def->condition.text);
	} else if (parent) {
		say_one(p, ACTION_DEPENDS,
			arena_printf(&p->scratch, "%s has to run first", parent->name));
	} else {
		return false;
	}
	return true;
}

static bool gather(struct preview *p)
{
	struct err err = ERR_INIT;

	if (inputs_gather(p->run, p->index, &p->scratch, &p->inputs, &err) == 0)
		return true;
	say_one(p, ACTION_DEPENDS, err.text);
	return false;
}

/* Of a step whose inputs are made; false if a worker has to be asked first. */
static bool look_up_or_ask(struct preview *p)
{
	const struct plan_step *s = &p->run->plan->steps[p->index];
	struct probes *probes = p->daemon->probes;
	const char *path = p->run->options.path, *known = NULL;

	if (s->fingerprint_count && !why_not_cacheable(p, s)) {
		known = probes_known(probes, s->fingerprint, s->fingerprint_count, path);
		if (!known) {
			probes_ask(probes, s->fingerprint, s->fingerprint_count, path,
				   on_fingerprint, p);
			return false;
		}
	}
	look_up(p, known);
	return true;
}

static void make_work(void *arg)
{
	struct preview *p = arg;

	p->rc = inputs_make(p->daemon->blobs, p->daemon->unpacks, &p->inputs, &p->err);
}

static void make_done(void *arg)
{
	struct preview *p = arg;

	if (p->rc < 0)
		say_one(p, ACTION_DEPENDS, p->err.text);
	else if (!look_up_or_ask(p))
		return;
	walk(p);
}

/* Goes on until a thread or a worker has to be asked, or to the end. */
static void walk(struct preview *p)
{
	while (p->index < p->run->plan->count) {
		if (say_by_parents(p, &p->run->plan->steps[p->index]) || !gather(p))
			continue;
		if (!inputs_are_made(&p->inputs)) {
			job_start(p->daemon, make_work, make_done, p);
			return;
		}
		if (!look_up_or_ask(p))
			return;
	}
	preview_end(p);
}

static void write_head(struct preview *p)
{
	json_write_object(&p->w, NULL);
	json_write_string(&p->w, "pipeline", p->run->pipeline->name);
	json_write_string(&p->w, "commit", p->intake->snapshot.commit);
	intake_write_warnings(p->intake, &p->w, "warnings");
	json_write_array(&p->w, "steps");
}

void preview_start(struct request *r, struct intake *in)
{
	struct plan_context context;
	struct preview *p;
	struct plan *plan;

	intake_context(in, 0, &context);
	if (plan_make(in->pipeline, in->params, &context, &plan, &in->err) < 0) {
		request_fail(r, &in->err);
		intake_destroy(in);
		return;
	}
	p = mem_alloc(sizeof(*p));
	p->daemon = r->daemon;
	p->request = r;
	p->intake = in;
	p->run = live_create(r->daemon, 0, in->pipeline, plan);
	in->pipeline = NULL;
	p->run->options.path = in->request.path;
	p->run->options.no_cache = in->request.no_cache;
	p->actions = arena_array(&p->run->arena, plan->count, sizeof(*p->actions));
	p->w.out = &p->out;
	write_head(p);
	walk(p);
}
