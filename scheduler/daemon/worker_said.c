/* SPDX-License-Identifier: Apache-2.0 */
/* worker_said.c - what a registered worker says goes to the engine */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/daemon/complete.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/probe.h"
#include "scheduler/daemon/worker_link_priv.h"
#include "scheduler/engine/engine.h"
#include "store/records/batch.h"
#include "store/records/writer.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

static int get_lease(struct worker_link *link, const struct frame *f, struct wire_lease *ret,
		     struct err *err)
{
	int rc = wire_lease_decode(f->payload, f->len, ret, err);

	if (rc == 0 && !worker_link_owns(link, ret))
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
	if (!worker_link_owns(link, &m.lease))
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
	if (!worker_link_owns(link, &m.lease))
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
			worker_link_renew(link, &lease);
	}
	if (wire_reader_finish(&r, frame_name(f->type), err) < 0)
		return ERR_PROTOCOL;
	worker_link_accept(link, FRAME_SCHEDULER_HEARTBEAT_ACK);
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

int worker_link_said(struct worker_link *link, const struct frame *f, struct err *err)
{
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
