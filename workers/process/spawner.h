/* SPDX-License-Identifier: Apache-2.0 */
/* spawner.h - one slot of a worker: runs steps one after another, and guards them
 *
 * A spawner is a tiny process forked from the worker. It starts a step's command,
 * enforces its limits, timeout and lease, and when the command is over ends every
 * process left of it, double-forked daemons included. It is PID 1 of a PID
 * namespace where the machine allows one (else a subreaper), so it survives
 * neither the worker's death nor does any step survive it. It keeps the lease
 * timer itself: a stuck or stopped worker cannot let a step outlive its lease.
 *
 * Calling sequence:
 *  1. spawner_sweep() once, when the worker starts
 *  2. spawner_create() for each slot, early: while the worker has one thread and
 *     little memory. The thread that creates must live as long as the spawner.
 *  3. spawner_await() for each: entering a control group takes some 10 ms, in which
 *     the worker can connect and register
 *  4. poll spawner_fd() for reading; when readable, spawner_read() until it gives 0
 *  5. spawner_start(); then spawner_lease() at each answered heartbeat, and
 *     spawner_cancel() if wanted; until SPAWNER_EXITED was read. Then 5 again.
 *  6. spawner_destroy()
 *
 * Nothing here blocks, but for 1, 3 and 6. Nothing calls back.
 */
#ifndef INGOT_WORKERS_PROCESS_SPAWNER_H
#define INGOT_WORKERS_PROCESS_SPAWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "workers/process/profile.h"

struct err;
struct spawner;

/* What a script, its arguments and its environment may take together. They travel
 * in one datagram, whose size an ordinary user's socket buffer limits (208 KiB). */
enum { SPAWNER_STRINGS_LIMIT = 160 * 1024 };

enum { SPAWNER_TEXT_SIZE = 256 };

/* Lent for the call of spawner_start(). */
struct spawn_spec {
	const char *const *argv; /* NULL-terminated; a name without '/' is sought in envp's PATH */
	const char *const *envp; /* NULL-terminated; exactly this is the step's environment */
	const char *cwd;         /* absolute; a path, as a descriptor would show as unreachable
				    in the spawner's mount namespace */
	int log_fd;              /* standard output and error; open it with O_APPEND */
	int64_t timeout_ms;      /* 0: none */
	int64_t grace_ms;        /* between TERM and KILL; 0: no grace */
	int64_t lease_soft_ms;   /* on clock_boot_ms(): TERM; 0: no lease */
	int64_t lease_hard_ms;   /* on clock_boot_ms(): KILL */
	uint64_t memory_bytes;   /* 0: no limit. Without a controller: RLIMIT_DATA, per process */
	uint32_t cpu_milli;      /* 1000 is one CPU; 0, or no controller: no limit */
	uint32_t pids;           /* processes and threads; 0, or no controller: no limit */
	uint32_t open_files;     /* 0: as the worker's */
};

enum spawner_cause {
	SPAWNER_CAUSE_NONE,
	SPAWNER_CAUSE_NOT_STARTED,  /* event.text says why; event.error is the errno */
	SPAWNER_CAUSE_EXITED,       /* by itself, event.exit_code */
	SPAWNER_CAUSE_SIGNALLED,    /* event.signal, not sent by us */
	SPAWNER_CAUSE_TIMED_OUT,
	SPAWNER_CAUSE_CANCELLED,
	SPAWNER_CAUSE_OOM_KILLED,   /* not successful, and the kernel killed one of its processes */
	SPAWNER_CAUSE_FENCED,       /* the lease ended */
	SPAWNER_CAUSE_SPAWNER_DIED, /* the spawner itself was killed, and with it the step */
	SPAWNER_CAUSE_COUNT,
};

enum spawner_event_type {
	SPAWNER_STARTED, /* the command runs; left out for one that ends within 20 ms */
	SPAWNER_EXITED,  /* the command and all its processes are gone */
};

struct spawner_event {
	enum spawner_event_type type;
	pid_t pid; /* as the step sees it itself; in a PID namespace not the worker's number */

	/* the rest for SPAWNER_EXITED */
	enum spawner_cause cause;
	int exit_code; /* -1 if it did not exit */
	int signal;    /* 0 if none ended it */
	int error;     /* errno of a start that failed */
	int64_t started_wall_ms;
	int64_t finished_wall_ms;
	int64_t cpu_user_us; /* of all its processes, orphans included */
	int64_t cpu_system_us;
	/* With a memory limit and a controller the most that the group held above
	 * what it held at the start (page cache included), else, or if that is
	 * more, the largest resident set of a single process. */
	uint64_t peak_bytes;
	char text[SPAWNER_TEXT_SIZE]; /* one line, or empty */
};

const char *spawner_cause_name(enum spawner_cause cause); /* "oom_killed" */

/* Ends and removes what dead workers of this machine left: their step groups. */
void spawner_sweep(void);

/* Forks a spawner that takes as much of `allow` (PROFILE_ALL normally) as the
 * machine gives. ERR_SYSTEM, ERR_IO, ... if it cannot be forked. */
int spawner_create(unsigned allow, struct spawner **ret, struct err *err);

/* Waits until it is ready, at most 10 s for each way to isolate it that the
 * machine turns out to refuse. ERR_SYSTEM if none is left: then destroy it. */
int spawner_await(struct spawner *s, struct err *err);

/* These know only after spawner_await(). */
int spawner_fd(const struct spawner *s);              /* lent, for poll: readable */
const char *spawner_profile(const struct spawner *s); /* lent: what was applied, as text */
unsigned spawner_profile_bits(const struct spawner *s);
pid_t spawner_pid(const struct spawner *s);
bool spawner_is_busy(const struct spawner *s); /* from start until EXITED is read */

/* Starts a step of a spawner that is ready. 0 means handed over: exactly one
 * SPAWNER_EXITED follows, for a command that cannot be run too. ERR_STATE if busy,
 * ERR_INVALID for a spec without argv or cwd, ERR_TOO_LARGE above
 * SPAWNER_STRINGS_LIMIT, ERR_UNREACHABLE if the spawner is gone (destroy it). The
 * log descriptor stays the caller's. */
int spawner_start(struct spawner *s, const struct spawn_spec *spec, struct err *err);

/* TERM to the step's process group, and after its grace KILL to all of it.
 * Without a step nothing happens. ERR_UNREACHABLE. */
int spawner_cancel(struct spawner *s, struct err *err);
/* KILL at once, also where TERM was sent before. */
int spawner_cancel_now(struct spawner *s, struct err *err);

/* Moves the running step's lease: TERM at soft, KILL at hard, on clock_boot_ms().
 * Deadlines in the past end it at once. ERR_UNREACHABLE. */
int spawner_lease(struct spawner *s, int64_t soft_ms, int64_t hard_ms, struct err *err);

/* 1: *ret is filled; 0: nothing to read now; ERR_UNREACHABLE: the spawner is
 * gone, after a SPAWNER_EXITED if a step was running. */
int spawner_read(struct spawner *s, struct spawner_event *ret, struct err *err);

/* Kills the step with all its processes, ends the spawner and waits for it, at
 * most 5 s: ERR_TIMEOUT says that a process cannot be killed (the memory is freed
 * all the same). NULL is fine. */
int spawner_destroy(struct spawner *s, struct err *err);

#endif
