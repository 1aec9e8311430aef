/* SPDX-License-Identifier: Apache-2.0 */
/* grant.c - a lease becomes a message that tells a worker everything */
#include "scheduler/daemon/grant.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/value_json.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"
#include "workers/wire/grant.h"

enum { LOG_LIMIT_MIB = 64 };

static void fill_files(const struct live_run *run, uint32_t index, struct arena *a,
		       struct wire_grant *g)
{
	const struct plan_step *s = &run->plan->steps[index];
	const struct live_step *live = &run->steps[index];
	struct wire_output *outputs = arena_array(a, s->def->output_count, sizeof(*outputs));

	g->has_sources = !digest_is_zero(&live->source_tree);
	g->sources = live->source_tree;
	g->inputs = (struct wire_input *)live->inputs;
	g->input_count = (uint32_t)s->def->input_count;
	for (size_t i = 0; i < s->def->output_count; i++)
		outputs[i] = (struct wire_output){ s->outputs[i].def->name, s->outputs[i].path };
	g->outputs = outputs;
	g->output_count = (uint32_t)s->def->output_count;
	g->metrics = s->def->metrics;
}

static void fill_names(const struct live_run *run, uint32_t index, struct arena *a,
		       struct wire_grant *g)
{
	const struct plan_step *s = &run->plan->steps[index];
	size_t axes = s->def->matrix.axis_count;
	uint32_t has_path = run->options.path ? 1 : 0;

	g->env = arena_array(a, s->def->env_count + has_path, sizeof(*g->env));
	if (has_path)
		g->env[g->env_count++] = (struct wire_pair){ "PATH", run->options.path };
	for (size_t i = 0; i < s->def->env_count; i++)
		g->env[g->env_count++] = (struct wire_pair){ s->env[i].name, s->env[i].value };
	g->params = arena_array(a, s->param_count, sizeof(*g->params));
	g->param_count = s->param_count;
	for (uint32_t i = 0; i < s->param_count; i++)
		g->params[i] = (struct wire_pair){ s->params[i]->name,
						   value_json(a, &s->param_values[i]) };
	g->matrix = arena_array(a, axes, sizeof(*g->matrix));
	g->matrix_count = (uint32_t)axes;
	for (size_t i = 0; i < axes; i++)
		g->matrix[i] = (struct wire_pair){ s->def->matrix.axes[i].name,
						   value_json(a, &s->matrix[i]) };
}

static void fill_limits(const struct step *def, struct wire_limits *l)
{
	const struct resources *r = &def->resources;

	*l = (struct wire_limits){ .memory_bytes = r->memory_bytes,
				   .cpu_milli = (uint32_t)r->cpu_milli,
				   .gpus = (uint32_t)r->gpu_count,
				   .timeout_ms = def->timeout_ms,
				   .grace_ms = def->grace_ms,
				   .log_bytes = (uint64_t)LOG_LIMIT_MIB << 20,
				   .disk_bytes = r->disk_bytes };
}

/* A deployment's number is the moment its run was submitted, which rises from run to
 * run, and also where a home was deleted or restored while the target was not. */
static void fill_deploy(const struct live_run *run, const struct plan_step *s,
			struct wire_deploy *d)
{
	const struct deployment *def = &s->def->deployment;

	if (s->def->kind != STEP_DEPLOY)
		return;
	*d = (struct wire_deploy){
		.verify_http = def->verify.form == VERIFY_HTTP ? def->verify.url : NULL,
		.verify_run = { s->verify, s->verify_count },
		.verify_within_ms = def->verify.within_ms,
		.rollback = { s->rollback, s->rollback_count },
		.deployment = (uint64_t)run->row.created_at,
	};
}

static void fill_grant(struct daemon *d, const struct live_run *run,
		       const struct decision *decision, uint32_t attempt, struct arena *a,
		       struct wire_grant *g)
{
	uint32_t index = step_id_index(decision->step);
	const struct plan_step *s = &run->plan->steps[index];
	const struct plan_context *c = &run->plan->context;

	*g = (struct wire_grant){
		.lease = { .step_id = decision->step, .fence = decision->fence },
		.strict = decision->strict,
		.run = run->id,
		.attempt = attempt,
		.pipeline = run->pipeline->name,
		.step = s->name,
		.commit = c->commit,
		.ref = c->ref,
		.branch = c->branch,
		.trigger = c->trigger,
		.command = { s->command, s->command_count },
		.workdir = s->def->workdir,
		.devices = local_devices(d->local, decision->gpus, a),
		.checkpoint = arena_printf(a, "%llu-%u", (unsigned long long)run->id, index),
		.log = arena_printf(a, "%llu/%u-%u.log", (unsigned long long)run->id, index,
				    attempt),
	};
	fill_files(run, index, a, g);
	fill_names(run, index, a, g);
	fill_limits(s->def, &g->limits);
	fill_deploy(run, s, &g->deploy);
}

static void send_grant(struct daemon *d, const struct decision *decision)
{
	struct live_run *run = live_of_step(d, decision->step, NULL);
	struct worker_link *link = worker_link_find(d, decision->session);
	struct arena a = ARENA_INIT;
	struct wire_grant g;
	struct step_view v;

	if (!run || !link || engine_step_view(d->engine, decision->step, &v) < 0 ||
	    v.fence != decision->fence || !v.is_live)
		return;
	fill_grant(d, run, decision, v.attempts, &a, &g);
	worker_link_nonce(d, decision->step, decision->fence, worker_link_session(link),
			  &g.lease.nonce);
	worker_link_send_grant(link, &g);
	arena_finish(&a);
}

struct late_grant {
	struct daemon *daemon;
	struct decision decision;
};

static void on_durable(void *arg)
{
	struct late_grant *late = arg;

	send_grant(late->daemon, &late->decision);
	free(late);
}

void grant_step(struct daemon *d, const struct decision *decision)
{
	struct late_grant *late;

	if (!decision->after_commit) {
		send_grant(d, decision);
		return;
	}
	late = mem_alloc(sizeof(*late));
	*late = (struct late_grant){ d, *decision };
	daemon_when_durable(d, on_durable, late);
}
