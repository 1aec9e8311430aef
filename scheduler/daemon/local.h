/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - the worker processes of this machine
 *
 * One pool, "local", has the machine's cores, memory, disk and GPUs; workers come
 * as the engine wants them, one slot each, and go with the scheduler.
 */
#ifndef INGOT_SCHEDULER_DAEMON_LOCAL_H
#define INGOT_SCHEDULER_DAEMON_LOCAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct daemon;
struct resources;
struct local;
struct worker_row;

/* Looks at the machine and declares the pool. */
struct local *local_create(struct daemon *d);
/* Drained workers leave by themselves; from now on those that do not are killed, with
 * their steps. Those that an earlier scheduler left are not waited for longer. */
void local_leave(struct local *l);
bool local_is_empty(const struct local *l);
void local_destroy(struct local *l); /* after the loop's end. NULL is fine */
/* How many processes there may be at once. */
void local_set_workers(struct local *l, uint32_t count);
/* Starts as many as are missing. */
void local_want(struct local *l, uint32_t count);
/* Those that an earlier scheduler left and that live: they will come back. */
void local_adopt(struct local *l, const struct worker_row *workers, uint32_t count);
bool local_has(const struct local *l, uint64_t session); /* and it lived when last seen */
/* A worker process registers. false: it is neither ours nor adopted, because an earlier
 * scheduler started it and died before it was on record; there may be another in its place. */
bool local_seen(struct local *l, pid_t pid, uint64_t session);
/* After SIGCHLD, or the end of a connection: tells the engine of the dead ones. */
void local_reap(struct local *l);
uint32_t local_pool(const struct local *l); /* the engine's number of it */
bool local_is_ours(const struct local *l, const char *pool);
/* What this machine has less of than a step asks for, as a sentence in the arena. */
const char *local_lack(const struct local *l, const struct resources *asked, struct arena *arena);
/* CUDA_VISIBLE_DEVICES for a mask of the pool's devices, in the arena; "" for none. */
const char *local_devices(const struct local *l, uint64_t gpus, struct arena *arena);

#endif
