/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - what would keep the loop waiting is done in a thread
 *
 * work() runs in a thread of the pool and touches nothing of the daemon but what
 * says that it may be; done() runs on the loop afterwards, always.
 */
#ifndef INGOT_SCHEDULER_DAEMON_JOB_H
#define INGOT_SCHEDULER_DAEMON_JOB_H

struct daemon;

void job_start(struct daemon *d, void (*work)(void *arg), void (*done)(void *arg), void *arg);

#endif
