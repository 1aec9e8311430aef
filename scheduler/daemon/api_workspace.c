/* SPDX-License-Identifier: Apache-2.0 */
/* api_workspace.c - what a step's workspace was built from, to build it again */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/inputs.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/submit.h"
#include "scheduler/daemon/value_json.h"
#include "store/records/query_cache.h"

static void write_inputs(const struct inputs *in, struct json_writer *w)
{
	json_write_array(w, "inputs");
	for (uint32_t i = 0; i < in->count; i++) {
		json_write_object(w, NULL);
		json_write_string(w, "name", in->items[i].name);
		json_write_string(w, "path", in->items[i].path);
		json_write_digest(w, "digest", &in->items[i].digest);
		json_write_string(w, "kind", in->items[i].is_tree ? "folder" : "file");
		json_write_end(w);
	}
	json_write_end(w);
}

static void write_names(const struct live_run *run, const struct plan_step *s,
			struct json_writer *w)
{
	json_write_object(w, "env");
	for (size_t i = 0; i < s->def->env_count; i++)
		json_write_string(w, s->env[i].name, s->env[i].value);
	json_write_end(w);
	json_write_object(w, "params");
	for (uint32_t i = 0; i < s->param_count; i++)
		value_json_write(w, s->params[i]->name, &s->param_values[i]);
	json_write_end(w);
	json_write_object(w, "matrix");
	for (size_t i = 0; i < s->def->matrix.axis_count; i++)
		value_json_write(w, s->def->matrix.axes[i].name, &s->matrix[i]);
	json_write_end(w);
	json_write_object(w, "context");
	for (unsigned i = 0; i < PLAN_CONTEXT_COUNT; i++) {
		if (i != PLAN_CONTEXT_RUN)
			json_write_string(w, plan_context_text(i), plan_context_value(run->plan, i));
	}
	json_write_end(w);
}

static void write_command(const struct plan_step *s, struct json_writer *w)
{
	json_write_array(w, "command");
	for (uint32_t i = 0; i < s->command_count; i++)
		json_write_string(w, NULL, s->command[i]);
	json_write_end(w);
	json_write_array(w, "outputs");
	for (size_t i = 0; i < s->def->output_count; i++) {
		json_write_object(w, NULL);
		json_write_string(w, "name", s->outputs[i].def->name);
		json_write_string(w, "path", s->outputs[i].path);
		json_write_end(w);
	}
	json_write_end(w);
	json_write_string(w, "workdir", s->def->workdir);
}

static int write_workspace(struct daemon *d, struct db *db, const struct live_run *run,
			   uint32_t index, struct buf *out, struct err *err)
{
	const struct plan_step *s = &run->plan->steps[index];
	struct json_writer w = { .out = out };
	struct arena arena = ARENA_INIT;
	struct digest tree;
	struct inputs in;
	int rc = inputs_gather(run, index, &arena, &in, err);

	if (rc == 0)
		rc = inputs_make(d->blobs, d->unpacks, &in, err);
	if (rc == 0) {
		json_write_object(&w, NULL);
		json_write_int(&w, "run", (int64_t)run->row.id);
		json_write_string(&w, "step", s->name);
		if (!digest_is_zero(&s->sources) &&
		    query_source_tree(db, &s->sources, &tree, NULL) == 0)
			json_write_digest(&w, "sources", &tree);
		else
			json_write_null(&w, "sources");
		write_inputs(&in, &w);
		write_names(run, s, &w);
		write_command(s, &w);
		json_write_end(&w);
	}
	arena_finish(&arena);
	return rc;
}

int api_step_workspace(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		       struct err *err)
{
	struct live_run *run;
	uint64_t id;
	int rc = api_step_arg(db, args, &id, err);

	if (rc == 0)
		rc = submit_recall(d, db, step_id_run(id), &run, err);
	if (rc < 0)
		return rc;
	rc = write_workspace(d, db, run, step_id_index(id), out, err);
	live_destroy(run);
	return rc;
}
