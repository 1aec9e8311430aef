/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - gathering rows; nothing here touches the database */
#include "store/records/batch_priv.h"

#include "store/records/cache_key.h"

/* The row of that id, so that the last one wins, or a new one. */
static void *rows_of_id(struct row_list *r, struct idmap *at, uint64_t id, size_t size)
{
	uintptr_t index = (uintptr_t)idmap_get(at, id);
	if (index != 0)
		return (char *)r->items + (index - 1) * size;
	void *row = row_list_add(r, size);
	idmap_set(at, id, (void *)(uintptr_t)r->count);
	return row;
}

/* One run of 100,000 steps must not hold its memory for ever. */
enum { LIST_KEPT_ROWS = 1024 };

static void clear_list(struct row_list *l)
{
	if (l->cap > LIST_KEPT_ROWS)
		row_list_finish(l);
	l->count = 0;
}

#define EACH_LIST(XX)                                                                              \
	XX(documents) XX(git_blobs) XX(source_trees) XX(workers) XX(runs) XX(params)               \
	XX(run_documents) XX(run_updates) XX(collected) XX(specs) XX(steps) XX(messages)           \
	XX(attempts) XX(resolutions) XX(inputs) XX(results) XX(outputs) XX(metrics) XX(cache)      \
	XX(artifact_versions) XX(model_versions) XX(points) XX(events)

#define EACH_MAP(XX) XX(run_updates_at) XX(steps_at) XX(attempts_at) XX(workers_at)

void batch_clear(struct batch *b)
{
#define XX(list) clear_list(&b->list);
	EACH_LIST(XX)
#undef XX
#define XX(map) idmap_finish(&b->map);
	EACH_MAP(XX)
#undef XX
	clear_list(&b->callbacks);
	arena_finish(&b->arena);
}

void batch_finish(struct batch *b)
{
	batch_clear(b);
#define XX(list) row_list_finish(&b->list);
	EACH_LIST(XX)
#undef XX
	row_list_finish(&b->callbacks);
}

bool batch_has_rows(const struct batch *b)
{
	size_t rows = 0;
#define XX(list) rows += b->list.count;
	EACH_LIST(XX)
#undef XX
	return rows > 0;
}

bool batch_is_empty(const struct batch *b)
{
	return b->callbacks.count == 0 && !batch_has_rows(b);
}

void batch_on_commit(struct batch *b, void (*fn)(void *ctx), void *ctx)
{
	struct callback *c = row_list_add(&b->callbacks, sizeof(*c));
	*c = (struct callback){ fn, ctx };
}

void batch_run_callbacks(const struct batch *b)
{
	const struct callback *callbacks = b->callbacks.items;
	for (size_t i = 0; i < b->callbacks.count; i++)
		callbacks[i].fn(callbacks[i].ctx);
}

static void add_param(struct batch *b, uint64_t run, const struct param_row *param)
{
	struct run_param *p = row_list_add(&b->params, sizeof(*p));
	p->run = run;
	p->row.name = arena_strdup(&b->arena, param->name);
	p->row.value = arena_strdup(&b->arena, param->value);
}

static void add_run_document(struct batch *b, uint64_t run, const struct run_document *document)
{
	struct run_document_of *d = row_list_add(&b->run_documents, sizeof(*d));
	d->run = run;
	d->row.name = arena_strdup(&b->arena, document->name);
	d->row.digest = document->digest;
}

void batch_run_insert(struct batch *b, const struct run_row *run)
{
	struct run_row *r = row_list_add(&b->runs, sizeof(*r));
	*r = *run;
	r->pipeline = arena_strdup(&b->arena, run->pipeline);
	r->repository = arena_strdup(&b->arena, run->repository);
	r->commit = arena_strdup(&b->arena, run->commit);
	r->ref = arena_strdup(&b->arena, run->ref);
	r->branch = arena_strdup(&b->arena, run->branch);
	r->trigger = arena_strdup(&b->arena, run->trigger);
	for (uint32_t i = 0; i < run->param_count; i++)
		add_param(b, run->id, &run->params[i]);
	for (uint32_t i = 0; i < run->document_count; i++)
		add_run_document(b, run->id, &run->documents[i]);
}

void batch_run_update(struct batch *b, const struct run_status *status)
{
	struct run_status *r =
		rows_of_id(&b->run_updates, &b->run_updates_at, status->id, sizeof(*r));
	const char *message =
		status->message ? arena_strdup(&b->arena, status->message) : r->message;
	*r = *status;
	r->message = message;
}

void batch_step_insert(struct batch *b, const struct step_spec *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct step_spec *s = row_list_add(&b->specs, sizeof(*s));
		*s = steps[i];
		s->name = arena_strdup(&b->arena, steps[i].name);
		s->job = arena_strdup(&b->arena, steps[i].job);
		s->kind = arena_strdup(&b->arena, steps[i].kind);
		s->matrix = arena_strdup(&b->arena, steps[i].matrix);
		s->demand = arena_strdup(&b->arena, steps[i].demand);
	}
}

void batch_step_update(struct batch *b, const struct step_row *step)
{
	struct step_row *s = rows_of_id(&b->steps, &b->steps_at, step->id, sizeof(*s));
	*s = *step;
	if (!step->message)
		return;
	struct step_message *m = row_list_add(&b->messages, sizeof(*m));
	m->step_id = step->id;
	m->message = arena_strdup(&b->arena, step->message);
}

/* The attempt's row if it is the step's latest in this batch. An older one that
 * comes again gets a second row; rows are written in order, so the last wins there too. */
static struct attempt_row *attempt_slot(struct batch *b, const struct attempt_row *attempt)
{
	uintptr_t index = (uintptr_t)idmap_get(&b->attempts_at, attempt->step_id);
	struct attempt_row *rows = b->attempts.items;
	if (index != 0 && rows[index - 1].fence == attempt->fence)
		return &rows[index - 1];
	struct attempt_row *a = row_list_add(&b->attempts, sizeof(*a));
	idmap_set(&b->attempts_at, attempt->step_id, (void *)(uintptr_t)b->attempts.count);
	return a;
}

void batch_attempt(struct batch *b, const struct attempt_row *attempt)
{
	struct attempt_row *a = attempt_slot(b, attempt);
	*a = *attempt;
	a->message = arena_strdup(&b->arena, attempt->message);
	a->profile = arena_strdup(&b->arena, attempt->profile);
}

static void add_input(struct batch *b, uint64_t step_id, const struct input_row *input)
{
	struct step_input *i = row_list_add(&b->inputs, sizeof(*i));
	i->step_id = step_id;
	i->row = *input;
	i->row.name = arena_strdup(&b->arena, input->name);
	i->row.from_output = arena_strdup(&b->arena, input->from_output);
	i->row.address = arena_strdup(&b->arena, input->address);
}

void batch_resolution(struct batch *b, const struct resolution_row *resolution)
{
	struct resolution_row *r = row_list_add(&b->resolutions, sizeof(*r));
	*r = *resolution;
	r->key_text = arena_strdup(&b->arena, resolution->key_text);
	r->params = arena_strdup(&b->arena, resolution->params);
	for (uint32_t i = 0; i < resolution->input_count; i++)
		add_input(b, resolution->step_id, &resolution->inputs[i]);
}

static void add_version(struct batch *b, struct row_list *versions, const struct version *version)
{
	struct version *v = row_list_add(versions, sizeof(*v));
	*v = *version;
	v->name = arena_strdup(&b->arena, version->name);
	v->output = arena_strdup(&b->arena, version->output);
}

static void add_output(struct batch *b, const struct result_row *result,
		       const struct output_row *output)
{
	struct step_output *o = row_list_add(&b->outputs, sizeof(*o));
	o->step_id = result->step_id;
	o->row = *output;
	o->row.name = arena_strdup(&b->arena, output->name);
	o->row.path = arena_strdup(&b->arena, output->path);
	o->row.type = arena_strdup(&b->arena, output->type);
	if (output->registered)
		add_version(b, &b->artifact_versions,
			    &(struct version){ .name = output->registered,
					       .step_id = result->step_id,
					       .output = output->name,
					       .digest = output->digest,
					       .at = result->at });
}

static void add_metric(struct batch *b, uint64_t step_id, const struct metric_row *metric)
{
	struct step_metric *m = row_list_add(&b->metrics, sizeof(*m));
	m->step_id = step_id;
	m->row.name = arena_strdup(&b->arena, metric->name);
	m->row.value = metric->value;
}

void batch_result(struct batch *b, const struct result_row *result)
{
	struct result_row *r = row_list_add(&b->results, sizeof(*r));
	*r = *result;
	for (uint32_t i = 0; i < result->output_count; i++)
		add_output(b, result, &result->outputs[i]);
	for (uint32_t i = 0; i < result->metric_count; i++)
		add_metric(b, result->step_id, &result->metrics[i]);
	if (!result->enters_cache)
		return;
	struct cache_entry *c = row_list_add(&b->cache, sizeof(*c));
	*c = (struct cache_entry){ cache_key(&result->key), result->step_id };
}

void batch_model_version(struct batch *b, const char *model, uint64_t step_id, const char *output,
			 const struct digest *digest, int64_t at, int64_t *ret_version)
{
	add_version(b, &b->model_versions,
		    &(struct version){ model, step_id, output, *digest, at, ret_version });
}

void batch_metric_points(struct batch *b, uint64_t step_id, uint64_t fence, const char *series,
			 const struct metric_point *points, size_t count)
{
	struct points *p = row_list_add(&b->points, sizeof(*p));
	p->step_id = step_id;
	p->fence = fence;
	p->series = arena_strdup(&b->arena, series);
	p->points = arena_copy(&b->arena, points, count * sizeof(*points));
	p->count = count;
}

void batch_event(struct batch *b, const struct event_row *event)
{
	struct event_row *e = row_list_add(&b->events, sizeof(*e));
	*e = *event;
	e->kind = arena_strdup(&b->arena, event->kind);
	e->detail = arena_strdup(&b->arena, event->detail);
}

void batch_worker(struct batch *b, const struct worker_row *worker)
{
	struct worker_row *w = rows_of_id(&b->workers, &b->workers_at, worker->id, sizeof(*w));
	*w = *worker;
	w->name = arena_strdup(&b->arena, worker->name);
	w->pool = arena_strdup(&b->arena, worker->pool);
	w->resources = arena_strdup(&b->arena, worker->resources);
	w->labels = arena_strdup(&b->arena, worker->labels);
	w->profile = arena_strdup(&b->arena, worker->profile);
}

void batch_document(struct batch *b, const struct digest *digest, const char *kind,
		    const char *text, size_t len)
{
	struct document *d = row_list_add(&b->documents, sizeof(*d));
	d->digest = *digest;
	d->kind = arena_strdup(&b->arena, kind);
	d->text = arena_strndup(&b->arena, text, len);
	d->len = len;
}

void batch_git_blobs(struct batch *b, const struct git_blob_row *blobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct git_blob_row *g = row_list_add(&b->git_blobs, sizeof(*g));
		*g = blobs[i];
	}
}

void batch_source_tree(struct batch *b, const struct digest *list, const struct digest *tree)
{
	struct source_tree *t = row_list_add(&b->source_trees, sizeof(*t));
	*t = (struct source_tree){ *list, *tree };
}

void batch_run_collect(struct batch *b, uint64_t run, int64_t at)
{
	struct collected_run *c = row_list_add(&b->collected, sizeof(*c));
	*c = (struct collected_run){ run, at };
}
