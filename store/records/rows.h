/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - records as the scheduler hands them to the writer and gets them back
 *
 * Numbers that are "none" are 0 unless said; texts that are "none" are NULL.
 * Times are wall clock, milliseconds since 1970. Kinds and types are words.
 */
#ifndef INGOT_STORE_RECORDS_ROWS_H
#define INGOT_STORE_RECORDS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "store/records/states.h"

enum { SESSION_SIZE = 16 };

struct param_row {
	const char *name;
	const char *value; /* JSON */
};

/* A text that a run's plan is made from, by its name in the run: "definition",
 * "context", "sources/train". The text itself is a document (batch_document). */
struct run_document {
	const char *name;
	struct digest digest;
};

/* What of a run never changes. */
struct run_row {
	uint64_t id;
	const char *pipeline;
	const char *repository;
	const char *commit;
	const char *ref;
	const char *branch; /* "" on a detached commit */
	const char *trigger;
	struct digest plan;
	int64_t created_at;
	uint32_t steps; /* instances of the plan */
	const struct param_row *params;
	uint32_t param_count;
	const struct run_document *documents;
	uint32_t document_count;
};

/* What of a run changes. */
struct run_status {
	uint64_t id;
	enum run_state state;
	enum reason reason;
	bool cancel_requested;
	const char *message; /* to people: why it failed; NULL leaves what is there */
	int64_t started_at;
	int64_t finished_at;
	uint32_t steps_done; /* in a terminal state; of these: */
	uint32_t steps_cached;
	uint32_t steps_failed; /* failed, timed_out, lost */
};

/* What of a step instance never changes. */
struct step_spec {
	uint64_t id;
	const char *name;   /* of the instance: "train[rate=0.1]" */
	const char *job;    /* of the step in the definition: "train" */
	const char *kind;   /* "data", "train", "eval", "deploy"; NULL: none */
	const char *matrix; /* JSON object; NULL: none */
	const char *demand; /* JSON object of its resources; NULL: the default */
	uint32_t tries_left;
};

/* What of a step instance changes: the hot row, written whole. */
struct step_row {
	uint64_t id;
	enum step_state state;
	enum reason reason;
	uint64_t fence;    /* of the latest attempt */
	uint32_t attempt;  /* attempts so far */
	uint32_t tries_left;
	uint32_t failures; /* attempts that failed and were tried again */
	uint32_t lost;     /* attempts that were lost with their worker and tried again */
	uint64_t worker_id;
	int32_t exit_code; /* -1: none */
	int64_t started_at;
	int64_t finished_at;
	uint64_t cached_from; /* CACHED: the step that computed it, never itself a cached one */
	const char *message;  /* to people; NULL leaves what is there */
};

struct attempt_row {
	uint64_t step_id;
	uint64_t fence;
	uint32_t number; /* from 1 */
	uint64_t worker_id;
	uint8_t session[SESSION_SIZE]; /* kept only while granted or running */
	uint64_t gpus;                 /* devices of the pool that it holds, bit by bit; the same */
	enum attempt_state state;
	/* From here on: FINISHED only. */
	enum outcome outcome;
	enum reason reason;
	int32_t exit_code; /* -1: none */
	int32_t signal;
	const char *message;
	int64_t started_at;
	int64_t finished_at;
	int64_t run_us;
	int64_t cpu_user_us;
	int64_t cpu_system_us;
	uint64_t peak_memory_bytes;
	const char *profile; /* isolation applied; NULL: its worker's */
	struct digest body;  /* of the COMPLETE, to tell a repeated from another one */
	uint64_t log_bytes;
};

/* Where an input came from: from_step (which computed it, never a cached one) and
 * from_output, or an address outside. */
struct input_row {
	const char *name;
	uint32_t part; /* 0; a folder of a matrix step's outputs: from 1, one each */
	struct digest digest;
	bool is_tree;
	uint64_t from_step;
	const char *from_output;
	const char *address;
};

/* What a step runs from, known before it is granted. Not recorded for a cached
 * step: it shares that of the step it is cached from. */
struct resolution_row {
	uint64_t step_id;
	struct digest key;     /* zero: it has no cache key */
	const char *key_text;  /* canonical */
	struct digest sources; /* document of kind "sources"; zero: none */
	const char *params;    /* JSON object: the parameters it names, with values */
	const struct input_row *inputs;
	uint32_t input_count;
};

struct output_row {
	const char *name;
	struct digest digest;
	bool is_tree;
	uint64_t size_bytes;
	uint64_t files; /* of a folder */
	const char *path;
	const char *type;       /* "data", "model", "report", "file" */
	const char *registered; /* artifact name of which this becomes a version; NULL: none */
};

struct metric_row {
	const char *name;
	double value;
};

/* How a step ended: written once, by the attempt that ended it. */
struct result_row {
	uint64_t step_id;
	uint64_t fence;
	enum outcome outcome;
	int64_t at;
	const struct output_row *outputs;
	uint32_t output_count;
	const struct metric_row *metrics;
	uint32_t metric_count;
	bool enters_cache; /* under the key of its resolution */
	struct digest key; /* the same again */
};

struct metric_point {
	int64_t step;
	int64_t at;
	double value;
};

struct event_row {
	int64_t at;
	uint64_t run;
	uint64_t step_id;
	const char *kind;   /* past tense: "step.started" */
	const char *detail; /* JSON */
};

struct worker_row {
	uint64_t id;
	const char *name;
	const char *pool;
	uint8_t session[SESSION_SIZE];
	bool is_connected;
	int64_t pid;
	uint32_t slots;
	const char *resources; /* JSON object: cpu, memory, gpu, disk */
	const char *labels;    /* JSON array */
	const char *profile;
	int64_t seen_at;
};

/* A Git object whose content is in the blob store. */
struct git_blob_row {
	uint8_t oid[20];
	struct digest digest;
	uint64_t size_bytes;
};

#endif
