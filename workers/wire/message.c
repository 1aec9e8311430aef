/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - the worker protocol's other messages */
#include "workers/wire/message.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"

enum { STR_MIN = 4, LEASE_SIZE = 8 + 8 + DIGEST_SIZE };

static const char *const verdict_names[WIRE_VERDICT_COUNT] = {
	[WIRE_VERDICT_STARTED] = "started",   [WIRE_VERDICT_RECORDED] = "recorded",
	[WIRE_VERDICT_RELEASED] = "released", [WIRE_VERDICT_FENCED] = "fenced",
	[WIRE_VERDICT_CONFLICT] = "conflict", [WIRE_VERDICT_MISSING] = "missing",
};

const char *wire_verdict_name(enum wire_verdict v)
{
	return (unsigned)v < WIRE_VERDICT_COUNT ? verdict_names[v] : "unknown";
}

static void put_leases(const struct wire_lease *leases, uint32_t count, struct buf *out)
{
	wire_put_u32(out, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_lease(out, &leases[i]);
}

void wire_register_encode(const struct wire_register *m, struct buf *out)
{
	wire_put_u32(out, m->version);
	buf_append(out, m->session.bytes, WIRE_SESSION_SIZE);
	wire_put_str(out, m->name);
	wire_put_str(out, m->pool);
	wire_put_i64(out, m->pid);
	wire_put_u32(out, m->slots);
	wire_put_u32(out, m->cpu_milli);
	wire_put_u64(out, m->memory_bytes);
	wire_put_u64(out, m->disk_bytes);
	wire_put_u32(out, m->device_count);
	for (uint32_t i = 0; i < m->device_count; i++) {
		wire_put_str(out, m->devices[i].uuid);
		wire_put_str(out, m->devices[i].name);
		wire_put_u64(out, m->devices[i].memory_bytes);
	}
	wire_put_u32(out, m->label_count);
	for (uint32_t i = 0; i < m->label_count; i++)
		wire_put_str(out, m->labels[i]);
	wire_put_str(out, m->profile);
	put_leases(m->leases, m->lease_count, out);
}

static void get_session(struct wire_reader *r, struct wire_session *ret)
{
	for (int i = 0; i < WIRE_SESSION_SIZE; i++)
		ret->bytes[i] = wire_get_u8(r);
}

static void get_devices(struct wire_reader *r, struct arena *a, struct wire_register *m)
{
	m->device_count = wire_get_count(r, 2 * STR_MIN + 8);
	m->devices = arena_array(a, m->device_count, sizeof(*m->devices));
	for (uint32_t i = 0; i < m->device_count; i++) {
		m->devices[i].uuid = wire_get_text(r, a);
		m->devices[i].name = wire_get_text(r, a);
		m->devices[i].memory_bytes = wire_get_u64(r);
	}
}

static void get_labels(struct wire_reader *r, struct arena *a, struct wire_register *m)
{
	m->label_count = wire_get_count(r, STR_MIN);
	m->labels = arena_array(a, m->label_count, sizeof(*m->labels));
	for (uint32_t i = 0; i < m->label_count; i++)
		m->labels[i] = wire_get_text(r, a);
}

static struct wire_lease *get_leases(struct wire_reader *r, struct arena *a, uint32_t *ret_count)
{
	uint32_t count = wire_get_count(r, LEASE_SIZE);
	struct wire_lease *leases = arena_array(a, count, sizeof(*leases));

	for (uint32_t i = 0; i < count; i++)
		wire_get_lease(r, &leases[i]);
	*ret_count = count;
	return leases;
}

int wire_register_decode(const void *data, size_t len, struct arena *a, struct wire_register *ret,
			 struct err *err)
{
	struct wire_register m = { 0 };
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	m.version = wire_get_u32(&r);
	get_session(&r, &m.session);
	m.name = wire_get_text(&r, a);
	m.pool = wire_get_text(&r, a);
	m.pid = wire_get_i64(&r);
	m.slots = wire_get_u32(&r);
	m.cpu_milli = wire_get_u32(&r);
	m.memory_bytes = wire_get_u64(&r);
	m.disk_bytes = wire_get_u64(&r);
	get_devices(&r, a, &m);
	get_labels(&r, a, &m);
	m.profile = wire_get_text(&r, a);
	m.leases = get_leases(&r, a, &m.lease_count);
	rc = wire_reader_finish(&r, frame_name(FRAME_WORKER_REGISTER), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_heartbeat_encode(const struct wire_heartbeat *m, struct buf *out)
{
	put_leases(m->leases, m->lease_count, out);
}

int wire_heartbeat_decode(const void *data, size_t len, struct arena *a, struct wire_heartbeat *ret,
			  struct err *err)
{
	struct wire_heartbeat m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	m.leases = get_leases(&r, a, &m.lease_count);
	rc = wire_reader_finish(&r, frame_name(FRAME_WORKER_HEARTBEAT), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_accept_encode(const struct wire_accept *m, struct buf *out)
{
	wire_put_u64(out, m->epoch);
	wire_put_i64(out, m->ttl_ms);
}

int wire_accept_decode(const void *data, size_t len, struct wire_accept *ret, struct err *err)
{
	struct wire_accept m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	m.epoch = wire_get_u64(&r);
	m.ttl_ms = wire_get_i64(&r);
	rc = wire_reader_finish(&r, frame_name(FRAME_SCHEDULER_WORKER_ACCEPT), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_complete_encode(const struct wire_complete *m, struct buf *out)
{
	wire_put_lease(out, &m->lease);
	wire_put_u8(out, (uint8_t)m->outcome);
	wire_put_u8(out, (uint8_t)m->reason);
	wire_put_u32(out, (uint32_t)m->exit_code);
	wire_put_u32(out, (uint32_t)m->signal);
	wire_put_str(out, m->message);
	wire_put_i64(out, m->started_at);
	wire_put_i64(out, m->finished_at);
	wire_put_i64(out, m->run_us);
	wire_put_i64(out, m->cpu_user_us);
	wire_put_i64(out, m->cpu_system_us);
	wire_put_u64(out, m->peak_memory_bytes);
	wire_put_str(out, m->profile);
	wire_put_u64(out, m->log_bytes);
	wire_put_u32(out, m->output_count);
	for (uint32_t i = 0; i < m->output_count; i++) {
		wire_put_str(out, m->outputs[i].name);
		wire_put_digest(out, &m->outputs[i].digest);
		wire_put_bool(out, m->outputs[i].is_tree);
		wire_put_u64(out, m->outputs[i].size_bytes);
		wire_put_u64(out, m->outputs[i].files);
	}
	wire_put_u32(out, m->metric_count);
	for (uint32_t i = 0; i < m->metric_count; i++) {
		wire_put_str(out, m->metrics[i].name);
		wire_put_f64(out, m->metrics[i].value);
	}
}

static void get_outputs(struct wire_reader *r, struct arena *a, struct wire_complete *m)
{
	m->output_count = wire_get_count(r, STR_MIN + DIGEST_SIZE + 1 + 16);
	m->outputs = arena_array(a, m->output_count, sizeof(*m->outputs));
	for (uint32_t i = 0; i < m->output_count; i++) {
		m->outputs[i].name = wire_get_text(r, a);
		wire_get_digest(r, &m->outputs[i].digest);
		m->outputs[i].is_tree = wire_get_bool(r);
		m->outputs[i].size_bytes = wire_get_u64(r);
		m->outputs[i].files = wire_get_u64(r);
	}
}

static void get_metrics(struct wire_reader *r, struct arena *a, struct wire_complete *m)
{
	m->metric_count = wire_get_count(r, STR_MIN + 8);
	m->metrics = arena_array(a, m->metric_count, sizeof(*m->metrics));
	for (uint32_t i = 0; i < m->metric_count; i++) {
		m->metrics[i].name = wire_get_text(r, a);
		m->metrics[i].value = wire_get_f64(r);
	}
}

int wire_complete_decode(const void *data, size_t len, struct arena *a, struct wire_complete *ret,
			 struct err *err)
{
	struct wire_complete m = { 0 };
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	wire_get_lease(&r, &m.lease);
	m.outcome = (enum outcome)wire_get_enum(&r, OUTCOME_COUNT);
	m.reason = (enum reason)wire_get_enum(&r, REASON_COUNT);
	m.exit_code = (int32_t)wire_get_u32(&r);
	m.signal = (int32_t)wire_get_u32(&r);
	m.message = wire_get_text(&r, a);
	m.started_at = wire_get_i64(&r);
	m.finished_at = wire_get_i64(&r);
	m.run_us = wire_get_i64(&r);
	m.cpu_user_us = wire_get_i64(&r);
	m.cpu_system_us = wire_get_i64(&r);
	m.peak_memory_bytes = wire_get_u64(&r);
	m.profile = wire_get_text(&r, a);
	m.log_bytes = wire_get_u64(&r);
	get_outputs(&r, a, &m);
	get_metrics(&r, a, &m);
	rc = wire_reader_finish(&r, frame_name(FRAME_WORKER_STEP_COMPLETE), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_points_encode(const struct wire_points *m, struct buf *out)
{
	wire_put_lease(out, &m->lease);
	wire_put_u32(out, m->point_count);
	for (uint32_t i = 0; i < m->point_count; i++) {
		wire_put_str(out, m->points[i].series);
		wire_put_i64(out, m->points[i].step);
		wire_put_f64(out, m->points[i].value);
		wire_put_i64(out, m->points[i].at);
	}
}

int wire_points_decode(const void *data, size_t len, struct arena *a, struct wire_points *ret,
		       struct err *err)
{
	struct wire_points m = { 0 };
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	wire_get_lease(&r, &m.lease);
	m.point_count = wire_get_count(&r, STR_MIN + 24);
	m.points = arena_array(a, m.point_count, sizeof(*m.points));
	for (uint32_t i = 0; i < m.point_count; i++) {
		m.points[i].series = wire_get_text(&r, a);
		m.points[i].step = wire_get_i64(&r);
		m.points[i].value = wire_get_f64(&r);
		m.points[i].at = wire_get_i64(&r);
	}
	rc = wire_reader_finish(&r, frame_name(FRAME_WORKER_STEP_POINTS), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_answer_encode(const struct wire_answer *m, struct buf *out)
{
	wire_put_lease(out, &m->lease);
	wire_put_u8(out, (uint8_t)m->verdict);
}

int wire_answer_decode(const void *data, size_t len, struct wire_answer *ret, struct err *err)
{
	struct wire_answer m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	wire_get_lease(&r, &m.lease);
	m.verdict = (enum wire_verdict)wire_get_enum(&r, WIRE_VERDICT_COUNT);
	rc = wire_reader_finish(&r, frame_name(FRAME_SCHEDULER_STEP_ANSWER), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_probe_encode(const struct wire_probe *m, struct buf *out)
{
	wire_put_u64(out, m->id);
	wire_put_command(out, &m->command);
	wire_put_i64(out, m->timeout_ms);
}

int wire_probe_decode(const void *data, size_t len, struct arena *a, struct wire_probe *ret,
		      struct err *err)
{
	struct wire_probe m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	m.id = wire_get_u64(&r);
	wire_get_command(&r, a, &m.command);
	m.timeout_ms = wire_get_i64(&r);
	rc = wire_reader_finish(&r, frame_name(FRAME_SCHEDULER_PROBE_RUN), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

void wire_probe_done_encode(const struct wire_probe_done *m, struct buf *out)
{
	wire_put_u64(out, m->id);
	wire_put_u32(out, (uint32_t)m->exit_code);
	wire_put_str(out, m->output);
}

int wire_probe_done_decode(const void *data, size_t len, struct arena *a,
			   struct wire_probe_done *ret, struct err *err)
{
	struct wire_probe_done m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	m.id = wire_get_u64(&r);
	m.exit_code = (int32_t)wire_get_u32(&r);
	m.output = wire_get_text(&r, a);
	rc = wire_reader_finish(&r, frame_name(FRAME_WORKER_PROBE_DONE), err);
	if (rc == 0)
		*ret = m;
	return rc;
}

int wire_lease_decode(const void *data, size_t len, struct wire_lease *ret, struct err *err)
{
	struct wire_lease m;
	struct wire_reader r;
	int rc;

	wire_reader_init(&r, data, len);
	wire_get_lease(&r, &m);
	rc = wire_reader_finish(&r, "with a lease alone", err);
	if (rc == 0)
		*ret = m;
	return rc;
}
