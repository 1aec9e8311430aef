/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - clients that watch a run, told at most ten times a second */
#ifndef INGOT_SCHEDULER_DAEMON_FOLLOW_H
#define INGOT_SCHEDULER_DAEMON_FOLLOW_H

struct live_run;
struct request;

enum { FOLLOW_INTERVAL_MS = 100 };

/* Sends the run as it is, then what changes; replies when its end is recorded. */
void follow_start(struct request *r, struct live_run *run);
/* Something about the run or a step of it changed. */
void follow_changed(struct live_run *run);
/* The run's end is recorded. */
void follow_ended(struct live_run *run);

#endif
