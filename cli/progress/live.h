/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - a block of lines at the end of a terminal that is drawn anew
 *
 * Each frame goes over the one before: up, every line erased behind its text, the
 * rest of the screen erased. Where the terminal's width changed in between, the
 * lines of the last frame may have wrapped, which is reckoned with.
 */
#ifndef INGOT_CLI_PROGRESS_LIVE_H
#define INGOT_CLI_PROGRESS_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct live {
	FILE *out;
	size_t *cells; /* of each line of the last frame */
	size_t count, cap;
};

void live_init(struct live *l, FILE *out);
void live_finish(struct live *l);
/* The terminal's size; 80 by 24 where it does not say. */
void live_size(const struct live *l, size_t *ret_width, size_t *ret_height);
/* Draws text, whole lines, over the last frame. */
void live_draw(struct live *l, const char *text, size_t width);
/* Takes the last frame away: what is written next stands in its place. */
void live_clear(struct live *l);
/* What was drawn stays; the next frame starts below it. */
void live_keep(struct live *l);

#endif
