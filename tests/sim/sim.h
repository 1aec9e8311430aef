/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - a whole home in one process: virtual time, seeded chance
 *
 * The real engine between doubles: a daemon with a log of which only the
 * committed part survives its crash, workers that die, freeze and fence
 * themselves, a network that loses, doubles, delays and reorders. Everything is
 * an event in one queue; the same seed gives the same history.
 *
 *	pipelines.c  random definitions        net.c     the queue of events, the network
 *	daemon.c     the scheduler's double    record.c  what is durable: record.h
 *	worker.c     the workers' double       faults.c  what goes wrong, and its end
 *	watch.c      the invariants            main.c    seeds
 */
#ifndef INGOT_TESTS_SIM_SIM_H
#define INGOT_TESTS_SIM_SIM_H

#include "base/arena.h"
#include "base/map.h"
#include "scheduler/engine/engine.h"
#include "scheduler/engine/plant.h"
#include "scheduler/queue/heap.h"
#include "tests/sim/event.h"
#include "tests/sim/record.h"
#include "tests/sim/rng.h"

enum {
	SIM_RUNS_MAX = 8,
	SIM_SPECS_MAX = 8,
	SIM_STEPS_MAX = RECORD_STEPS_MAX,
	SIM_EDGES_MAX = 512,
	SIM_WORKERS_MAX = 4,
	SIM_POOLS = 2,
	SIM_JOBS_MAX = 64,
	SIM_FAULTS_UNTIL_MS = 150000,
	SIM_ENDS_WITHIN_MS = 3600000, /* of the last fault; every run must have ended */
	SIM_MESSAGE_AGE_MS = 4000,   /* a worker does not act on older grants and answers */
	SIM_SLOW_MS = 2 * ENGINE_TTL_MS, /* at most, that a message is on its way */
	SIM_ALONE_MS = ENGINE_TTL_MS + ENGINE_RESTART_GRACE_MS, /* then a lease must have ended */
	SIM_GUARD_MS = 25000,        /* without an answered heartbeat everything is killed */
};

/* Bugs planted in the doubles; those of the engine are in its plant.h. */
#define SIM_PLANT_TABLE(XX)                                                                        \
	XX(SIM_NONE, "nothing")                                                                    \
	XX(ACK_EARLY, "recorded is answered before the commit")                                    \
	XX(START_EARLY, "the start of a strict step is answered before the commit")                \
	XX(STRICT_EARLY, "what is to be sent after the commit is sent before")                     \
	XX(EPOCH_KEPT, "a restart does not raise the epoch")                                       \
	XX(NO_GUARD, "a worker without the scheduler does not kill its steps")                     \
	XX(SPLIT_TURN, "a result is committed apart from what follows from it")

enum sim_plant {
#define XX(name, text) SIM_PLANT_##name,
	SIM_PLANT_TABLE(XX)
#undef XX
	SIM_PLANT_COUNT
};

/* ── Definitions ──────────────────────────────────────────────────────── */

struct definition {
	struct engine_submission submission; /* points into the rest */
	struct run_step_spec specs[SIM_SPECS_MAX];
	struct engine_placement placements[SIM_SPECS_MAX];
	int64_t duration_ms[SIM_SPECS_MAX];  /* at most */
	unsigned failing[SIM_SPECS_MAX];     /* per mille of the attempts */
	uint32_t spec_of[SIM_STEPS_MAX];
	uint32_t parent_at[SIM_STEPS_MAX + 1];
	uint32_t parents[SIM_EDGES_MAX];
	const char *step_groups[SIM_STEPS_MAX];
	bool submitted;                      /* in this life of the scheduler, or durably */
	/* Ghosts: what the watcher knows of each step, whatever crashes. */
	uint64_t top_fence[SIM_STEPS_MAX];   /* the highest that was ever granted */
	uint32_t starts[SIM_STEPS_MAX];      /* commands started */
	uint64_t acked_fence[SIM_STEPS_MAX]; /* of the result that was acknowledged */
	uint64_t acked_body[SIM_STEPS_MAX];
	uint64_t alone_fence[SIM_STEPS_MAX]; /* leased or running, and no worker knows of it, */
	int64_t alone_since[SIM_STEPS_MAX];  /* since then */
};

/* ── The doubles ──────────────────────────────────────────────────────── */

struct daemon {
	struct engine *e; /* NULL: down */
	uint64_t epoch;
	struct batch open, flight;
	bool committing;
	int64_t tick_at;  /* INT64_MAX: none */
	struct idmap sessions; /* that registered in this life: session -> worker + 1 */
	uint64_t newest[SIM_WORKERS_MAX]; /* session of each worker */
};

enum job_state { JOB_QUEUED, JOB_STARTING, JOB_RUNNING, JOB_DONE, JOB_STATE_COUNT };

struct job {
	uint64_t step, fence, gpus;
	enum job_state state;
	bool strict, cancel, start_heard;
	bool physical;     /* its command exists */
	enum outcome outcome;
	int64_t granted_at, started_at, run_ms;
	int64_t sent_at;   /* of its newest START or COMPLETE */
};

struct sim_worker {
	char name[16];
	uint32_t pool, slots;
	uint64_t session;       /* 0: dead */
	bool frozen;            /* SIGSTOP: its commands run, its guard watches */
	bool registered;
	bool deaf, mute;        /* the link in, out */
	struct job jobs[SIM_JOBS_MAX];
	size_t job_count;
	struct idmap seen;      /* step -> highest fence seen: older grants are refused */
	uint64_t epoch;         /* highest seen */
	int64_t answered_at;    /* when the newest answered heartbeat was sent */
	int64_t beat_at, register_at;
};

struct sim {
	uint64_t seed;
	struct rng rng;
	int64_t now;
	bool trace;
	uint64_t hash;
	enum plant plant;
	enum sim_plant sim_plant;
	const char *violation; /* the first; then all stops */
	struct arena arena;

	struct event *events;
	size_t event_count, event_cap;
	struct heap order;

	unsigned lost, doubled, slow; /* per mille of the messages */
	unsigned slow_commits;        /* per mille of the commits */
	unsigned fatal_commits;       /* likewise: the scheduler crashes before they are done */
	bool healed;
	int64_t healed_at;

	struct definition definitions[SIM_RUNS_MAX];
	uint32_t definition_count;
	struct pool_spec pools[SIM_POOLS];
	struct run_record record[SIM_RUNS_MAX];
	uint64_t record_epoch;
	struct daemon daemon;
	struct sim_worker workers[SIM_WORKERS_MAX];
	uint32_t worker_count;
	uint64_t next_session;
};

void sim_violation(struct sim *s, const char *what);
void sim_trace(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* net.c */
void net_post(struct sim *s, int64_t delay_ms, const struct event *ev);
/* Through the network, with whatever befalls it. */
void net_to_daemon(struct sim *s, const struct event *ev);
void net_to_worker(struct sim *s, const struct event *ev);
bool net_next(struct sim *s, struct event *ret); /* moves the clock */

/* pipelines.c */
void pipelines_make(struct sim *s);
struct definition *definition_of(struct sim *s, uint64_t step);

/* daemon.c */
void daemon_up(struct sim *s);
void daemon_crash(struct sim *s);
void daemon_handle(struct sim *s, const struct event *ev);

/* worker.c */
void worker_up(struct sim *s, uint32_t index);
void worker_dies(struct sim *s, uint32_t index);
void worker_handle(struct sim *s, const struct event *ev);

/* faults.c */
void faults_plan(struct sim *s);
void faults_handle(struct sim *s, const struct event *ev);

/* watch.c */
void watch_engine(struct sim *s);   /* after each event that reached the daemon */
void watch_machines(struct sim *s); /* after each event */
void watch_grant(struct sim *s, const struct decision *d);
void watch_ack(struct sim *s, uint64_t step, uint64_t fence, uint64_t body);
void watch_restart(struct sim *s);  /* acknowledged results are there */
bool watch_all_ended(struct sim *s);

#endif
