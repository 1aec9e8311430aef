/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - names of files: joining, judging
 *
 * Everything here is about text; no file is looked at.
 */
#include "base/path.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

enum { PATH_LIMIT = 4096, PART_LIMIT = 255, NAME_LIMIT = 64 };

char *path_join(const char *a, const char *b)
{
	size_t len = strlen(a);

	if (b[0] == '/' || len == 0)
		return mem_strdup(b);
	return mem_printf("%s%s%s", a, a[len - 1] == '/' ? "" : "/", b);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_tame(const char *path)
{
	if (strlen(path) > PATH_LIMIT)
		return false;
	for (; *path; path++)
		if ((unsigned char)*path < ' ' || *path == 0x7f)
			return false;
	return true;
}

/* A walk over the parts between slashes: for (p = path; p; p = next_part(p)). */
static const char *next_part(const char *part)
{
	const char *slash = strchr(part, '/');

	return slash ? slash + 1 : NULL;
}

static size_t part_len(const char *part)
{
	return strcspn(part, "/");
}

static bool part_is(const char *part, const char *word)
{
	return part_len(part) == strlen(word) && memcmp(part, word, strlen(word)) == 0;
}

bool path_is_inside(const char *path)
{
	if (!is_tame(path))
		return false;
	for (const char *p = path; p; p = next_part(p))
		if (part_is(p, "") || part_is(p, ".") || part_is(p, "..") ||
		    part_len(p) > PART_LIMIT)
			return false;
	return true;
}

/* A ".." may only lead the target: behind a name, which may be a link to
 * another depth, it could lead anywhere. */
bool path_link_is_inside(const char *link, const char *target)
{
	bool named = false;
	int above = -1; /* folders between the top and the link */

	if (!path_is_inside(link) || !is_tame(target) || !*target || *target == '/')
		return false;
	for (const char *p = link; p; p = next_part(p))
		above++;
	for (const char *p = target; p; p = next_part(p)) {
		if (part_is(p, "") || part_is(p, "."))
			continue;
		if (!part_is(p, ".."))
			named = true;
		else if (named || --above < 0)
			return false;
	}
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool path_is_name(const char *s)
{
	size_t len = strlen(s);

	if (len > NAME_LIMIT || !is_letter(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(s[i]) && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return true;
}
