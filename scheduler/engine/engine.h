/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - events and time in, decisions out: runs, queue and leases together
 *
 * PURE: the engine does nothing itself. It keeps the state of all runs that have
 * not ended in memory, and answers each event with decisions that its caller,
 * the daemon, carries out and records.
 *
 *	1. engine_create, with an epoch that was raised durably.
 *	2. engine_pool_declare for the local machine; engine_restore for each
 *	   recorded run that has not ended, in the order of their numbers.
 *	3. Any number of inputs, then engine_take until it returns false: all
 *	   inputs of a loop turn may be given before. An input given while decisions
 *	   are taken (engine_resolved, say) just adds to them.
 *	4. Everything taken between two `false`, and the results accepted before,
 *	   belong to one batch of the database; batches are committed in order.
 *	5. engine_tick when engine_next_deadline has come.
 *
 * now_ms is a clock that does not jump and runs through suspend; any origin.
 * A `session` is a number other than 0 that names one life of one worker.
 */
#ifndef INGOT_SCHEDULER_ENGINE_ENGINE_H
#define INGOT_SCHEDULER_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scheduler/engine/decision.h"
#include "scheduler/queue/pool.h"
#include "scheduler/run/run.h"
#include "store/records/states.h"

struct buf;
struct digest;
struct engine;

enum {
	ENGINE_TTL_MS = 30000,          /* a lease that no heartbeat renews ends after this */
	ENGINE_RESTART_GRACE_MS = 5000, /* on top, for leases that outlive a restart */
	ENGINE_FENCE_BITS = 20,         /* fence = epoch << 20 | n */
};

struct engine_options {
	uint64_t epoch;  /* 1 or more; higher with each start */
	int64_t ttl_ms;  /* 0: ENGINE_TTL_MS */
};

struct engine *engine_create(const struct engine_options *options);
void engine_destroy(struct engine *e); /* NULL is fine */

/* ── Runs ─────────────────────────────────────────────────────────────── */

enum group_policy {
	GROUP_QUEUE,           /* wait for a place */
	GROUP_CANCEL_RUNNING,  /* cancel the runs of the group, running or queued; then start */
	GROUP_REPLACE_PENDING, /* cancel the queued ones; wait for a place */
	GROUP_SKIP,            /* no place: the new run is cancelled */
	GROUP_POLICY_COUNT
};

const char *group_policy_name(enum group_policy p); /* "queue", "cancel_running", … */

/* How a step of the definition is placed; beside its run_step_spec. */
struct engine_placement {
	struct demand demand;
	int priority;            /* higher goes first; beyond +-QUEUE_PRIORITY_MAX is as that */
	uint32_t max_parallel;   /* instances at once; 0: no limit */
	uint32_t group_limit;    /* of its concurrency group, below; 0 means 1 */
	const char *environment; /* of a deploy step: one deployment of it at a time; NULL: none */
};

/* All of it is copied. */
struct engine_submission {
	struct run_spec run;
	const struct engine_placement *placements; /* [run.spec_count] */
	/* [run.step_count]: concurrency groups of the instances, across runs; such a group
	 * is queued for, whatever its policy. NULL, one or all: none. */
	const char *const *step_groups;
	const char *group;                         /* the run's concurrency group; NULL: none */
	uint32_t group_limit;                      /* runs of it at once; 0 means 1 */
	enum group_policy group_policy;
};

/* Takes a new run in. Its number must be new. */
void engine_submit(struct engine *e, const struct engine_submission *s, int64_t now_ms);

/* A step as it is recorded. Zeroed it is a step that waits. */
struct engine_step_record {
	enum step_state state;
	enum reason reason;
	uint64_t fence;
	uint32_t attempts, failures, lost; /* as in step_view */
	/* Of a leased or running step: its live attempt, as it was granted. */
	uint64_t session; /* 0: not known; the lease ends with the next tick */
	uint32_t pool;
	uint64_t gpus;
};

struct engine_run_record {
	enum run_state state;   /* queued or running */
	enum reason reason;
	bool cancel, cancel_finally;
};

/* Takes a recorded run in again: restart is replay. What followed from recorded
 * ends is derived anew; steps that wait are resolved anew; back-off is forgotten;
 * a live attempt keeps its lease until now + TTL + grace, held for its session. */
void engine_restore(struct engine *e, const struct engine_submission *s,
		    const struct engine_run_record *run, const struct engine_step_record *steps,
		    int64_t now_ms);

/* Cancels a run (see run_cancel). ERR_NOT_FOUND; a run that has ended: ERR_STATE. */
int engine_cancel(struct engine *e, uint64_t run, enum reason reason, bool finally_too,
		  int64_t now_ms);

/* Drops a run that has ended, once its end is committed. */
void engine_forget(struct engine *e, uint64_t run);

enum resolution {
	RESOLUTION_RUN,
	RESOLUTION_CACHED,
	RESOLUTION_SKIPPED,
	RESOLUTION_FAILED,
	RESOLUTION_COUNT
};

/* The answer to DECISION_RESOLVE. Ignored where the step no longer waits for it. */
void engine_resolved(struct engine *e, uint64_t step, enum resolution r, enum reason reason,
		     int64_t now_ms);

/* ── Pools and workers ────────────────────────────────────────────────── */

/* Declares a pool, or changes the one of that name. Returns its number, which is
 * recorded with attempts: the n-th name declared is n, counted from 0. A step that
 * fits no declared pool fails with no_worker_fits; with none declared it waits. */
uint32_t engine_pool_declare(struct engine *e, const struct pool_spec *spec);
void engine_pool_remove(struct engine *e, uint32_t pool); /* its workers get nothing more */

struct engine_worker {
	uint64_t session;
	const char *name;          /* copied; another session of it ends the older one's leases */
	uint32_t pool;
	uint32_t slots;            /* steps at once, 1 or more */
	uint32_t window;           /* leases it takes at once; 0: no limit of its own */
	const char *const *labels; /* besides the pool's */
	size_t label_count;
};

/* A worker says hello. The same session again (a new connection) keeps its
 * leases, and resumes it after engine_worker_pause. ERR_NOT_FOUND: no such pool. */
int engine_worker_register(struct engine *e, const struct engine_worker *w, int64_t now_ms);
/* Its connection is gone, the process perhaps not: no grants until it registers again. */
void engine_worker_pause(struct engine *e, uint64_t session);
/* No more grants, ever; what it has it may finish. */
void engine_worker_drain(struct engine *e, uint64_t session);
/* The process is known to be dead: its leases end now, restored ones, too. An
 * unknown session is fine. */
void engine_worker_gone(struct engine *e, uint64_t session, int64_t now_ms);

/* ── Leases: what workers say ─────────────────────────────────────────── */

enum lease_verdict {
	LEASE_OK,
	LEASE_CANCEL, /* alive, but has to stop: then complete, or release if it had not started */
	LEASE_FENCED, /* over: kill, forget */
	LEASE_VERDICT_COUNT
};

/* Renews one lease until now + TTL. Answer at once. */
enum lease_verdict engine_heartbeat(struct engine *e, uint64_t step, uint64_t fence,
				    uint64_t session, int64_t now_ms);
/* The command is about to start (strict) or has started (speculative). Idempotent.
 * Of a strict step answer OK only after the commit of what this call changed. */
enum lease_verdict engine_start(struct engine *e, uint64_t step, uint64_t fence, uint64_t session,
				int64_t now_ms);
/* Gives a lease back that has not started: OK, and the try is not counted. */
enum lease_verdict engine_release(struct engine *e, uint64_t step, uint64_t fence,
				  uint64_t session, int64_t now_ms);

struct completion {
	enum outcome outcome;      /* gates judged: one not met is FAILED, REASON_GATE */
	enum reason reason;
	int exit_code;
	int64_t run_ms;            /* how long the slot was busy with it; < 0: unknown */
	const struct digest *body; /* of the message: the same body is the same message */
};

enum complete_verdict {
	COMPLETE_ACCEPTED, /* now, by this call: record it, answer "recorded" after the commit */
	COMPLETE_RECORDED, /* before, with the same body: answer "recorded" after the next commit */
	COMPLETE_CONFLICT, /* before, with another body */
	COMPLETE_FENCED,
	COMPLETE_PAST,     /* an attempt of an older epoch or a forgotten run: the attempt's row
			      answers. finished: recorded or conflict, by its body; else fenced */
	COMPLETE_VERDICT_COUNT
};

const char *complete_verdict_name(enum complete_verdict v);

/* What engine_complete would answer, changing nothing: to be asked before outputs
 * and gates are judged. */
enum complete_verdict engine_complete_check(const struct engine *e, uint64_t step, uint64_t fence,
					    uint64_t session, const struct digest *body);
/* The one place where a step's result is born. A speculative attempt whose start
 * was not heard of is started by it; a strict one is fenced. */
enum complete_verdict engine_complete(struct engine *e, uint64_t step, uint64_t fence,
				      uint64_t session, const struct completion *c, int64_t now_ms);

/* ── Time ─────────────────────────────────────────────────────────────── */

void engine_tick(struct engine *e, int64_t now_ms);    /* leases and back-offs that are due */
int64_t engine_next_deadline(const struct engine *e);  /* INT64_MAX: none. Ticking early is fine */

/* ── Decisions and views: decision.h ──────────────────────────────────── */

/* Takes the next decision; false: none is left. A step or run that changed several
 * times since it was last taken comes once; its view is read when it comes. A GRANT
 * that was taken back before it was taken does not come. A CANCEL that finds the
 * lease unknown to its worker is answered by a release. */
bool engine_take(struct engine *e, struct decision *ret);

/* Both return 0 or ERR_NOT_FOUND. */
int engine_step_view(const struct engine *e, uint64_t step, struct step_view *ret);
int engine_run_view(const struct engine *e, uint64_t run, struct run_view *ret);

/* How many runs have not ended: 0 means that the scheduler may leave. */
size_t engine_open_runs(const struct engine *e);

/* ── Questions ────────────────────────────────────────────────────────── */

/* Writes a step's name, "train[rate=0.1]", to out. */
typedef void engine_name_fn(void *ctx, uint64_t step, struct buf *out);

/* Appends, in plain sentences, why the step is where it is. ERR_NOT_FOUND. */
int engine_why(const struct engine *e, uint64_t step, engine_name_fn *name, void *ctx,
	       int64_t now_ms, struct buf *out);

/* Returns NULL, or the invariant that is broken. Walks over everything. */
const char *engine_check(const struct engine *e);

#endif
