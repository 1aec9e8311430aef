/* SPDX-License-Identifier: Apache-2.0 */
/* glob.h - one pattern of a source list: reading it, holding it against a path
 *
 * PURE. source_list.h tells what the patterns mean.
 */
#ifndef INGOT_SCHEDULER_SOURCE_GLOB_H
#define INGOT_SCHEDULER_SOURCE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* A pattern taken apart; lends from the pattern's text. */
struct glob {
	const char *text;  /* without "!", "./", the slashes at both ends */
	size_t len;
	bool negated;      /* began with "!" */
	bool folders_only; /* ended with "/" */
	bool anywhere;     /* one part with a wildcard: looked for in every folder */
	bool literal;      /* without wildcard or backslash: a path */
};

/* ERR_INVALID: empty, too long, a ".." or empty part, a control byte, an unclosed
 * "[", a backslash at the end. */
int glob_parse(const char *pattern, struct glob *ret, struct err *err);

/* Whether the pattern, its "!" aside, matches the path or a folder above it. */
bool glob_covers(const struct glob *g, const char *path);

#endif
