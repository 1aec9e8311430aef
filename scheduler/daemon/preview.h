/* SPDX-License-Identifier: Apache-2.0 */
/* preview.h - `plan`: what would run, and why, without running it
 *
 * The same plan, keys and cache as for a run: a step whose inputs are known is
 * looked up; what hangs on a step that would run is told to depend on it.
 */
#ifndef INGOT_SCHEDULER_DAEMON_PREVIEW_H
#define INGOT_SCHEDULER_DAEMON_PREVIEW_H

struct intake;
struct request;

/* Takes the intake; answers the request now, or when fingerprints are known. */
void preview_start(struct request *r, struct intake *in);

#endif
