/* SPDX-License-Identifier: Apache-2.0 */
/* git_name.c - names that some file system takes for ".git" */
#include "scheduler/source/git_name.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum { FOLDED_SIZE = 8 }; /* longer than the longest of the names */

static bool is_ignored_by_hfs(uint32_t c)
{
	return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
}

/* The name without what is ignored, up to a stream. False if it is longer than all names. */
static bool fold(const char *name, char out[FOLDED_SIZE])
{
	size_t left = strlen(name);
	size_t len = 0;

	while (left > 0 && *name != ':') {
		uint32_t c = 0;
		size_t size = str_utf8_next(name, left, &c);

		size = size ? size : 1;
		if (!is_ignored_by_hfs(c)) {
			if (len + 1 >= FOLDED_SIZE && *name != '.' && *name != ' ')
				return false;
			if (len + 1 < FOLDED_SIZE)
				out[len++] = *name;
		}
		name += size;
		left -= size;
	}
	while (len > 0 && (out[len - 1] == '.' || out[len - 1] == ' '))
		len--;
	out[len] = '\0';
	return true;
}

bool git_name_is_git(const char *name)
{
	char folded[FOLDED_SIZE];

	return fold(name, folded) &&
	       (strcasecmp(folded, ".git") == 0 || strcasecmp(folded, "git~1") == 0);
}
