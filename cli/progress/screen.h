/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h - a block of lines at the end of a terminal that is drawn anew
 *
 * Each frame goes over the one before: up, every line erased behind its text, the
 * rest of the screen erased. Where the terminal's width changed in between, the
 * lines of the last frame may have wrapped, which is reckoned with.
 */
#ifndef INGOT_CLI_PROGRESS_SCREEN_H
#define INGOT_CLI_PROGRESS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct screen {
	FILE *out;
	size_t *cells; /* of each line of the last frame */
	size_t count, cap;
};

void screen_init(struct screen *l, FILE *out);
void screen_finish(struct screen *l);
/* The terminal's size; 80 by 24 where it does not say. */
void screen_size(const struct screen *l, size_t *ret_width, size_t *ret_height);
/* Draws text, whole lines, over the last frame. */
void screen_draw(struct screen *l, const char *text, size_t width);
/* Takes the last frame away: what is written next stands in its place. */
void screen_clear(struct screen *l);
/* What was drawn stays; the next frame starts below it. */
void screen_keep(struct screen *l);

#endif
