/* SPDX-License-Identifier: Apache-2.0 */
/* environ.h - the environment that a step finds: exactly what product.md names */
#ifndef INGOT_WORKERS_AGENT_ENVIRON_H
#define INGOT_WORKERS_AGENT_ENVIRON_H

#include <stddef.h>

struct arena;
struct wire_grant;

/* What of it is the worker's own; all lent. */
struct environ_base {
	const char *path;
	const char *home;
	const char *lang;
	const char *user;
};

/* Where the attempt's things are; absolute paths. */
struct environ_places {
	const char *tmp;
	const char *workspace;
	const char *metrics;    /* live points */
	const char *checkpoint;
	const char *params;     /* NULL: there is no such file */
};

/* Reads the worker's own environment; a variable that is missing gets a value that
 * works. Lent for the life of the process. */
void environ_base_init(struct environ_base *ret);

/* "NAME=value" strings and a NULL, all in the arena. The definition's env may set
 * PATH, HOME, LANG, TMPDIR, USER and CI, but nothing that tells a step who it is. */
const char *const *environ_of_step(const struct environ_base *base, const struct wire_grant *g,
				   const struct environ_places *places, struct arena *arena);
/* For a command outside any step. */
const char *const *environ_of_probe(const struct environ_base *base, const char *tmp,
				    struct arena *arena);

#endif
