/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - the worker protocol's other messages; PROTOCOL.md tells the story
 *
 * Each X has wire_X_encode(), which appends the payload, and wire_X_decode(),
 * which fills *ret with strings copied into the arena and returns 0 or
 * ERR_PROTOCOL.
 */
#ifndef INGOT_WORKERS_WIRE_MESSAGE_H
#define INGOT_WORKERS_WIRE_MESSAGE_H

#include "store/records/states.h"
#include "workers/wire/grant.h"

enum { WIRE_SESSION_SIZE = 16 };

/* 128 random bits, made by the worker at its start. */
struct wire_session {
	uint8_t bytes[WIRE_SESSION_SIZE];
};

struct wire_device {
	const char *uuid; /* what CUDA_VISIBLE_DEVICES takes */
	const char *name;
	uint64_t memory_bytes;
};

/* WORKER_REGISTER: the first frame of a worker, on every connection. */
struct wire_register {
	uint32_t version; /* WIRE_VERSION */
	struct wire_session session;
	const char *name;
	const char *pool; /* workers of one pool share its resources: the machine */
	int64_t pid;
	uint32_t slots;
	uint32_t cpu_milli;    /* of the pool */
	uint64_t memory_bytes; /* of the pool */
	uint64_t disk_bytes;
	struct wire_device *devices;
	uint32_t device_count;
	const char **labels;
	uint32_t label_count;
	const char *profile;      /* how it isolates steps: "pidns+cgroup-v1" */
	struct wire_lease *leases; /* that it still holds, after a reconnect */
	uint32_t lease_count;
};

/* WORKER_HEARTBEAT: the leases that it holds, as in WORKER_REGISTER. Those that are over
 * are answered `fenced`, those that are to stop by SCHEDULER_STEP_CANCEL. */
struct wire_heartbeat {
	struct wire_lease *leases;
	uint32_t lease_count;
};

/* SCHEDULER_WORKER_ACCEPT, and SCHEDULER_HEARTBEAT_ACK (ttl_ms alone matters). */
struct wire_accept {
	uint64_t epoch; /* a worker drops answers of a lower one than it has seen */
	int64_t ttl_ms;
};

/* WORKER_STEP_COMPLETE: how an attempt ended. */
struct wire_artifact {
	const char *name;
	struct digest digest;
	bool is_tree;
	uint64_t size_bytes;
	uint64_t files;
};

struct wire_metric {
	const char *name;
	double value;
};

struct wire_complete {
	struct wire_lease lease;
	enum outcome outcome;
	enum reason reason;
	int32_t exit_code; /* -1: none */
	int32_t signal;    /* 0: none */
	const char *message; /* one line, what went wrong; "" if nothing did */
	int64_t started_at;  /* wall clock, ms */
	int64_t finished_at;
	int64_t run_us;      /* of the command, by a clock that does not jump */
	int64_t cpu_user_us;
	int64_t cpu_system_us;
	uint64_t peak_memory_bytes;
	const char *profile;
	uint64_t log_bytes;
	struct wire_artifact *outputs;
	uint32_t output_count;
	struct wire_metric *metrics;
	uint32_t metric_count;
};

/* WORKER_STEP_POINTS: live metrics. */
struct wire_point {
	const char *series;
	int64_t step;
	double value;
	int64_t at; /* wall clock, ms */
};

struct wire_points {
	struct wire_lease lease;
	struct wire_point *points;
	uint32_t point_count;
};

/* SCHEDULER_STEP_ANSWER: to start, complete and release. */
enum wire_verdict {
	WIRE_VERDICT_STARTED,
	WIRE_VERDICT_RECORDED,
	WIRE_VERDICT_RELEASED,
	WIRE_VERDICT_FENCED,   /* the lease is over: kill, clean up, forget */
	WIRE_VERDICT_CONFLICT, /* another completion of this attempt is recorded */
	WIRE_VERDICT_MISSING,  /* a digest is not in the store */
	WIRE_VERDICT_COUNT
};

const char *wire_verdict_name(enum wire_verdict v); /* "fenced" */

struct wire_answer {
	struct wire_lease lease;
	enum wire_verdict verdict;
};

/* SCHEDULER_PROBE_RUN: a fingerprint command, run outside any step. */
struct wire_probe {
	uint64_t id;
	struct wire_command command;
	int64_t timeout_ms;
};

/* WORKER_PROBE_DONE */
struct wire_probe_done {
	uint64_t id;
	int32_t exit_code;
	const char *output; /* of standard output, at most 4 KiB */
};

void wire_register_encode(const struct wire_register *m, struct buf *out);
int wire_register_decode(const void *data, size_t len, struct arena *a, struct wire_register *ret,
			 struct err *err);
void wire_heartbeat_encode(const struct wire_heartbeat *m, struct buf *out);
int wire_heartbeat_decode(const void *data, size_t len, struct arena *a, struct wire_heartbeat *ret,
			  struct err *err);
void wire_accept_encode(const struct wire_accept *m, struct buf *out);
int wire_accept_decode(const void *data, size_t len, struct wire_accept *ret, struct err *err);
void wire_complete_encode(const struct wire_complete *m, struct buf *out);
int wire_complete_decode(const void *data, size_t len, struct arena *a, struct wire_complete *ret,
			 struct err *err);
void wire_points_encode(const struct wire_points *m, struct buf *out);
int wire_points_decode(const void *data, size_t len, struct arena *a, struct wire_points *ret,
		       struct err *err);
void wire_answer_encode(const struct wire_answer *m, struct buf *out);
int wire_answer_decode(const void *data, size_t len, struct wire_answer *ret, struct err *err);
void wire_probe_encode(const struct wire_probe *m, struct buf *out);
int wire_probe_decode(const void *data, size_t len, struct arena *a, struct wire_probe *ret,
		      struct err *err);
void wire_probe_done_encode(const struct wire_probe_done *m, struct buf *out);
int wire_probe_done_decode(const void *data, size_t len, struct arena *a,
			   struct wire_probe_done *ret, struct err *err);
/* WORKER_STEP_START, WORKER_STEP_RELEASE, SCHEDULER_STEP_CANCEL and _KILL: a
 * lease alone. */
int wire_lease_decode(const void *data, size_t len, struct wire_lease *ret, struct err *err);

#endif
