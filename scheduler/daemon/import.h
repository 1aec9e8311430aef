/* SPDX-License-Identifier: Apache-2.0 */
/* import.h - a step's sources, from Git into the blob store as a tree
 *
 * Done when a step has to run, not before: a run that comes from the cache reads
 * no file. A source list is imported once; what is known by its Git object id is
 * not read again.
 */
#ifndef INGOT_SCHEDULER_DAEMON_IMPORT_H
#define INGOT_SCHEDULER_DAEMON_IMPORT_H

#include "base/hash.h"

struct daemon;
struct err;
struct imports;
struct live_run;

struct imports *imports_create(struct daemon *d);
void imports_destroy(struct imports *m); /* NULL is fine */

/* Calls done(arg, tree, NULL) or done(arg, NULL, err), now or later. text is the
 * source list's own. */
void imports_need(struct imports *m, const char *repository, const struct digest *list,
		  const char *text,
		  void (*done)(void *arg, const struct digest *tree, const struct err *err),
		  void *arg);

#endif
