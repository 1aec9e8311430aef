/* SPDX-License-Identifier: Apache-2.0 */
/* color.h - when to colour, and how */
#ifndef INGOT_CLI_OUTPUT_COLOR_H
#define INGOT_CLI_OUTPUT_COLOR_H

#include <stdbool.h>

struct buf;

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_WHEN_COUNT };

enum color {
	COLOR_NONE,
	COLOR_RED,
	COLOR_GREEN,
	COLOR_YELLOW,
	COLOR_BLUE,
	COLOR_CYAN,
	COLOR_DIM,
	COLOR_BOLD,
	COLOR_COUNT
};

/* Returns 0 or ERR_INVALID. */
int color_when_parse(const char *word, enum color_when *ret);
/* Whether what goes to fd is to be coloured: the flag, then $NO_COLOR, then
 * $CLICOLOR_FORCE, then TERM=dumb, then whether fd is a terminal. */
bool color_wanted(enum color_when when, int fd);

const char *color_start(enum color color); /* the escape sequence; "" for COLOR_NONE */
const char *color_end(void);
/* Appends text in that colour if on. */
void color_append(struct buf *b, bool on, enum color color, const char *text);

#endif
