/* SPDX-License-Identifier: Apache-2.0 */
/* run_priv.h - what only this room sees of a run */
#ifndef INGOT_SCHEDULER_RUN_RUN_PRIV_H
#define INGOT_SCHEDULER_RUN_RUN_PRIV_H

#include "scheduler/run/run.h"

/* Moves one step by the table and notes it; a step that ended waits in
 * run->ended for run_settle. Returns whether it moved. */
bool run_move(struct run *run, uint32_t index, enum step_event event, enum reason reason);
/* Cancels one step: at once, or by a STOP if its command runs. */
void run_stop_step(struct run *run, uint32_t index, enum reason reason);
/* Passes on every end that waits in run->ended, and what that ends in turn, until
 * nothing is left; then ends the run itself if no step is open. */
void run_settle(struct run *run);
/* Moves the run itself by its table. */
void run_advance(struct run *run, enum run_event event);
/* Notes that something happened to a step, which was in state from before. */
void run_note(struct run *run, enum run_note_kind kind, uint32_t index, enum step_state from);
/* Opens the gate of the `finally` steps: no other step is open. */
void run_open_finally(struct run *run);

/* Whether a parent that has ended keeps a child from running. data: by that edge
 * the child takes an output of it. */
bool run_parent_blocks(const struct run *run, uint32_t parent, uint32_t child, bool data);
/* Whether this end of the step fails the run. */
bool run_step_is_failure(const struct run *run, uint32_t index);

#endif
