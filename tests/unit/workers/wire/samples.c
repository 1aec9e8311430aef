/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c - one full message of each kind, and how to read and write it again */
#include "tests/unit/workers/wire/samples.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "workers/wire/message.h"

static struct wire_lease lease_of(uint64_t n)
{
	struct wire_lease l = { .step_id = n << STEP_INDEX_BITS | 5, .fence = 3 << 20 | n };

	memset(l.nonce.bytes, (int)n, sizeof(l.nonce.bytes));
	return l;
}

static struct digest digest_of(int n)
{
	struct digest d;

	memset(d.bytes, n, sizeof(d.bytes));
	return d;
}

static void write_register(struct buf *out)
{
	struct wire_device devices[] = { { "GPU-1", "a card", 80 }, { "GPU-2", "another", 24 } };
	const char *labels[] = { "fast", "" };
	struct wire_lease leases[] = { lease_of(1), lease_of(2) };
	const struct wire_register m = {
		.version = WIRE_VERSION,
		.session = { { 1, 2, 3 } },
		.name = "w1",
		.pool = "local",
		.pid = 4711,
		.slots = 2,
		.cpu_milli = 1500,
		.memory_bytes = (uint64_t)1 << 40,
		.disk_bytes = 7,
		.devices = devices,
		.device_count = countof(devices),
		.labels = labels,
		.label_count = countof(labels),
		.profile = "pidns",
		.leases = leases,
		.lease_count = countof(leases),
	};

	wire_register_encode(&m, out);
}

static int rewrite_register(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_register m;
	int rc = wire_register_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_register_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_heartbeat(struct buf *out)
{
	struct wire_lease leases[] = { lease_of(1), lease_of(2), lease_of(3) };
	const struct wire_heartbeat m = { leases, countof(leases) };

	wire_heartbeat_encode(&m, out);
}

static int rewrite_heartbeat(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_heartbeat m;
	int rc = wire_heartbeat_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_heartbeat_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_accept(struct buf *out)
{
	const struct wire_accept m = { .epoch = 9, .ttl_ms = 30000 };

	wire_accept_encode(&m, out);
}

static int rewrite_accept(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct wire_accept m;
	int rc = wire_accept_decode(data, len, &m, err);

	if (rc == 0)
		wire_accept_encode(&m, out);
	return rc;
}

static void write_lease(struct buf *out)
{
	const struct wire_lease l = lease_of(4);

	wire_put_lease(out, &l);
}

static int rewrite_lease(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct wire_lease l;
	int rc = wire_lease_decode(data, len, &l, err);

	if (rc == 0)
		wire_put_lease(out, &l);
	return rc;
}

static void write_points(struct buf *out)
{
	struct wire_point points[] = { { "loss", 1, 0.5, 1700000000000 },
				       { "a.b", -1, -1e300, 0 } };
	const struct wire_points m = { lease_of(1), points, countof(points) };

	wire_points_encode(&m, out);
}

static int rewrite_points(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_points m;
	int rc = wire_points_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_points_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_complete(struct buf *out)
{
	struct wire_artifact outputs[] = { { "model", digest_of(1), false, 10, 1 },
					   { "plots", digest_of(2), true, 20, 3 } };
	struct wire_metric metrics[] = { { "accuracy", 0.96 } };
	const struct wire_complete m = {
		.lease = lease_of(1),
		.outcome = OUTCOME_FAILED,
		.reason = REASON_SIGNAL,
		.exit_code = -1,
		.signal = 11,
		.message = "killed by signal 11 (SIGSEGV)",
		.started_at = 1700000000000,
		.finished_at = 1700000001000,
		.run_us = 999999,
		.cpu_user_us = 5,
		.cpu_system_us = 6,
		.peak_memory_bytes = 7,
		.profile = "subreaper",
		.log_bytes = 8,
		.outputs = outputs,
		.output_count = countof(outputs),
		.metrics = metrics,
		.metric_count = countof(metrics),
	};

	wire_complete_encode(&m, out);
}

static int rewrite_complete(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_complete m;
	int rc = wire_complete_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_complete_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_answer(struct buf *out)
{
	const struct wire_answer m = { lease_of(1), WIRE_VERDICT_FENCED };

	wire_answer_encode(&m, out);
}

static int rewrite_answer(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct wire_answer m;
	int rc = wire_answer_decode(data, len, &m, err);

	if (rc == 0)
		wire_answer_encode(&m, out);
	return rc;
}

static void write_probe(struct buf *out)
{
	const char *words[] = { "python3", "--version", NULL };
	const struct wire_probe m = { 12, { words, 2 }, 10000 };

	wire_probe_encode(&m, out);
}

static int rewrite_probe(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_probe m;
	int rc = wire_probe_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_probe_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_probe_done(struct buf *out)
{
	const struct wire_probe_done m = { 12, -1, "Python 3.11.2\n" };

	wire_probe_done_encode(&m, out);
}

static int rewrite_probe_done(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_probe_done m;
	int rc = wire_probe_done_decode(data, len, &a, &m, err);

	if (rc == 0)
		wire_probe_done_encode(&m, out);
	arena_finish(&a);
	return rc;
}

static void write_grant(struct buf *out)
{
	const char *command[] = { "sh", "-eu", "-c", "./train.sh", NULL };
	const char *verify[] = { "./verify.sh", NULL };
	const char *rollback[] = { "./rollback.sh", "now", NULL };
	struct wire_input inputs[] = { { "data", "inputs/data", digest_of(3), true } };
	struct wire_output outputs[] = { { "model", "model.json" }, { "report", "out/report" } };
	struct wire_pair env[] = { { "PATH", "/usr/bin" } };
	struct wire_pair params[] = { { "seed", "7" }, { "name", "\"x\"" } };
	struct wire_pair matrix[] = { { "rate", "0.1" } };
	const struct wire_grant g = {
		.lease = lease_of(1),
		.strict = true,
		.run = 42,
		.attempt = 2,
		.pipeline = "penguins",
		.step = "train[rate=0.1]",
		.commit = "c0ffee",
		.ref = "refs/heads/main",
		.branch = "main",
		.trigger = "cli",
		.command = { command, 4 },
		.workdir = "src",
		.has_sources = true,
		.sources = digest_of(4),
		.inputs = inputs,
		.input_count = countof(inputs),
		.outputs = outputs,
		.output_count = countof(outputs),
		.metrics = "metrics.json",
		.env = env,
		.env_count = countof(env),
		.params = params,
		.param_count = countof(params),
		.matrix = matrix,
		.matrix_count = countof(matrix),
		.limits = { 1, 2, 3, 4, 5, 6, 7 },
		.devices = "GPU-1,GPU-2",
		.checkpoint = "42-0",
		.log = "42/0-2.log",
		.deploy = { "http://127.0.0.1:8090/health",
			    { verify, 1 },
			    30000,
			    { rollback, 2 },
			    9 },
	};

	wire_grant_encode(&g, out);
}

static int rewrite_grant(const void *data, size_t len, struct buf *out, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct wire_grant g;
	int rc = wire_grant_decode(data, len, &a, &g, err);

	if (rc == 0)
		wire_grant_encode(&g, out);
	arena_finish(&a);
	return rc;
}

const struct sample samples[] = {
	{ FRAME_WORKER_REGISTER, write_register, rewrite_register },
	{ FRAME_WORKER_HEARTBEAT, write_heartbeat, rewrite_heartbeat },
	{ FRAME_WORKER_STEP_START, write_lease, rewrite_lease },
	{ FRAME_WORKER_STEP_POINTS, write_points, rewrite_points },
	{ FRAME_WORKER_STEP_COMPLETE, write_complete, rewrite_complete },
	{ FRAME_WORKER_STEP_RELEASE, write_lease, rewrite_lease },
	{ FRAME_WORKER_PROBE_DONE, write_probe_done, rewrite_probe_done },
	{ FRAME_SCHEDULER_WORKER_ACCEPT, write_accept, rewrite_accept },
	{ FRAME_SCHEDULER_HEARTBEAT_ACK, write_accept, rewrite_accept },
	{ FRAME_SCHEDULER_STEP_GRANT, write_grant, rewrite_grant },
	{ FRAME_SCHEDULER_STEP_ANSWER, write_answer, rewrite_answer },
	{ FRAME_SCHEDULER_STEP_CANCEL, write_lease, rewrite_lease },
	{ FRAME_SCHEDULER_STEP_KILL, write_lease, rewrite_lease },
	{ FRAME_SCHEDULER_PROBE_RUN, write_probe, rewrite_probe },
};
const size_t sample_count = countof(samples);
