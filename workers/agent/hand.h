/* SPDX-License-Identifier: Apache-2.0 */
/* hand.h - a thread that does for a slot what would keep the loop waiting
 *
 * One job at a time: copying files, hashing, talking to a server. Whoever gave the
 * job leaves alone what the job uses until hand_take(). The thread is started
 * by the first job and ends with hand_destroy().
 */
#ifndef INGOT_WORKERS_AGENT_HAND_H
#define INGOT_WORKERS_AGENT_HAND_H

#include <stdbool.h>

struct err;
struct hand;

typedef void hand_job(void *arg);

/* ERR_SYSTEM where there can be no thread. */
int hand_create(struct hand **ret, struct err *err);
/* Waits for the job under way. NULL is fine. */
void hand_destroy(struct hand *h);
int hand_fd(const struct hand *h); /* readable when a job is done; lent */
void hand_do(struct hand *h, hand_job *job, void *arg);
/* Whether a job was done since the last call. */
bool hand_take(struct hand *h);

#endif
