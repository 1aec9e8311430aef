/* SPDX-License-Identifier: Apache-2.0 */
/* worker_link.c - a worker's connection: its life, and what is said to it */
#include "scheduler/daemon/worker_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/worker_link_priv.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

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

bool worker_link_owns(const struct worker_link *link, const struct wire_lease *lease)
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

void worker_link_send_answer(struct worker_link *link, const struct wire_lease *lease,
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
		worker_link_send_answer(link, lease, (enum wire_verdict)verdict);
}

static int64_t ttl_of(const struct daemon *d)
{
	return d->options.lease_ttl_ms ? d->options.lease_ttl_ms : ENGINE_TTL_MS;
}

void worker_link_accept(struct worker_link *link, enum frame_type type)
{
	struct daemon *d = conn_daemon(link->conn);
	const struct wire_accept m = { .epoch = d->epoch, .ttl_ms = ttl_of(d) };
	struct buf *out = conn_out(link->conn);
	size_t mark = frame_begin(out, type);

	wire_accept_encode(&m, out);
	frame_end(out, mark);
}

void worker_link_send_drain(struct worker_link *link)
{
	frame_put(conn_out(link->conn), FRAME_SCHEDULER_WORKER_DRAIN, "", 0);
}

void worker_link_drain(struct worker_link *link)
{
	worker_link_send_drain(link);
	engine_worker_drain(conn_daemon(link->conn)->engine, link->session);
}

void worker_link_drain_all(struct daemon *d)
{
	for (struct worker_link *link = d->links; link; link = link->next)
		worker_link_drain(link);
}

void worker_link_record(struct worker_link *link, bool is_connected)
{
	link->row.is_connected = is_connected;
	link->row.seen_at = clock_wall_ms();
	batch_worker(writer_batch(conn_daemon(link->conn)->writer), &link->row);
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
			worker_link_record(link, false);
		local_reap(d->local);
	}
	arena_finish(&link->arena);
	arena_finish(&link->scratch);
	free(link);
	daemon_judge_idle(d);
}

static int on_frame(struct conn *c, const struct frame *f, struct err *err)
{
	struct worker_link *link = conn_owner(c);

	arena_finish(&link->scratch);
	link->heard_at = daemon_now();
	if (f->type == FRAME_WORKER_REGISTER)
		return worker_link_register(link, f, err);
	if (!link->is_registered)
		return err_set(err, ERR_PROTOCOL, "%s before worker.register", frame_name(f->type));
	return worker_link_said(link, f, err);
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
