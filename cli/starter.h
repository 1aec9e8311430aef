/* SPDX-License-Identifier: Apache-2.0 */
/* starter.h - a scheduler in the background, where none answers
 *
 * Two that start at once take turns by a lock on the home's folder: the second
 * finds the scheduler of the first. Readiness comes through a pipe, so that
 * nobody polls:
 *
 *	starter                 ingot scheduler --home HOME --ready-fd N
 *	flock(HOME)
 *	fork ────────────────>  setsid, fork, exec
 *	poll(pipe)              lock, database, socket
 *	   <── one byte ──────  listens
 *	   <── a JSON error ──  or could not, and ends
 *	unlock
 */
#ifndef INGOT_CLI_STARTER_H
#define INGOT_CLI_STARTER_H

struct err;

/* A database of many runs may have to be checked and migrated first. */
enum { STARTER_READY_MS = 30 * 1000 };

/* Returns 0 once a scheduler listens in that home, which is made where it is
 * missing. ERR_BUSY: another one has the lock and does not listen (yet, or any
 * more); ERR_TIMEOUT; or what the scheduler itself said. */
int starter_start(const char *home, struct err *err);
/* What `ingot scheduler` calls when it could not start: tells the starter why. */
void starter_report(int ready_fd, const struct err *err);

#endif
