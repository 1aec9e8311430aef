/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - runs that had not ended when the last scheduler did, taken in again
 *
 * The plan is made from the recorded documents, as it was made the first time; then
 * the engine gets the recorded states and derives what follows. A run whose plan
 * cannot be made again as it was is cancelled with the reason `replan`.
 */
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "scheduler/daemon/context.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/inputs.h"
#include "scheduler/daemon/intake.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/submit.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/load.h"
#include "store/records/query_cache.h"
#include "store/records/query_runs.h"
#include "store/records/writer.h"

static const struct loaded_document *find_document(const struct loaded_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->document_count; i++) {
		if (str_eq(run->documents[i].name, name))
			return &run->documents[i];
	}
	return NULL;
}

static int read_context(const struct loaded_run *run, struct arena *arena, struct context *ret,
			struct err *err)
{
	const struct loaded_document *doc = find_document(run, "context");

	if (!doc)
		return err_set(err, ERR_DAMAGED, "run %llu has no context",
			       (unsigned long long)run->row.id);
	return context_read(doc->text, doc->len, arena, ret, err);
}

/* A recorded parameter's JSON as -p would have given it. */
static const char *param_text(const char *json, struct arena *arena)
{
	json_t *value;
	const char *text = json;

	if (json[0] == '"' && json_parse(json, strlen(json), &value, NULL) == 0) {
		text = arena_strdup(arena, json_string_value(value));
		json_decref(value);
	}
	return text;
}

static const struct plan_override *overrides_of(const struct loaded_run *run, struct arena *arena)
{
	struct plan_override *list = arena_array(arena, run->row.param_count, sizeof(*list));

	for (uint32_t i = 0; i < run->row.param_count; i++)
		list[i] = (struct plan_override){ run->row.params[i].name,
						  param_text(run->row.params[i].value, arena) };
	return list;
}

int submit_again(const struct loaded_run *run, struct arena *arena, struct intake_request *ret,
		 struct err *err)
{
	struct context c;
	int rc = read_context(run, arena, &c, err);

	if (rc < 0)
		return rc;
	*ret = (struct intake_request){ .repository = run->row.repository,
					.ref = run->row.commit,
					.pipeline = c.file,
					.step = c.only,
					.trigger = run->row.trigger,
					.path = c.path,
					.no_cache = c.no_cache,
					.params = overrides_of(run, arena),
					.param_count = run->row.param_count };
	return 0;
}

static const struct digest *sources_of(const struct loaded_run *run, const struct pipeline *p,
				       struct arena *arena)
{
	struct digest *list = arena_array(arena, p->step_count, sizeof(*list));

	for (size_t i = 0; i < p->step_count; i++) {
		const char *name = arena_printf(arena, "sources/%s", p->steps[i].name);
		const struct loaded_document *doc = find_document(run, name);

		if (doc)
			list[i] = doc->digest;
	}
	return list;
}

/* The pipeline and the plan as they were. */
static int replan(const struct loaded_run *run, const struct context *c, struct arena *arena,
		  struct pipeline **ret_pipeline, struct plan **ret_plan, struct err *err)
{
	const struct loaded_document *doc = find_document(run, "definition");
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct plan_context context;
	const struct value *params;
	int rc;

	if (!doc)
		return err_set(err, ERR_DAMAGED, "its definition is not recorded");
	rc = pipeline_check(doc->text, doc->len, c->file, ret_pipeline, &mistakes);
	diagnostics_finish(&mistakes);
	if (rc < 0)
		return err_set(err, ERR_VERSION, "its definition is not valid any more");
	rc = plan_params(*ret_pipeline, overrides_of(run, arena), run->row.param_count, arena,
			 &params, err);
	context = (struct plan_context){ .run = run->row.id,
					 .commit = run->row.commit,
					 .ref = run->row.ref,
					 .branch = run->row.branch,
					 .trigger = run->row.trigger,
					 .only = c->only,
					 .sources = sources_of(run, *ret_pipeline, arena),
					 .pins = c->pins,
					 .pin_count = c->pin_count };
	if (rc == 0)
		rc = plan_make(*ret_pipeline, params, &context, ret_plan, err);
	if (rc == 0 && !digest_eq(&(*ret_plan)->digest, &run->row.plan))
		rc = err_set(err, ERR_VERSION, "this program plans it otherwise");
	return rc;
}

static void copy_row(struct live_run *live, const struct loaded_run *run, const struct context *c)
{
	struct arena *a = &live->arena;
	struct param_row *params = arena_array(a, run->row.param_count, sizeof(*params));

	live->row = run->row;
	live->row.pipeline = live->pipeline->name;
	live->row.repository = arena_strdup(a, run->row.repository);
	live->row.commit = live->plan->context.commit;
	live->row.ref = live->plan->context.ref;
	live->row.branch = live->plan->context.branch;
	live->row.trigger = live->plan->context.trigger;
	for (uint32_t i = 0; i < run->row.param_count; i++)
		params[i] = (struct param_row){ arena_strdup(a, run->row.params[i].name),
						arena_strdup(a, run->row.params[i].value) };
	live->row.params = params;
	live->row.documents = NULL;
	live->row.document_count = 0;
	for (size_t i = 0; i < live->pipeline->step_count; i++) {
		const char *name = arena_printf(a, "sources/%s", live->pipeline->steps[i].name);
		const struct loaded_document *doc = find_document(run, name);

		if (doc)
			live->source_texts[i] = arena_strdup(a, doc->text);
	}
	live->options.repository = live->row.repository;
	live->options.path = arena_strdup(a, c->path);
	live->options.no_cache = c->no_cache;
	live->started_at = run->status.started_at;
}

static const struct attempt_row *attempt_of(const struct loaded_run *run, const struct step_row *s)
{
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		if (run->attempts[i].step_id == s->id && run->attempts[i].fence == s->fence)
			return &run->attempts[i];
	}
	return NULL;
}

static void restore_step(struct daemon *d, const struct loaded_run *run, struct live_run *live,
			 uint32_t i, struct engine_step_record *ret)
{
	const struct step_row *s = &run->steps[i];
	const struct attempt_row *a = attempt_of(run, s);
	struct live_step *l = &live->steps[i];

	*ret = (struct engine_step_record){ .state = s->state,
					    .reason = s->reason,
					    .fence = s->fence,
					    .attempts = s->attempt,
					    .failures = s->failures,
					    .lost = s->lost,
					    .pool = local_pool(d->local) };
	if (a) {
		ret->session = worker_link_session_number(a->session);
		ret->gpus = a->gpus;
	}
	l->state = s->state;
	l->worker_id = s->worker_id;
	l->exit_code = s->exit_code;
	l->started_at = s->started_at;
	l->finished_at = s->finished_at;
	l->cached_from = s->cached_from;
	if (s->cached_from)
		l->cached_from_address = query_step_address(d->db, s->cached_from, &live->arena);
	l->message = arena_strdup(&live->arena, s->message);
}

static void restore_results(const struct loaded_run *run, struct live_run *live)
{
	for (uint32_t i = 0; i < run->result_count; i++) {
		const struct loaded_result *r = &run->results[i];

		live_keep_result(live, step_id_index(r->step_id), r->outputs, r->output_count,
				 r->metrics, r->metric_count);
	}
}

/* What a grant will need of a step that was resolved by the last scheduler. */
static int restore_files(struct daemon *d, struct live_run *live, uint32_t i, struct err *err)
{
	const struct plan_step *s = &live->plan->steps[i];
	struct live_step *l = &live->steps[i];
	struct arena scratch = ARENA_INIT;
	struct step_key key;
	struct inputs in;
	int rc = inputs_gather(live, i, &live->arena, &in, err);

	if (rc == 0)
		rc = inputs_make(d->blobs, d->unpacks, &in, err);
	if (rc == 0 && !digest_is_zero(&s->sources))
		rc = query_source_tree(d->db, &s->sources, &l->source_tree, err);
	if (rc == 0)
		rc = query_step_key(d->db, step_id(live->id, i), &scratch, &key, err);
	l->inputs = in.items;
	if (rc == 0)
		l->key = key.digest;
	arena_finish(&scratch);
	return rc;
}

static bool was_resolved(enum step_state s)
{
	return s == STEP_STATE_READY || s == STEP_STATE_LEASED || s == STEP_STATE_RUNNING;
}

/* A ready step without its files is resolved again. One that may be running keeps its
 * lease; should it have to run once more, its worker will say what is missing. */
static void restore_all_files(struct daemon *d, struct live_run *live,
			      struct engine_step_record *steps)
{
	for (uint32_t i = 0; i < live->plan->count; i++) {
		struct err err = ERR_INIT;

		if (!was_resolved(steps[i].state) || restore_files(d, live, i, &err) == 0)
			continue;
		log_warn("run %llu: files of %s: %s", (unsigned long long)live->id,
			 live->plan->steps[i].name, err.text);
		if (steps[i].state == STEP_STATE_READY)
			steps[i].state = STEP_STATE_WAITING;
	}
}

static void take_in(struct daemon *d, const struct loaded_run *run, struct live_run *live)
{
	const struct engine_run_record record = { .state = run->status.state,
						  .reason = run->status.reason,
						  .cancel = run->status.cancel_requested };
	struct arena scratch = ARENA_INIT;
	struct engine_step_record *steps = arena_array(&scratch, run->step_count, sizeof(*steps));
	struct engine_submission s;

	for (uint32_t i = 0; i < run->step_count; i++)
		restore_step(d, run, live, i, &steps[i]);
	restore_results(run, live);
	restore_all_files(d, live, steps);
	live_submission(live, &scratch, &s);
	engine_restore(d->engine, &s, &record, steps, daemon_now());
	arena_finish(&scratch);
}

/* Nobody can carry it on: its open steps are cancelled, and it says why. */
static void give_up(struct daemon *d, const struct loaded_run *run, const struct err *why)
{
	struct run_status status = run->status;
	struct batch *batch = writer_batch(d->writer);
	int64_t now = clock_wall_ms();

	log_error("run %llu cannot go on: %s", (unsigned long long)run->row.id, why->text);
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct step_row row = run->steps[i];

		if (step_state_is_terminal(row.state))
			continue;
		row.state = STEP_STATE_CANCELLED;
		row.reason = REASON_REPLAN;
		row.finished_at = now;
		batch_step_update(batch, &row);
	}
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		struct attempt_row row = run->attempts[i];

		row.state = ATTEMPT_STATE_EXPIRED;
		row.reason = REASON_REPLAN;
		row.finished_at = now;
		batch_attempt(batch, &row);
	}
	status.state = RUN_STATE_CANCELLED;
	status.reason = REASON_REPLAN;
	status.message = why->text;
	status.finished_at = now;
	status.steps_done = run->step_count;
	batch_run_update(batch, &status);
}

static void restore_run(struct daemon *d, const struct loaded_run *run)
{
	struct arena scratch = ARENA_INIT;
	struct pipeline *pipeline = NULL;
	struct plan *plan = NULL;
	struct err err = ERR_INIT;
	struct live_run *live;
	struct context c;
	int rc = read_context(run, &scratch, &c, &err);

	if (rc == 0)
		rc = replan(run, &c, &scratch, &pipeline, &plan, &err);
	if (rc == 0 && plan->count != run->step_count)
		rc = err_set(&err, ERR_DAMAGED, "%u of its %u steps are recorded", run->step_count,
			     plan->count);
	if (rc == 0) {
		live = live_create(d, run->row.id, pipeline, plan);
		copy_row(live, run, &c);
		take_in(d, run, live);
		log_info("run %llu goes on", (unsigned long long)run->row.id);
	} else {
		give_up(d, run, &err);
		plan_destroy(plan);
		pipeline_destroy(pipeline);
	}
	arena_finish(&scratch);
}

int submit_recall(struct daemon *d, struct db *db, uint64_t id, struct live_run **ret,
		  struct err *err)
{
	struct arena scratch = ARENA_INIT;
	struct pipeline *pipeline = NULL;
	struct plan *plan = NULL;
	struct loaded_run run;
	struct context c;
	int rc = load_run(db, id, &scratch, &run, err);

	if (rc == 0)
		rc = read_context(&run, &scratch, &c, err);
	if (rc == 0)
		rc = replan(&run, &c, &scratch, &pipeline, &plan, err);
	if (rc == 0) {
		*ret = live_create(d, 0, pipeline, plan);
		copy_row(*ret, &run, &c);
		restore_results(&run, *ret);
	} else {
		plan_destroy(plan);
		pipeline_destroy(pipeline);
	}
	arena_finish(&scratch);
	return rc;
}

/* A session that a later one of the same name has replaced is over, too. */
static bool may_come_back(const struct daemon *d, const struct load *load, const uint8_t *session)
{
	for (uint32_t i = 0; i < load->worker_count; i++) {
		const struct worker_row *w = &load->workers[i];

		if (memcmp(w->session, session, SESSION_SIZE) == 0)
			return !local_is_ours(d->local, w->pool) ||
			       local_has(d->local, worker_link_session_number(session));
	}
	return false;
}

/* Whoever died with the last scheduler is not waited for. */
static void end_leases_of_dead(struct daemon *d, const struct load *load)
{
	for (uint32_t i = 0; i < load->run_count; i++) {
		const struct loaded_run *run = &load->runs[i];

		for (uint32_t j = 0; j < run->attempt_count; j++) {
			const uint8_t *session = run->attempts[j].session;

			if (!may_come_back(d, load, session))
				engine_worker_gone(d->engine, worker_link_session_number(session),
						   daemon_now());
		}
	}
}

void submit_restore(struct daemon *d, const struct load *load)
{
	for (uint32_t i = 0; i < load->run_count; i++)
		restore_run(d, &load->runs[i]);
	end_leases_of_dead(d, load);
}
