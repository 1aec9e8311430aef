/* SPDX-License-Identifier: Apache-2.0 */
/* color.c - when to colour, and how */
#include "cli/output/color.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

static const char *const when_names[COLOR_WHEN_COUNT] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};

static const char *const sequences[COLOR_COUNT] = {
	[COLOR_NONE] = "",
	[COLOR_RED] = "\x1b[31m",
	[COLOR_GREEN] = "\x1b[32m",
	[COLOR_YELLOW] = "\x1b[33m",
	[COLOR_BLUE] = "\x1b[34m",
	[COLOR_CYAN] = "\x1b[36m",
	[COLOR_DIM] = "\x1b[2m",
	[COLOR_BOLD] = "\x1b[1m",
};

int color_when_parse(const char *word, enum color_when *ret)
{
	for (int i = 0; i < COLOR_WHEN_COUNT; i++)
		if (str_eq(word, when_names[i])) {
			*ret = (enum color_when)i;
			return 0;
		}
	return ERR_INVALID;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

bool color_wanted(enum color_when when, int fd)
{
	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") && !str_eq(getenv("CLICOLOR_FORCE"), "0"))
		return true;
	if (str_eq(getenv("TERM"), "dumb"))
		return false;
	return isatty(fd);
}

const char *color_start(enum color color)
{
	return sequences[color];
}

const char *color_end(void)
{
	return "\x1b[0m";
}

void color_append(struct buf *b, bool on, enum color color, const char *text)
{
	bool colored = on && color != COLOR_NONE;

	if (colored)
		buf_str_append(b, color_start(color));
	buf_str_append(b, text);
	if (colored)
		buf_str_append(b, color_end());
}
