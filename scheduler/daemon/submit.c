/* SPDX-License-Identifier: Apache-2.0 */
/* submit.c - a checked pipeline becomes a run: planned, recorded, taken in */
#include "scheduler/daemon/submit.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "scheduler/daemon/context.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/event.h"
#include "scheduler/daemon/intake.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/value_json.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"

enum { DOCUMENTS_FIXED = 2 }; /* definition, context */

static void fill_params(struct live_run *run)
{
	const struct pipeline *p = run->pipeline;
	struct param_row *rows = arena_array(&run->arena, p->param_count, sizeof(*rows));

	for (size_t i = 0; i < p->param_count; i++) {
		rows[i].name = p->params[i].name;
		rows[i].value = value_json(&run->arena, &run->plan->params[i]);
	}
	run->row.params = rows;
	run->row.param_count = (uint32_t)p->param_count;
}

static void add_document(struct live_run *run, struct run_document *list, const char *name,
			 const char *kind, const char *text, size_t len)
{
	struct run_document *doc = &list[run->row.document_count++];

	doc->name = name;
	hash_bytes(text, len, &doc->digest);
	batch_document(writer_batch(run->daemon->writer), &doc->digest, kind, text, len);
}

static void record_documents(struct live_run *run, struct intake *in)
{
	const struct pipeline *p = run->pipeline;
	struct run_document *list = arena_array(&run->arena, p->step_count + DOCUMENTS_FIXED,
						sizeof(*list));
	struct buf context = BUF_INIT;

	context_write(in, &context);
	add_document(run, list, "definition", "definition", in->definition->text,
		     in->definition->len);
	add_document(run, list, "context", "context", context.data, context.len);
	for (size_t i = 0; i < p->step_count; i++) {
		const char *text = in->source_texts[i];

		if (!text)
			continue;
		run->source_texts[i] = arena_strdup(&run->arena, text);
		add_document(run, list, arena_printf(&run->arena, "sources/%s", p->steps[i].name),
			     "sources", text, strlen(text));
	}
	run->row.documents = list;
	buf_finish(&context);
}

/* Now, but later than every run before: deployments are told apart by it. */
static int64_t rising_time(struct daemon *d)
{
	int64_t now = clock_wall_ms();

	d->last_created = now > d->last_created ? now : d->last_created + 1;
	return d->last_created;
}

static void fill_row(struct live_run *run, struct intake *in)
{
	const struct plan_context *c = &run->plan->context;

	run->row.id = run->id;
	run->row.pipeline = run->pipeline->name;
	run->row.repository = arena_strdup(&run->arena, in->snapshot.repository);
	run->row.commit = c->commit;
	run->row.ref = c->ref;
	run->row.branch = c->branch;
	run->row.trigger = c->trigger;
	run->row.plan = run->plan->digest;
	run->row.created_at = rising_time(run->daemon);
	run->row.steps = run->plan->count;
	run->options.repository = run->row.repository;
	run->options.path = arena_strdup(&run->arena, in->request.path);
	run->options.no_cache = in->request.no_cache;
	fill_params(run);
}

static const char *matrix_json(struct arena *a, const struct plan_step *s)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	if (s->def->matrix.axis_count == 0)
		return NULL;
	json_write_object(&w, NULL);
	for (size_t i = 0; i < s->def->matrix.axis_count; i++)
		value_json_write(&w, s->def->matrix.axes[i].name, &s->matrix[i]);
	json_write_end(&w);
	copy = arena_strndup(a, out.data, out.len);
	buf_finish(&out);
	return copy;
}

static const char *demand_json(struct arena *a, const struct resources *r)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	if (r->cpu_milli == 1000 && !r->memory_bytes && !r->gpu_count && !r->gpu_memory_bytes &&
	    !r->disk_bytes && !r->labels.count)
		return NULL;
	json_write_object(&w, NULL);
	json_write_double(&w, "cpu", (double)r->cpu_milli / 1000);
	json_write_int(&w, "memory", (int64_t)r->memory_bytes);
	json_write_int(&w, "gpu", r->gpu_count);
	json_write_int(&w, "gpu_memory", (int64_t)r->gpu_memory_bytes);
	json_write_int(&w, "disk", (int64_t)r->disk_bytes);
	json_write_array(&w, "labels");
	for (size_t i = 0; i < r->labels.count; i++)
		json_write_string(&w, NULL, r->labels.items[i].text);
	json_write_end(&w);
	json_write_end(&w);
	copy = arena_strndup(a, out.data, out.len);
	buf_finish(&out);
	return copy;
}

static void record_steps(struct live_run *run)
{
	struct arena scratch = ARENA_INIT;
	struct step_spec *rows = arena_array(&scratch, run->plan->count, sizeof(*rows));

	for (uint32_t i = 0; i < run->plan->count; i++) {
		const struct plan_step *s = &run->plan->steps[i];

		rows[i].id = step_id(run->id, i);
		rows[i].name = s->name;
		rows[i].job = s->def->name;
		rows[i].kind = s->def->kind ? step_kind_name(s->def->kind) : NULL;
		rows[i].matrix = matrix_json(&scratch, s);
		rows[i].demand = demand_json(&scratch, &s->def->resources);
		rows[i].tries_left = (uint32_t)s->def->retry.max;
	}
	batch_step_insert(writer_batch(run->daemon->writer), rows, run->plan->count);
	arena_finish(&scratch);
}

static void take_in(struct live_run *run)
{
	struct arena scratch = ARENA_INIT;
	struct engine_submission s;

	live_submission(run, &scratch, &s);
	engine_submit(run->daemon->engine, &s, daemon_now());
	arena_finish(&scratch);
}

int submit_run(struct daemon *d, struct intake *in, struct live_run **ret, struct err *err)
{
	struct plan_context context;
	struct live_run *run;
	struct plan *plan;
	int rc;

	intake_context(in, d->next_run, &context);
	rc = plan_make(in->pipeline, in->params, &context, &plan, err);
	if (rc < 0)
		return rc;
	if (in->request.workers)
		local_set_workers(d->local, in->request.workers);
	run = live_create(d, d->next_run++, in->pipeline, plan);
	in->pipeline = NULL;
	fill_row(run, in);
	record_documents(run, in);
	batch_run_insert(writer_batch(d->writer), &run->row);
	record_steps(run);
	event_record(d, "run.submitted", run->id, 0, "trigger", run->row.trigger);
	take_in(run);
	*ret = run;
	return 0;
}
