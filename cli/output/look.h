/* SPDX-License-Identifier: Apache-2.0 */
/* look.h - how states look, and times as people read them */
#ifndef INGOT_CLI_OUTPUT_LOOK_H
#define INGOT_CLI_OUTPUT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/output/color.h"
#include "store/records/states.h"

struct buf;

/* One cell wide. Colour alone never carries the meaning. */
const char *look_step_symbol(enum step_state state, bool utf8);
enum color look_step_color(enum step_state state);
/* Of a run or a step, by the state's name; COLOR_NONE for an unknown one. */
enum color look_state_color(const char *state);

/* Appends "just now", "3m ago", "5h ago", "2d ago", or the date where it is longer
 * than a month ago. */
void look_ago(struct buf *out, int64_t wall_ms, int64_t now_ms);

#endif
