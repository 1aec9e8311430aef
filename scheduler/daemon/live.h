/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - a run while it is live: what the engine does not have to know
 *
 * The engine knows numbers and states; here are the plan, what finished steps
 * gave (outputs, metrics), how each came about, and who follows the run. A live
 * run is dropped once its end is durable and nobody follows it.
 */
#ifndef INGOT_SCHEDULER_DAEMON_LIVE_H
#define INGOT_SCHEDULER_DAEMON_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "scheduler/pipeline/pipeline.h"
#include "scheduler/plan/plan.h"
#include "store/records/load.h"

struct daemon;
struct engine_submission;
struct err;
struct follower;
struct json_writer;

/* The trigger of a run that `ingot reproduce` made. */
#define TRIGGER_REPRODUCE "reproduce"

/* How a run is to be carried out; recorded as the document "context". */
struct run_options {
	const char *repository; /* its identity, for the helper */
	const char *path;       /* PATH of who submitted it; NULL: the scheduler's */
	bool no_cache;
};

struct live_step {
	enum step_state state; /* as of the last decision of the engine that was taken */
	const struct output_row *outputs; /* NULL until it succeeded */
	uint32_t output_count;
	const struct metric_row *metrics;
	uint32_t metric_count;
	const struct wire_input *inputs; /* resolved, in the order of the definition */
	struct digest key;               /* zero: none */
	struct digest source_tree;       /* of its sources, once it has to run */
	uint64_t cached_from;
	const char *cached_from_address; /* "7/train"; NULL: it is not cached */
	const char *message; /* why it is where it is, to people; or NULL */
	uint64_t worker_id;  /* of the latest attempt; 0: none */
	int32_t exit_code;   /* -1: none */
	int64_t started_at;  /* wall clock */
	int64_t finished_at;
	uint32_t changes;    /* the run's count of changes when it last changed */
};

struct live_run {
	struct daemon *daemon;
	uint64_t id;
	struct arena arena;
	struct pipeline *pipeline;
	struct plan *plan;
	struct run_options options;
	const char **source_texts; /* per step of the pipeline: its source list; NULL: none */
	struct live_step *steps; /* beside plan->steps */
	struct run_row row;      /* as it was recorded */
	int64_t started_at;
	int64_t finished_at;
	const char *message;     /* why it failed, to people */
	bool is_over;            /* the engine has ended it */
	bool is_recorded;        /* and that is durable */
	uint32_t changes;        /* counts changes of steps, for followers */
	struct follower *followers;
	uint32_t waiting;        /* jobs that will come back to it */
};

/* Takes pipeline and plan over. The caller fills options and row. id 0: a run that
 * only exists in thought (preview.c), to be ended by live_destroy(). */
struct live_run *live_create(struct daemon *d, uint64_t id, struct pipeline *pipeline,
			     struct plan *plan);
struct live_run *live_find(struct daemon *d, uint64_t id);
struct live_run *live_of_step(struct daemon *d, uint64_t step, uint32_t *ret_index);
/* Drops it if nothing needs it any more; run must not be used afterwards. */
void live_release(struct live_run *run);
void live_destroy(struct live_run *run);
void live_destroy_all(struct daemon *d);

/* Copies what a step gave into the run's arena. */
void live_keep_result(struct live_run *run, uint32_t index, const struct output_row *outputs,
		      uint32_t output_count, const struct metric_row *metrics,
		      uint32_t metric_count);
void live_set_message(struct live_run *run, uint32_t index, const char *text);
const struct output_row *live_output(const struct live_run *run, uint32_t index, const char *name);
const struct metric_row *live_metric(const struct live_run *run, uint32_t index, const char *name);

/* The run as the engine takes it; allocated in the arena. */
void live_submission(const struct live_run *run, struct arena *arena, struct engine_submission *ret);

/* Writes the run, or one step of it, as product.md names them. */
void live_write_run(const struct live_run *run, struct json_writer *w, const char *key);
void live_write_step(const struct live_run *run, uint32_t index, struct json_writer *w,
		     const char *key);

#endif
