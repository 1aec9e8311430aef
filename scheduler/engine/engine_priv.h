/* SPDX-License-Identifier: Apache-2.0 */
/* engine_priv.h - what only this room sees of the engine
 *
 * Files, by what they own: engine.c what an event brings with it; decide.c the list
 * of decisions; submit.c runs coming, coming back, going; group.c concurrency
 * groups; worker.c pools and workers; lease.c leases; complete.c results;
 * dispatch.c who gets what; view.c, why.c, check.c look and change nothing.
 */
#ifndef INGOT_SCHEDULER_ENGINE_ENGINE_PRIV_H
#define INGOT_SCHEDULER_ENGINE_ENGINE_PRIV_H

#include "base/map.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/plant.h"
#include "scheduler/queue/queue.h"

/* Entries of a list that was longer for once are given back above this. */
enum { ENGINE_KEPT_CAP = 4096 };

/* A step of the definition, ready to be queued. */
struct placement {
	int priority;
	struct queue_class *class;
	struct queue_limit *matrix;      /* NULL: no limit; so below */
	struct queue_limit *environment;
};

struct group {
	char *name;
	uint32_t limit;                  /* as the newest run said */
	struct engine_run **active;      /* under way, in order of their start */
	size_t active_count, active_cap;
	struct engine_run **waiting;     /* queued, in order of submission */
	size_t waiting_count, waiting_cap;
};

struct engine_run {
	struct run *run;
	struct placement *placements;     /* [run->spec_count] */
	struct queue_limit **step_groups; /* [run->step_count], or NULL */
	uint8_t *places;                  /* [run->step_count]: enum queue_place of each step */
	struct group *group;              /* NULL: none, or left */
	bool dirty;                       /* RUN_CHANGED is in the list */
	bool absorbing;                   /* its notes are being carried out */
};

struct worker {
	uint64_t session;
	char *name;              /* NULL: known from restored leases alone, not back yet */
	uint32_t pool;
	uint32_t slots, window;
	struct label_set labels; /* its pool's and its own */
	struct lease *first, *last;
	uint32_t lease_count;
	uint32_t holding;        /* leases that hold resources */
	bool paused, draining;
	bool no_ahead;           /* gave back what waited too long; until its next completion */
};

/* The right of a worker to work on a step; in its worker's list in order of grant. */
struct lease {
	struct lease *prev, *next;
	uint64_t step, fence;
	struct worker *worker;
	struct queue_class *class;
	int64_t deadline_ms;
	uint64_t gpus;
	bool strict;  /* on_lost: manual: nothing starts before START is answered */
	bool sent;    /* its GRANT was taken */
	bool started; /* the attempt is `running` */
	bool holds;   /* resources; without, it waits at its worker for another's */
};

struct engine_pool {
	struct pool pool;
	uint32_t wanted; /* workers that were asked for, in all */
	bool dirty;      /* WANT_WORKERS is in the list */
};

/* An attempt of this epoch that finished without ending its step. */
struct finished {
	struct finished *next; /* of the same step */
	uint64_t fence, body;
};

/* A decision in the list: 16 bytes, as there may be a million. */
struct pending {
	uint64_t subject; /* kind << 56 | step, run or pool */
	uint64_t fence;
};

struct engine {
	uint64_t epoch;
	int64_t ttl_ms;
	int64_t now_ms;           /* the latest that an input brought */
	struct queue queue;
	struct idmap runs;        /* number -> struct engine_run */
	size_t open_runs;
	struct map groups;
	struct engine_pool **pools;
	size_t pool_count, pool_cap;
	struct worker **workers;  /* in order of arrival */
	size_t worker_count, worker_cap;
	struct idmap leases;      /* step -> struct lease: at most one */
	struct idmap finished;    /* step -> struct finished, a list */
	int64_t expiry_ms;        /* no lease ends before */
	struct engine_run **recalled; /* restored; what is ready of them is not queued yet */
	size_t recalled_count, recalled_cap;
	bool stirred;             /* something changed that may let a step or a run go on */
	bool regroup;             /* and it was in a group */
	struct pending *pending;
	size_t pending_first, pending_count, pending_cap;
	ENGINE_PLANT_FIELD
};

/* engine.c */
void engine_now(struct engine *e, int64_t now_ms);
struct engine_run *engine_run(const struct engine *e, uint64_t number);
/* The run and index of a step; NULL where there is none. */
struct engine_run *engine_step(const struct engine *e, uint64_t step, uint32_t *ret_index);
/* One event for a step, and everything that follows from it anywhere. */
bool engine_apply(struct engine *e, uint64_t step, enum step_event event, enum reason reason);
/* Carries out run->notes. */
void engine_absorb(struct engine *e, struct engine_run *er);
/* Queues a ready step, or fails it where no pool could ever fit it. */
void engine_enqueue(struct engine *e, struct engine_run *er, uint32_t index);
struct queue_item engine_item(const struct engine_run *er, uint32_t index);

/* decide.c */
/* subject: the step, run or pool. */
void engine_decide(struct engine *e, enum decision_kind kind, uint64_t subject, uint64_t fence);

/* submit.c */
/* Queues the ready steps of restored runs: all live attempts, which have their
 * limits and resources already, come first. */
void submit_recalled(struct engine *e);
void engine_run_free(struct engine *e, struct engine_run *er);

/* group.c */
void group_join(struct engine *e, struct engine_run *er, const char *name, uint32_t limit);
void group_apply_policy(struct engine *e, struct engine_run *er, enum group_policy policy);
void group_leave(struct engine *e, struct engine_run *er);
void group_admit(struct engine *e); /* starts what has a place now */
void groups_finish(struct engine *e);

/* worker.c */
struct worker *worker_by_session(const struct engine *e, uint64_t session);
struct worker *worker_create(struct engine *e, uint64_t session, uint32_t pool);
void worker_free(struct worker *w);
/* Whether a class could run anywhere, were everything free. */
bool worker_any_could_fit(const struct engine *e, const struct queue_class *c);
struct queue_spot worker_spot(const struct engine *e, const struct worker *w);
void worker_reap(struct engine *e); /* forgets those that have neither connection nor lease */

/* lease.c */
struct pool *lease_pool(const struct engine *e, const struct lease *l);
struct lease *lease_find(const struct engine *e, uint64_t step, uint64_t fence, uint64_t session);
struct lease *lease_create(struct engine *e, struct worker *w, uint64_t step, uint64_t fence,
			   struct queue_class *class);
void lease_end(struct engine *e, struct lease *l);   /* resources go on to the next in line */
void lease_cancel(struct engine *e, struct lease *l); /* its step has to stop */
void lease_expire(struct engine *e, struct lease *l);
void lease_renew(struct engine *e, struct lease *l, int64_t deadline_ms);

/* complete.c */
void finished_forget(struct engine *e, uint64_t step);

/* dispatch.c */
void engine_dispatch(struct engine *e);

#endif
