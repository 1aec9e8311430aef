/* SPDX-License-Identifier: Apache-2.0 */
/* grant.c - all that a worker has to know to carry out one attempt of a step
 *
 * Encoding and decoding name the fields in the same order; the test goes there
 * and back, the fuzzer only back.
 */
#include "workers/wire/grant.h"

#include "base/arena.h"
#include "workers/wire/codec.h"

enum { STR_MIN = 4 }; /* the fewest bytes that a string takes */

void wire_put_lease(struct buf *out, const struct wire_lease *l)
{
	wire_put_u64(out, l->step_id);
	wire_put_u64(out, l->fence);
	wire_put_digest(out, &l->nonce);
}

void wire_get_lease(struct wire_reader *r, struct wire_lease *ret)
{
	ret->step_id = wire_get_u64(r);
	ret->fence = wire_get_u64(r);
	wire_get_digest(r, &ret->nonce);
}

static void put_pairs(struct buf *out, const struct wire_pair *pairs, uint32_t count)
{
	wire_put_u32(out, count);
	for (uint32_t i = 0; i < count; i++) {
		wire_put_str(out, pairs[i].name);
		wire_put_str(out, pairs[i].value);
	}
}

void wire_put_command(struct buf *out, const struct wire_command *c)
{
	wire_put_u32(out, c->count);
	for (uint32_t i = 0; i < c->count; i++)
		wire_put_str(out, c->words[i]);
}

static void put_files(struct buf *out, const struct wire_grant *g)
{
	wire_put_bool(out, g->has_sources);
	wire_put_digest(out, &g->sources);
	wire_put_u32(out, g->input_count);
	for (uint32_t i = 0; i < g->input_count; i++) {
		wire_put_str(out, g->inputs[i].name);
		wire_put_str(out, g->inputs[i].path);
		wire_put_digest(out, &g->inputs[i].digest);
		wire_put_bool(out, g->inputs[i].is_tree);
	}
	wire_put_u32(out, g->output_count);
	for (uint32_t i = 0; i < g->output_count; i++) {
		wire_put_str(out, g->outputs[i].name);
		wire_put_str(out, g->outputs[i].path);
	}
	wire_put_str(out, g->metrics);
}

static void put_limits(struct buf *out, const struct wire_limits *l)
{
	wire_put_u64(out, l->memory_bytes);
	wire_put_u32(out, l->cpu_milli);
	wire_put_u32(out, l->gpus);
	wire_put_i64(out, l->timeout_ms);
	wire_put_i64(out, l->grace_ms);
	wire_put_u64(out, l->log_bytes);
	wire_put_u64(out, l->disk_bytes);
}

static void put_deploy(struct buf *out, const struct wire_deploy *d)
{
	wire_put_str(out, d->verify_http);
	wire_put_command(out, &d->verify_run);
	wire_put_i64(out, d->verify_within_ms);
	wire_put_command(out, &d->rollback);
	wire_put_u64(out, d->deployment);
}

void wire_grant_encode(const struct wire_grant *g, struct buf *out)
{
	wire_put_lease(out, &g->lease);
	wire_put_bool(out, g->strict);
	wire_put_u64(out, g->run);
	wire_put_u32(out, g->attempt);
	wire_put_str(out, g->pipeline);
	wire_put_str(out, g->step);
	wire_put_str(out, g->commit);
	wire_put_str(out, g->ref);
	wire_put_str(out, g->branch);
	wire_put_str(out, g->trigger);
	wire_put_command(out, &g->command);
	wire_put_str(out, g->workdir);
	put_files(out, g);
	put_pairs(out, g->env, g->env_count);
	put_pairs(out, g->params, g->param_count);
	put_pairs(out, g->matrix, g->matrix_count);
	put_limits(out, &g->limits);
	wire_put_str(out, g->devices);
	wire_put_str(out, g->checkpoint);
	wire_put_str(out, g->log);
	put_deploy(out, &g->deploy);
}

const char *wire_get_text(struct wire_reader *r, struct arena *arena)
{
	const char *s = wire_get_str(r);

	if (!s)
		r->failed = true;
	return arena_strdup(arena, s ? s : "");
}

static const char *get_optional(struct wire_reader *r, struct arena *arena)
{
	return arena_strdup(arena, wire_get_str(r));
}

static struct wire_pair *get_pairs(struct wire_reader *r, struct arena *arena, uint32_t *ret_count)
{
	uint32_t count = wire_get_count(r, 2 * STR_MIN);
	struct wire_pair *pairs = arena_array(arena, count, sizeof(*pairs));

	for (uint32_t i = 0; i < count; i++) {
		pairs[i].name = wire_get_text(r, arena);
		pairs[i].value = wire_get_text(r, arena);
	}
	*ret_count = count;
	return pairs;
}

void wire_get_command(struct wire_reader *r, struct arena *arena, struct wire_command *ret)
{
	ret->count = wire_get_count(r, STR_MIN);
	ret->words = arena_array(arena, ret->count + 1, sizeof(*ret->words));
	for (uint32_t i = 0; i < ret->count; i++)
		ret->words[i] = wire_get_text(r, arena);
}

static void get_files(struct wire_reader *r, struct arena *arena, struct wire_grant *g)
{
	g->has_sources = wire_get_bool(r);
	wire_get_digest(r, &g->sources);
	g->input_count = wire_get_count(r, 2 * STR_MIN + DIGEST_SIZE + 1);
	g->inputs = arena_array(arena, g->input_count, sizeof(*g->inputs));
	for (uint32_t i = 0; i < g->input_count; i++) {
		g->inputs[i].name = wire_get_text(r, arena);
		g->inputs[i].path = wire_get_text(r, arena);
		wire_get_digest(r, &g->inputs[i].digest);
		g->inputs[i].is_tree = wire_get_bool(r);
	}
	g->output_count = wire_get_count(r, 2 * STR_MIN);
	g->outputs = arena_array(arena, g->output_count, sizeof(*g->outputs));
	for (uint32_t i = 0; i < g->output_count; i++) {
		g->outputs[i].name = wire_get_text(r, arena);
		g->outputs[i].path = wire_get_text(r, arena);
	}
	g->metrics = get_optional(r, arena);
}

static void get_limits(struct wire_reader *r, struct wire_limits *l)
{
	l->memory_bytes = wire_get_u64(r);
	l->cpu_milli = wire_get_u32(r);
	l->gpus = wire_get_u32(r);
	l->timeout_ms = wire_get_i64(r);
	l->grace_ms = wire_get_i64(r);
	l->log_bytes = wire_get_u64(r);
	l->disk_bytes = wire_get_u64(r);
}

static void get_deploy(struct wire_reader *r, struct arena *arena, struct wire_deploy *d)
{
	d->verify_http = get_optional(r, arena);
	wire_get_command(r, arena, &d->verify_run);
	d->verify_within_ms = wire_get_i64(r);
	wire_get_command(r, arena, &d->rollback);
	d->deployment = wire_get_u64(r);
}

int wire_grant_decode(const void *data, size_t len, struct arena *arena, struct wire_grant *ret,
		      struct err *err)
{
	struct wire_grant g = { 0 };
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	wire_get_lease(&r, &g.lease);
	g.strict = wire_get_bool(&r);
	g.run = wire_get_u64(&r);
	g.attempt = wire_get_u32(&r);
	g.pipeline = wire_get_text(&r, arena);
	g.step = wire_get_text(&r, arena);
	g.commit = wire_get_text(&r, arena);
	g.ref = wire_get_text(&r, arena);
	g.branch = wire_get_text(&r, arena);
	g.trigger = wire_get_text(&r, arena);
	wire_get_command(&r, arena, &g.command);
	r.failed |= g.command.count == 0;
	g.workdir = wire_get_text(&r, arena);
	get_files(&r, arena, &g);
	g.env = get_pairs(&r, arena, &g.env_count);
	g.params = get_pairs(&r, arena, &g.param_count);
	g.matrix = get_pairs(&r, arena, &g.matrix_count);
	get_limits(&r, &g.limits);
	g.devices = wire_get_text(&r, arena);
	g.checkpoint = wire_get_text(&r, arena);
	g.log = wire_get_text(&r, arena);
	get_deploy(&r, arena, &g.deploy);
	rc = wire_reader_finish(&r, "scheduler.step.grant", err);
	if (rc == 0)
		*ret = g;
	return rc;
}
