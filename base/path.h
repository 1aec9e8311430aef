/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - names of files: joining, judging */
#ifndef INGOT_BASE_PATH_H
#define INGOT_BASE_PATH_H

#include <stdbool.h>

struct err;

/* a "/" b; the caller frees. An absolute b is returned as it is. */
char *path_join(const char *a, const char *b);
/* The part behind the last '/', lent. */
const char *path_base(const char *path);
/* A relative path that stays below where it starts: not empty, not absolute, no
 * empty, "." or ".." part, no control byte, no part over 255, no path over 4096
 * bytes. For paths that a definition or an archive names. */
bool path_is_inside(const char *path);
/* Whether a symbolic link at `link` (inside) that points to `target` stays inside,
 * even if other links lie on its way: a ".." behind a name is refused. */
bool path_link_is_inside(const char *link, const char *target);
/* A name of a step, output, parameter, artifact: [A-Za-z_][A-Za-z0-9_-]*, at most 64 bytes. */
bool path_is_name(const char *s);

#endif
