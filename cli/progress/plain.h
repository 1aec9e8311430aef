/* SPDX-License-Identifier: Apache-2.0 */
/* plain.h - a run as lines that are only ever appended: for pipes and CI
 *
 *	[ 1/12] prepare cached from run 41
 *	[ 3/12] train[rate=0.1] succeeded 1.2s accuracy=0.97
 *	[ 3/12] running: train[rate=0.5] 31.0s, train[rate=0.01] 31.0s
 */
#ifndef INGOT_CLI_PROGRESS_PLAIN_H
#define INGOT_CLI_PROGRESS_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/progress/run_view.h"

struct buf;

enum { PLAIN_HEARTBEAT_MS = 30 * 1000, PLAIN_HEARTBEAT_STEPS = 4 };

/* Appends the line for a step that came from `before` into its state; nothing for
 * states that need no word. */
void plain_step(const struct run_view *v, const struct view_step *step, enum step_state before,
		bool colored, struct buf *out);
/* Appends what runs, so that a silent hour can be told from a hanging one; nothing
 * where nothing runs. */
void plain_heartbeat(const struct run_view *v, int64_t now_ms, struct buf *out);

#endif
