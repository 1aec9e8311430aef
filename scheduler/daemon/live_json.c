/* SPDX-License-Identifier: Apache-2.0 */
/* live_json.c - a live run and its steps as product.md names them */
#include "base/json.h"
#include "base/log.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/engine/engine.h"

static void write_params(const struct live_run *run, struct json_writer *w)
{
	json_write_object(w, "params");
	for (uint32_t i = 0; i < run->row.param_count; i++)
		json_write_raw(w, run->row.params[i].name, run->row.params[i].value);
	json_write_end(w);
}

void live_write_run(const struct live_run *run, struct json_writer *w, const char *key)
{
	struct run_view v;

	BUG_ON(engine_run_view(run->daemon->engine, run->id, &v) < 0);
	json_write_object(w, key);
	json_write_int(w, "id", (int64_t)run->id);
	json_write_string(w, "pipeline", run->row.pipeline);
	json_write_string(w, "state", run_state_name(v.state));
	json_write_string(w, "reason", v.reason ? reason_name(v.reason) : NULL);
	json_write_string(w, "message", run->message);
	json_write_string(w, "repository", run->row.repository);
	json_write_string(w, "commit", run->row.commit);
	json_write_string(w, "ref", run->row.ref);
	json_write_string(w, "branch", run->row.branch);
	json_write_string(w, "trigger", run->row.trigger);
	write_params(run, w);
	json_write_time(w, "created_at", run->row.created_at);
	json_write_time(w, "started_at", run->started_at);
	json_write_time(w, "finished_at", run->finished_at);
	json_write_end(w);
}

static void write_results(const struct live_run *run, uint32_t index, struct json_writer *w)
{
	const struct live_step *s = &run->steps[index];

	json_write_object(w, "metrics");
	for (uint32_t i = 0; i < s->metric_count; i++)
		json_write_double(w, s->metrics[i].name, s->metrics[i].value);
	json_write_end(w);
	json_write_array(w, "outputs");
	for (uint32_t i = 0; i < s->output_count; i++) {
		json_write_object(w, NULL);
		json_write_string(w, "name", s->outputs[i].name);
		json_write_digest(w, "digest", &s->outputs[i].digest);
		json_write_string(w, "kind", s->outputs[i].is_tree ? "folder" : "file");
		json_write_int(w, "size", (int64_t)s->outputs[i].size_bytes);
		json_write_end(w);
	}
	json_write_end(w);
}

void live_write_step(const struct live_run *run, uint32_t index, struct json_writer *w,
		     const char *key)
{
	const struct plan_step *p = &run->plan->steps[index];
	const struct live_step *s = &run->steps[index];
	struct step_view v;

	BUG_ON(engine_step_view(run->daemon->engine, step_id(run->id, index), &v) < 0);
	json_write_object(w, key);
	json_write_int(w, "index", index);
	json_write_string(w, "name", p->name);
	json_write_string(w, "job", p->def->name);
	json_write_string(w, "kind", step_kind_name(p->def->kind));
	json_write_string(w, "state", step_state_name(v.state));
	json_write_string(w, "reason", v.reason ? reason_name(v.reason) : NULL);
	json_write_string(w, "message", s->message);
	json_write_int(w, "attempt", v.attempts);
	json_write_string(w, "worker", v.worker);
	if (s->exit_code >= 0)
		json_write_int(w, "exit_code", s->exit_code);
	else
		json_write_null(w, "exit_code");
	json_write_time(w, "started_at", s->started_at);
	json_write_time(w, "finished_at", s->finished_at);
	json_write_string(w, "cached_from", s->cached_from_address);
	write_results(run, index, w);
	json_write_end(w);
}
