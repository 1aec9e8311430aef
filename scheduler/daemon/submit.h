/* SPDX-License-Identifier: Apache-2.0 */
/* submit.h - a checked pipeline becomes a run: planned, recorded, taken in
 *
 * What a run is made from is recorded as documents: "definition", "context" (a
 * JSON object, see context_write()), and "sources/STEP" for each step that sees
 * something of the repository. After a restart, and for a retry, the plan is made
 * from them again; a plan with another digest fails the run with `replan`.
 */
#ifndef INGOT_SCHEDULER_DAEMON_SUBMIT_H
#define INGOT_SCHEDULER_DAEMON_SUBMIT_H

#include <stdint.h>

struct arena;
struct daemon;
struct db;
struct err;
struct intake;
struct intake_request;
struct live_run;
struct load;
struct loaded_run;

/* Takes the pipeline out of the intake. The run is durable once the open batch is. */
int submit_run(struct daemon *d, struct intake *in, struct live_run **ret, struct err *err);

/* Takes in again every run that had not ended. */
void submit_restore(struct daemon *d, const struct load *load);

/* A recorded run, planned again and with its results, that only exists in thought:
 * ended by live_destroy(). From any thread. */
int submit_recall(struct daemon *d, struct db *db, uint64_t run, struct live_run **ret,
		  struct err *err);

/* What has to be asked for to make a recorded run again; in the arena.
 * ERR_DAMAGED if its context cannot be read. */
int submit_again(const struct loaded_run *run, struct arena *arena, struct intake_request *ret,
		 struct err *err);

#endif
