/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.c - what the scheduler says, and what is said to it first */
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/slot.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

static struct slot *slot_of(struct agent *a, const struct wire_lease *lease)
{
	for (uint32_t i = 0; i < a->options->slots; i++) {
		struct attempt *attempt = slot_attempt(a->slots[i]);

		if (attempt && attempt_is(attempt, lease))
			return a->slots[i];
	}
	return NULL;
}

/* ── registration and heartbeats ──────────────────────────────────────── */

static void add_leases(const struct attempt_list *list, struct wire_lease *leases, uint32_t *count)
{
	for (const struct attempt *at = list->first; at; at = at->next)
		leases[(*count)++] = at->grant.lease;
}

/* All that are held, in the arena; a fenced one is not. */
static struct wire_lease *leases_of(const struct agent *a, struct arena *arena, uint32_t *ret_count)
{
	uint32_t max = a->queue.count + a->reports.count + a->options->slots, count = 0;
	struct wire_lease *leases = arena_array(arena, max, sizeof(*leases));

	add_leases(&a->queue, leases, &count);
	for (uint32_t i = 0; i < a->options->slots; i++) {
		struct attempt *attempt = slot_attempt(a->slots[i]);

		if (attempt && attempt->stop != ATTEMPT_FENCED)
			leases[count++] = attempt->grant.lease;
	}
	add_leases(&a->reports, leases, &count);
	*ret_count = count;
	return leases;
}

void inbox_greet(struct agent *a)
{
	const struct agent_options *o = a->options;
	struct buf *out = link_out(&a->link);
	struct arena arena = ARENA_INIT;
	size_t mark = frame_begin(out, FRAME_WORKER_REGISTER);
	struct wire_register m = {
		.version = WIRE_VERSION,
		.session = a->session,
		.name = o->name,
		.pool = o->pool,
		.pid = getpid(),
		.slots = o->slots,
		.cpu_milli = o->cpu_milli,
		.memory_bytes = o->memory_bytes,
		.disk_bytes = o->disk_bytes,
		.devices = (struct wire_device *)o->devices,
		.device_count = o->device_count,
		.labels = (const char **)o->labels,
		.label_count = o->label_count,
		.profile = slot_profile(a->slots[0]),
	};

	m.leases = leases_of(a, &arena, &m.lease_count);
	wire_register_encode(&m, out);
	frame_end(out, mark);
	arena_finish(&arena);
	lease_sent(&a->lease, a->now_ms);
}

void inbox_heartbeat(struct agent *a)
{
	struct buf *out = link_out(&a->link);
	struct arena arena = ARENA_INIT;
	size_t mark = frame_begin(out, FRAME_WORKER_HEARTBEAT);
	struct wire_heartbeat m;

	m.leases = leases_of(a, &arena, &m.lease_count);
	wire_heartbeat_encode(&m, out);
	frame_end(out, mark);
	arena_finish(&arena);
	lease_sent(&a->lease, a->now_ms);
}

/* Says again what may not have been heard. */
static void resume(struct agent *a)
{
	link_up(&a->link);
	for (uint32_t i = 0; i < a->options->slots; i++)
		slot_resume(a->slots[i]);
	for (const struct attempt *at = a->reports.first; at; at = at->next)
		buf_append(link_out(&a->link), at->report.data, at->report.len);
}

static int take_accept(struct agent *a, const struct frame *f, struct err *err)
{
	struct wire_accept m;
	int rc = wire_accept_decode(f->payload, f->len, &m, err);

	if (rc < 0)
		return rc;
	if (m.ttl_ms <= 0)
		return err_set(err, ERR_PROTOCOL, "a lease of %lld ms", (long long)m.ttl_ms);
	if (!lease_answered(&a->lease, &m))
		return err_set(err, ERR_STATE, "its epoch %llu is before %llu, which was seen",
			       (unsigned long long)m.epoch, (unsigned long long)a->lease.epoch);
	for (uint32_t i = 0; i < a->options->slots; i++)
		slot_renew(a->slots[i]);
	if (!a->link.is_up)
		resume(a);
	return 0;
}

/* ── grants, and what concerns them ───────────────────────────────────── */

static bool is_known(struct agent *a, const struct wire_lease *lease)
{
	return slot_of(a, lease) || attempt_list_find(&a->queue, lease) ||
	       attempt_list_find(&a->reports, lease);
}

static int take_grant(struct agent *a, const struct frame *f, struct err *err)
{
	struct attempt *attempt = attempt_create(f, err);

	if (!attempt)
		return err->code;
	if (is_known(a, &attempt->grant.lease)) {
		attempt_destroy(attempt);
		return 0;
	}
	lease_granted(&a->lease, a->now_ms);
	if (a->is_draining) {
		agent_release(a, attempt);
		return 0;
	}
	if (a->queue.count == 0)
		a->moved_ms = a->now_ms;
	attempt_list_add(&a->queue, attempt);
	return 0;
}

/* An attempt that waits for its answer gets it. */
static void settle_report(struct agent *a, struct attempt *attempt, enum wire_verdict verdict)
{
	attempt_list_remove(&a->reports, attempt);
	if (verdict == WIRE_VERDICT_MISSING && attempt_vanished(attempt)) {
		agent_report(a, attempt);
		return;
	}
	if (verdict != WIRE_VERDICT_RECORDED)
		log_warn("%s, attempt %u of run %llu: its end was not recorded: %s",
			 attempt->grant.step, attempt->grant.attempt,
			 (unsigned long long)attempt->grant.run, wire_verdict_name(verdict));
	attempt_destroy(attempt);
}

static void forget_queued(struct agent *a, struct attempt *attempt)
{
	attempt_list_remove(&a->queue, attempt);
	attempt_destroy(attempt);
}

static int take_answer(struct agent *a, const struct frame *f, struct err *err)
{
	struct wire_answer m;
	struct attempt *attempt;
	struct slot *slot;
	int rc = wire_answer_decode(f->payload, f->len, &m, err);

	if (rc < 0)
		return rc;
	slot = slot_of(a, &m.lease);
	if (slot && m.verdict == WIRE_VERDICT_STARTED)
		slot_allow(slot);
	else if (slot && m.verdict == WIRE_VERDICT_FENCED)
		slot_fence(slot);
	else if ((attempt = attempt_list_find(&a->reports, &m.lease)) &&
		 m.verdict != WIRE_VERDICT_STARTED)
		settle_report(a, attempt, m.verdict);
	else if ((attempt = attempt_list_find(&a->queue, &m.lease)) &&
		 m.verdict == WIRE_VERDICT_FENCED)
		forget_queued(a, attempt);
	return 0; /* else it is of a lease that we gave back */
}

/* CANCEL and KILL; what waits in the queue just does not begin. */
static int take_cancel(struct agent *a, const struct frame *f, struct err *err)
{
	struct wire_lease lease;
	struct attempt *attempt;
	struct slot *slot;
	int rc = wire_lease_decode(f->payload, f->len, &lease, err);

	if (rc < 0)
		return rc;
	slot = slot_of(a, &lease);
	attempt = attempt_list_find(&a->queue, &lease);
	if (slot && f->type == FRAME_SCHEDULER_STEP_KILL) {
		slot_kill(slot);
	} else if (slot) {
		slot_cancel(slot);
	} else if (attempt) {
		attempt_list_remove(&a->queue, attempt);
		attempt_cancelled(attempt);
		agent_report(a, attempt);
	}
	return 0;
}

static int take_drain(struct agent *a, const struct frame *f, struct err *err)
{
	(void)f, (void)err;
	agent_drain(a);
	return 0;
}

static int take_probe(struct agent *a, const struct frame *f, struct err *err)
{
	return prober_take(&a->prober, f, err);
}

int inbox_take(struct agent *a, const struct frame *f, struct err *err)
{
	static int (*const takers[FRAME_COUNT])(struct agent *, const struct frame *,
						struct err *) = {
		[FRAME_SCHEDULER_WORKER_ACCEPT] = take_accept,
		[FRAME_SCHEDULER_HEARTBEAT_ACK] = take_accept,
		[FRAME_SCHEDULER_STEP_GRANT] = take_grant,
		[FRAME_SCHEDULER_STEP_ANSWER] = take_answer,
		[FRAME_SCHEDULER_STEP_CANCEL] = take_cancel,
		[FRAME_SCHEDULER_STEP_KILL] = take_cancel,
		[FRAME_SCHEDULER_PROBE_RUN] = take_probe,
		[FRAME_SCHEDULER_WORKER_DRAIN] = take_drain,
	};

	if (!takers[f->type])
		return err_set(err, ERR_PROTOCOL, "a worker is not told %s", frame_name(f->type));
	return takers[f->type](a, f, err);
}
