/* SPDX-License-Identifier: Apache-2.0 */
/* origin.h - what the text that names a repository means */
#ifndef INGOT_SCHEDULER_SOURCE_ORIGIN_H
#define INGOT_SCHEDULER_SOURCE_ORIGIN_H

#include <stdbool.h>

struct buf;
struct err;

enum { ORIGIN_MAX_BYTES = 4096 };

struct origin {
	char *path; /* of the local file system, also for file://; or NULL */
	char *url;  /* to give to git, with what password it may have; or NULL */
};

/* ERR_INVALID: neither an absolute path nor a URL of a known kind, control bytes, a
 * host or path that git would take for an option, http:// to another host. */
int origin_parse(const char *text, struct origin *ret, struct err *err);
void origin_finish(struct origin *o);

/* Appends the URL without password (over http also without user), for messages and
 * as identity; control bytes escaped. Anything else is appended as it is. */
void origin_public_name(const char *text, struct buf *out);

/* The folder name of an identity's mirror: a readable part and a hash, such as
 * "penguins-0123456789ab.git". The caller frees. */
char *origin_mirror_name(const char *identity);

#endif
