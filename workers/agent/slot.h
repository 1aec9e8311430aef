/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - one slot of a worker: takes an attempt from its grant to its report
 *
 *	1. slot_create(), while the process has one thread; then slot_await()
 *	2. slot_give() when slot_is_idle(), again and again
 *	3. slot_tick() when slot_next_ms() has come
 *	4. slot_destroy(): what runs is killed and forgotten
 *
 * Ended attempts are handed to agent_report().
 */
#ifndef INGOT_WORKERS_AGENT_SLOT_H
#define INGOT_WORKERS_AGENT_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "workers/agent/slot_state.h"

struct agent;
struct attempt;
struct err;
struct slot;

/* *ret is to be destroyed also after a failure. */
int slot_create(struct agent *agent, unsigned number, struct slot **ret, struct err *err);
/* Waits until its spawner is ready. */
int slot_await(struct slot *s, struct err *err);
void slot_destroy(struct slot *s); /* NULL is fine */

bool slot_is_idle(const struct slot *s);
struct attempt *slot_attempt(const struct slot *s); /* lent; NULL: it has none */
const char *slot_profile(const struct slot *s);     /* how it isolates its steps */
void slot_give(struct slot *s, struct attempt *a);

/* START was answered, CANCEL, FENCED: for the attempt that it has. */
void slot_allow(struct slot *s);
void slot_cancel(struct slot *s);
void slot_kill(struct slot *s); /* cancels it without a grace, also after a cancel */
void slot_fence(struct slot *s);
/* The agent's lease was renewed. */
void slot_renew(struct slot *s);
/* The link is up again: says once more what it may not have heard. */
void slot_resume(struct slot *s);

int64_t slot_next_ms(const struct slot *s); /* INT64_MAX: nothing to look at */
void slot_tick(struct slot *s);

#endif
