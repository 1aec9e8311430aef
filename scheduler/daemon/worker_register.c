/* SPDX-License-Identifier: Apache-2.0 */
/* worker_register.c - who a worker is, and what it still holds */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/worker_link_priv.h"
#include "scheduler/engine/engine.h"
#include "workers/wire/message.h"

static const char *resources_json(struct arena *a, const struct wire_register *m)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	json_write_object(&w, NULL);
	json_write_double(&w, "cpu", (double)m->cpu_milli / 1000);
	json_write_int(&w, "memory", (int64_t)m->memory_bytes);
	json_write_int(&w, "gpu", m->device_count);
	json_write_int(&w, "disk", (int64_t)m->disk_bytes);
	json_write_end(&w);
	copy = arena_strndup(a, out.data, out.len);
	buf_finish(&out);
	return copy;
}

static const char *labels_json(struct arena *a, const struct wire_register *m)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };
	const char *copy;

	json_write_array(&w, NULL);
	for (uint32_t i = 0; i < m->label_count; i++)
		json_write_string(&w, NULL, m->labels[i]);
	json_write_end(&w);
	copy = arena_strndup(a, out.data, out.len);
	buf_finish(&out);
	return copy;
}

static uint64_t worker_id(struct daemon *d, const char *name)
{
	uint64_t id = (uint64_t)(uintptr_t)map_get(&d->worker_ids, name);

	if (!id) {
		id = d->next_worker++;
		map_set(&d->worker_ids, name, (void *)(uintptr_t)id);
	}
	return id;
}

static void fill_row(struct worker_link *link, const struct wire_register *m)
{
	struct arena *a = &link->arena;

	arena_finish(a);
	link->row = (struct worker_row){
		.id = link->id,
		.name = arena_strdup(a, m->name),
		.pool = arena_strdup(a, m->pool),
		.pid = m->pid,
		.slots = m->slots,
		.resources = resources_json(a, m),
		.labels = labels_json(a, m),
		.profile = arena_strdup(a, m->profile),
	};
	memcpy(link->row.session, m->session.bytes, SESSION_SIZE);
}

/* A pool that this machine's scheduler did not declare is the worker's own. */
static uint32_t pool_of(struct daemon *d, const struct wire_register *m, struct arena *a)
{
	int64_t *memory = arena_array(a, m->device_count, sizeof(*memory));
	struct pool_spec spec = { .name = m->pool,
				  .cpu_milli = m->cpu_milli,
				  .memory_bytes = (int64_t)m->memory_bytes,
				  .disk_bytes = (int64_t)m->disk_bytes,
				  .gpu_memory_bytes = memory,
				  .gpus = m->device_count };

	if (local_is_ours(d->local, m->pool))
		return local_pool(d->local);
	for (uint32_t i = 0; i < m->device_count; i++)
		memory[i] = (int64_t)m->devices[i].memory_bytes;
	return engine_pool_declare(d->engine, &spec);
}

/* An attempt that ended by its own completion is not told that it is over: what it
 * waits for is "recorded", which comes with the commit. */
static bool is_finished(struct worker_link *link, const struct wire_lease *l)
{
	const struct digest other_body = { { 0 } };
	enum complete_verdict v = engine_complete_check(conn_daemon(link->conn)->engine, l->step_id,
							l->fence, link->session, &other_body);

	return v == COMPLETE_CONFLICT || v == COMPLETE_RECORDED;
}

void worker_link_renew(struct worker_link *link, const struct wire_lease *l)
{
	struct daemon *d = conn_daemon(link->conn);
	enum lease_verdict v = LEASE_FENCED;

	if (worker_link_owns(link, l))
		v = engine_heartbeat(d->engine, l->step_id, l->fence, link->session, daemon_now());
	if (v == LEASE_CANCEL)
		worker_link_send_cancel(link, l, false);
	else if (v == LEASE_FENCED && !is_finished(link, l))
		worker_link_answer(d, link->session, l, WIRE_VERDICT_FENCED);
}

static bool is_listed(const struct wire_register *m, uint64_t step, uint64_t fence)
{
	for (uint32_t i = 0; i < m->lease_count; i++) {
		if (m->leases[i].step_id == step && m->leases[i].fence == fence)
			return true;
	}
	return false;
}

/* What was granted to the session and is not among its leases never arrived. */
static void take_back_lost(struct worker_link *link, struct live_run *run,
			   const struct wire_register *m)
{
	struct engine *e = run->daemon->engine;

	for (uint32_t i = 0; i < run->plan->count; i++) {
		uint64_t step = step_id(run->id, i);
		struct step_view v;

		if (run->steps[i].state == STEP_STATE_LEASED && engine_step_view(e, step, &v) == 0 &&
		    v.is_live && v.session == link->session && !is_listed(m, step, v.fence))
			engine_release(e, step, v.fence, link->session, daemon_now());
	}
}

static void settle_leases(struct worker_link *link, const struct wire_register *m)
{
	struct daemon *d = conn_daemon(link->conn);
	uint64_t id;
	void *run;

	for (uint32_t i = 0; i < m->lease_count; i++)
		worker_link_renew(link, &m->leases[i]);
	for (size_t i = 0; idmap_next(&d->runs, &i, &id, &run);)
		take_back_lost(link, run, m);
}

/* What it does, it does for nobody: whatever it was granted is not on record either. */
static void dismiss(struct worker_link *link, const struct wire_register *m)
{
	for (uint32_t i = 0; i < m->lease_count; i++)
		worker_link_send_answer(link, &m->leases[i], WIRE_VERDICT_FENCED);
	worker_link_send_drain(link);
}

static bool is_word(const char *text)
{
	return *text && strlen(text) <= NAME_MAX_SIZE;
}

/* What can be believed and kept; a worker is no part of this process. */
static int check_registration(const struct worker_link *link, const struct wire_register *m,
			      struct err *err)
{
	if (link->is_registered)
		return err_set(err, ERR_PROTOCOL, "%s registers twice", link->row.name);
	if (m->version != WIRE_VERSION)
		return err_set(err, ERR_VERSION, "worker %.*s speaks version %u, this scheduler %d",
			       NAME_MAX_SIZE, m->name, m->version, WIRE_VERSION);
	if (!is_word(m->name) || !is_word(m->pool) ||
	    strlen(m->profile) > NAME_MAX_SIZE)
		return err_set(err, ERR_INVALID, "a worker without a name, or with a long one");
	if (m->device_count > POOL_GPUS_MAX || m->label_count > LABELS_MAX ||
	    m->memory_bytes > INT64_MAX || m->disk_bytes > INT64_MAX)
		return err_set(err, ERR_TOO_LARGE, "worker %s has more than a machine can have",
			       m->name);
	for (uint32_t i = 0; i < m->device_count; i++) {
		if (m->devices[i].memory_bytes > INT64_MAX)
			return err_set(err, ERR_TOO_LARGE, "worker %s: so much memory has no GPU",
				       m->name);
	}
	return 0;
}

int worker_link_register(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct daemon *d = conn_daemon(link->conn);
	struct wire_register m;
	struct engine_worker worker;
	int rc = wire_register_decode(f->payload, f->len, &link->scratch, &m, err);

	if (rc == 0)
		rc = check_registration(link, &m, err);
	if (rc < 0)
		return rc;
	link->full_session = m.session;
	link->session = worker_link_session_number(m.session.bytes);
	if (local_is_ours(d->local, m.pool) && !local_seen(d->local, (pid_t)m.pid, link->session)) {
		dismiss(link, &m);
		return 0;
	}
	link->id = worker_id(d, m.name);
	fill_row(link, &m);
	worker = (struct engine_worker){ .session = link->session,
					 .name = m.name,
					 .pool = pool_of(d, &m, &link->scratch),
					 .slots = m.slots,
					 .labels = m.labels,
					 .label_count = m.label_count };
	rc = engine_worker_register(d->engine, &worker, daemon_now());
	if (rc < 0)
		return err_set(err, rc, "worker %s: no such pool: %s", m.name, m.pool);
	link->is_registered = true;
	worker_link_record(link, true);
	worker_link_accept(link, FRAME_SCHEDULER_WORKER_ACCEPT);
	settle_leases(link, &m);
	if (d->is_stopping)
		worker_link_drain(link);
	else
		probes_worker_ready(d->probes, link);
	return 0;
}
