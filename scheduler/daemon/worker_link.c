/* SPDX-License-Identifier: Apache-2.0 */
/* worker_link.c - a worker's connection: what it says goes to the engine */
#include "scheduler/daemon/worker_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/daemon/complete.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

enum {
	NAME_MAX_SIZE = 250,       /* of a worker, its pool, its profile, a series */
	LABELS_MAX = 256,
	PROBE_OUTPUT_MAX = 4096,
};

struct worker_link {
	struct conn *conn;
	struct worker_link *next;
	bool is_registered;
	uint64_t session; /* what the engine calls it */
	struct wire_session full_session;
	uint64_t id;
	struct arena arena; /* of the row */
	struct worker_row row;
	struct arena scratch; /* of one message */
	int64_t heard_at;     /* as daemon_now() */
};

uint64_t worker_link_session_number(const uint8_t session[16])
{
	uint64_t n;

	memcpy(&n, session, sizeof(n));
	return n ? n : 1;
}

void worker_link_nonce(const struct daemon *d, uint64_t step, uint64_t fence,
		       const uint8_t session[16], struct digest *ret)
{
	uint8_t data[8 + 8 + WIRE_SESSION_SIZE];

	memcpy(data, &step, 8);
	memcpy(data + 8, &fence, 8);
	memcpy(data + 16, session, WIRE_SESSION_SIZE);
	hash_hmac(d->key, SERVER_KEY_SIZE, data, sizeof(data), ret);
}

static bool is_nonce_right(const struct worker_link *link, const struct wire_lease *lease)
{
	struct digest right;

	worker_link_nonce(conn_daemon(link->conn), lease->step_id, lease->fence,
			  link->full_session.bytes, &right);
	return digest_eq(&right, &lease->nonce);
}

/* ── what the scheduler says ──────────────────────────────────────────── */

struct worker_link *worker_link_find(struct daemon *d, uint64_t session)
{
	struct worker_link *link = d->links;

	while (link && !(link->is_registered && link->session == session))
		link = link->next;
	return link;
}

struct worker_link *worker_link_any(struct daemon *d)
{
	struct worker_link *link = d->links;

	while (link && !link->is_registered)
		link = link->next;
	return link;
}

uint64_t worker_link_id(const struct worker_link *link)
{
	return link->id;
}

const uint8_t *worker_link_session(const struct worker_link *link)
{
	return link->full_session.bytes;
}

void worker_link_send_grant(struct worker_link *link, const struct wire_grant *g)
{
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, FRAME_SCHEDULER_STEP_GRANT);

	wire_grant_encode(g, out);
	frame_end(out, mark);
}

void worker_link_send_cancel(struct worker_link *link, const struct wire_lease *lease, bool at_once)
{
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, at_once ? FRAME_SCHEDULER_STEP_KILL
					       : FRAME_SCHEDULER_STEP_CANCEL);

	wire_put_lease(out, lease);
	frame_end(out, mark);
}

void worker_link_send_probe(struct worker_link *link, const struct wire_probe *m)
{
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, FRAME_SCHEDULER_PROBE_RUN);

	wire_probe_encode(m, out);
	frame_end(out, mark);
}

static void send_answer(struct worker_link *link, const struct wire_lease *lease,
			enum wire_verdict verdict)
{
	const struct wire_answer m = { *lease, verdict };
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, FRAME_SCHEDULER_STEP_ANSWER);

	wire_answer_encode(&m, out);
	frame_end(out, mark);
}

void worker_link_answer(struct daemon *d, uint64_t session, const struct wire_lease *lease,
			int verdict)
{
	struct worker_link *link = worker_link_find(d, session);

	if (link)
		send_answer(link, lease, (enum wire_verdict)verdict);
}

static int64_t ttl_of(const struct daemon *d)
{
	return d->options.lease_ttl_ms ? d->options.lease_ttl_ms : ENGINE_TTL_MS;
}

static void send_accept(struct worker_link *link, enum frame_type type)
{
	struct daemon *d = conn_daemon(link->conn);
	const struct wire_accept m = { .epoch = d->epoch, .ttl_ms = ttl_of(d) };
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, type);

	wire_accept_encode(&m, out);
	frame_end(out, mark);
}

static void send_drain(struct worker_link *link)
{
	frame_put(conn_out(link->conn), FRAME_SCHEDULER_WORKER_DRAIN, "", 0);
}

static void drain(struct worker_link *link)
{
	send_drain(link);
	engine_worker_drain(conn_daemon(link->conn)->engine, link->session);
}

void worker_link_drain_all(struct daemon *d)
{
	for (struct worker_link *link = d->links; link; link = link->next)
		drain(link);
}

/* ── registration ─────────────────────────────────────────────────────── */

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

static void record_worker(struct worker_link *link, bool is_connected)
{
	link->row.is_connected = is_connected;
	link->row.seen_at = clock_wall_ms();
	batch_worker(writer_batch(conn_daemon(link->conn)->writer), &link->row);
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

static void renew_lease(struct worker_link *link, const struct wire_lease *l)
{
	struct daemon *d = conn_daemon(link->conn);
	enum lease_verdict v = LEASE_FENCED;

	if (is_nonce_right(link, l))
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
		renew_lease(link, &m->leases[i]);
	for (size_t i = 0; idmap_next(&d->runs, &i, &id, &run);)
		take_back_lost(link, run, m);
}

/* What it does, it does for nobody: whatever it was granted is not on record either. */
static void dismiss(struct worker_link *link, const struct wire_register *m)
{
	for (uint32_t i = 0; i < m->lease_count; i++)
		send_answer(link, &m->leases[i], WIRE_VERDICT_FENCED);
	send_drain(link);
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
	if (!is_word(m->name) || !is_word(m->pool) || strlen(m->profile) > NAME_MAX_SIZE)
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

static int handle_register(struct worker_link *link, const struct frame *f, struct err *err)
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
	record_worker(link, true);
	send_accept(link, FRAME_SCHEDULER_WORKER_ACCEPT);
	settle_leases(link, &m);
	if (d->is_stopping)
		drain(link);
	else
		probes_worker_ready(d->probes, link);
	return 0;
}

/* ── what a registered worker says ────────────────────────────────────── */

static int get_lease(struct worker_link *link, const struct frame *f, struct wire_lease *ret,
		     struct err *err)
{
	int rc = wire_lease_decode(f->payload, f->len, ret, err);

	if (rc == 0 && !is_nonce_right(link, ret))
		rc = err_set(err, ERR_DENIED, "%s: %s with a wrong nonce", link->row.name,
			     frame_name(f->type));
	return rc;
}

/* An answer that must wait for the commit of what it answers. */
struct late_answer {
	struct daemon *daemon;
	uint64_t session;
	struct wire_lease lease;
	enum wire_verdict verdict;
};

static void on_durable(void *arg)
{
	struct late_answer *a = arg;

	worker_link_answer(a->daemon, a->session, &a->lease, a->verdict);
	free(a);
}

static struct late_answer *late_answer(struct worker_link *link, const struct wire_lease *lease,
				       enum wire_verdict verdict)
{
	struct late_answer *a = mem_alloc(sizeof(*a));

	*a = (struct late_answer){ conn_daemon(link->conn), link->session, *lease, verdict };
	return a;
}

/* Others have started already and only tell. */
static bool is_strict(struct daemon *d, uint64_t step)
{
	uint32_t index;
	const struct live_run *run = live_of_step(d, step, &index);

	return run && run->plan->steps[index].def->on_lost == ON_LOST_MANUAL;
}

static int handle_start(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct daemon *d = conn_daemon(link->conn);
	struct wire_lease lease;
	int rc = get_lease(link, f, &lease, err);

	if (rc < 0)
		return rc;
	if (engine_start(d->engine, lease.step_id, lease.fence, link->session, daemon_now()) ==
	    LEASE_FENCED)
		worker_link_answer(d, link->session, &lease, WIRE_VERDICT_FENCED);
	else if (is_strict(d, lease.step_id))
		daemon_when_durable(d, on_durable, late_answer(link, &lease, WIRE_VERDICT_STARTED));
	return 0;
}

static int handle_release(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct daemon *d = conn_daemon(link->conn);
	struct wire_lease lease;
	int rc = get_lease(link, f, &lease, err);

	if (rc < 0)
		return rc;
	if (engine_release(d->engine, lease.step_id, lease.fence, link->session, daemon_now()) ==
	    LEASE_FENCED)
		worker_link_answer(d, link->session, &lease, WIRE_VERDICT_FENCED);
	else
		batch_on_commit(writer_batch(d->writer), on_durable,
				late_answer(link, &lease, WIRE_VERDICT_RELEASED));
	return 0;
}

static int handle_complete(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct daemon *d = conn_daemon(link->conn);
	struct wire_complete m;
	struct digest body;
	int rc = wire_complete_decode(f->payload, f->len, &link->scratch, &m, err);

	if (rc < 0)
		return rc;
	if (!is_nonce_right(link, &m.lease))
		return err_set(err, ERR_DENIED, "%s: a completion with a wrong nonce",
			       link->row.name);
	hash_bytes(f->payload, f->len, &body);
	complete_step(d, link, link->session, &m, &body);
	return 0;
}

/* Points of one series go into the records together: next[i] is the next point of the
 * series of point i, counted from 1. */
static void record_points(struct worker_link *link, const struct wire_points *m)
{
	struct batch *batch = writer_batch(conn_daemon(link->conn)->writer);
	struct metric_point *points = arena_array(&link->scratch, m->point_count, sizeof(*points));
	uint32_t *next = arena_array(&link->scratch, m->point_count, sizeof(*next));
	struct map last = MAP_INIT;
	bool *is_taken = arena_array(&link->scratch, m->point_count, sizeof(*is_taken));

	for (uint32_t i = 0; i < m->point_count; i++) {
		uintptr_t before = (uintptr_t)map_set(&last, m->points[i].series,
						      (void *)(uintptr_t)(i + 1));

		if (before)
			next[before - 1] = i + 1;
	}
	map_finish(&last);
	for (uint32_t i = 0; i < m->point_count; i++) {
		size_t count = 0;

		for (uint32_t j = i + 1; j && !is_taken[j - 1]; j = next[j - 1]) {
			const struct wire_point *p = &m->points[j - 1];

			points[count++] = (struct metric_point){ p->step, p->at, p->value };
			is_taken[j - 1] = true;
		}
		if (count)
			batch_metric_points(batch, m->lease.step_id, m->lease.fence,
					    m->points[i].series, points, count);
	}
}

/* Names as a metrics file may have them. */
static bool are_series_named(const struct wire_points *m)
{
	for (uint32_t i = 0; i < m->point_count; i++) {
		if (strlen(m->points[i].series) > NAME_MAX_SIZE)
			return false;
	}
	return true;
}

static int handle_points(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct daemon *d = conn_daemon(link->conn);
	struct wire_points m;
	int rc = wire_points_decode(f->payload, f->len, &link->scratch, &m, err);

	if (rc < 0)
		return rc;
	if (!is_nonce_right(link, &m.lease))
		return err_set(err, ERR_DENIED, "%s: points with a wrong nonce", link->row.name);
	if (!are_series_named(&m))
		return err_set(err, ERR_TOO_LARGE, "%s: an overlong name of a series",
			       link->row.name);
	if (engine_heartbeat(d->engine, m.lease.step_id, m.lease.fence, link->session,
			     daemon_now()) != LEASE_FENCED)
		record_points(link, &m);
	return 0;
}

/* A heartbeat renews every lease that the engine has for the session; those it was
 * to cancel or has given up are told again. */
static int handle_heartbeat(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct wire_reader r;
	uint32_t count;

	wire_reader_init(&r, f->payload, f->len);
	count = wire_get_count(&r, 8 + 8 + DIGEST_SIZE);
	for (uint32_t i = 0; i < count; i++) {
		struct wire_lease lease;

		wire_get_lease(&r, &lease);
		if (!r.failed)
			renew_lease(link, &lease);
	}
	if (wire_reader_finish(&r, frame_name(f->type), err) < 0)
		return ERR_PROTOCOL;
	send_accept(link, FRAME_SCHEDULER_HEARTBEAT_ACK);
	return 0;
}

static int handle_probe(struct worker_link *link, const struct frame *f, struct err *err)
{
	struct wire_probe_done m;
	int rc = wire_probe_done_decode(f->payload, f->len, &link->scratch, &m, err);

	if (rc == 0 && strlen(m.output) > PROBE_OUTPUT_MAX)
		rc = err_set(err, ERR_PROTOCOL, "%s: an overlong fingerprint", link->row.name);
	if (rc == 0)
		probes_answered(conn_daemon(link->conn)->probes, &m);
	return rc;
}

static int on_frame(struct conn *c, const struct frame *f, struct err *err)
{
	struct worker_link *link = conn_owner(c);

	arena_finish(&link->scratch);
	link->heard_at = daemon_now();
	if (!link->is_registered && f->type != FRAME_WORKER_REGISTER)
		return err_set(err, ERR_PROTOCOL, "%s before worker.register", frame_name(f->type));
	if (f->type == FRAME_WORKER_REGISTER)
		return handle_register(link, f, err);
	if (f->type == FRAME_WORKER_HEARTBEAT)
		return handle_heartbeat(link, f, err);
	if (f->type == FRAME_WORKER_STEP_START)
		return handle_start(link, f, err);
	if (f->type == FRAME_WORKER_STEP_COMPLETE)
		return handle_complete(link, f, err);
	if (f->type == FRAME_WORKER_STEP_RELEASE)
		return handle_release(link, f, err);
	if (f->type == FRAME_WORKER_STEP_POINTS)
		return handle_points(link, f, err);
	if (f->type == FRAME_WORKER_PROBE_DONE)
		return handle_probe(link, f, err);
	return err_set(err, ERR_PROTOCOL, "a worker does not say %s", frame_name(f->type));
}

/* ── silence, and the end ─────────────────────────────────────────────── */

static bool holds_lease(struct daemon *d, uint64_t session)
{
	struct step_view v;
	uint64_t id;
	void *run;

	for (size_t i = 0; idmap_next(&d->runs, &i, &id, &run);) {
		const struct live_run *live = run;

		for (uint32_t s = 0; s < live->plan->count; s++) {
			if (!step_state_is_terminal(live->steps[s].state) &&
			    engine_step_view(d->engine, step_id(id, s), &v) == 0 && v.is_live &&
			    v.session == session)
				return true;
		}
	}
	return false;
}

void worker_link_end_silent(struct daemon *d)
{
	int64_t since = daemon_now() - ttl_of(d);

	for (struct worker_link *link = d->links; link; link = link->next) {
		if (!link->is_registered || link->heard_at > since ||
		    !holds_lease(d, link->session))
			continue;
		log_warn("%s: silent for longer than its leases last; cut off", link->row.name);
		engine_worker_pause(d->engine, link->session);
		conn_close(link->conn);
	}
}

/* By another session of that name: the worker's row is that one's now. */
static bool is_replaced(const struct worker_link *link)
{
	for (struct worker_link *l = conn_daemon(link->conn)->links; l; l = l->next) {
		if (l->is_registered && l->id == link->id)
			return true;
	}
	return false;
}

static void on_closed(struct conn *c)
{
	struct worker_link *link = conn_owner(c);
	struct daemon *d = conn_daemon(c);
	struct worker_link **at = &d->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	if (link->is_registered)
		probes_worker_gone(d->probes, link);
	if (link->is_registered && !worker_link_find(d, link->session)) {
		engine_worker_pause(d->engine, link->session);
		if (!is_replaced(link))
			record_worker(link, false);
		local_reap(d->local);
	}
	arena_finish(&link->arena);
	arena_finish(&link->scratch);
	free(link);
	daemon_judge_idle(d);
}

static const struct conn_role role = { "worker", on_frame, on_closed };

int worker_link_open(struct conn *c, struct err *err)
{
	struct worker_link *link = mem_alloc(sizeof(*link));
	struct daemon *d = conn_daemon(c);

	(void)err;
	link->conn = c;
	link->next = d->links;
	d->links = link;
	conn_set_role(c, &role, link);
	return 0;
}
