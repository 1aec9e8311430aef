/* SPDX-License-Identifier: Apache-2.0 */
/* helper.h - one ingot-helper process, kept a moment for the next job
 *
 * A run needs it twice in a row: for the snapshot, and for the sources of the
 * first steps that do not come from the cache. Starting it takes longer than
 * asking it. A job takes it, or gets a new one; what it gives back healthy is parked.
 */
#ifndef INGOT_SCHEDULER_DAEMON_HELPER_H
#define INGOT_SCHEDULER_DAEMON_HELPER_H

#include <stdbool.h>

struct err;
struct helper;
struct source_client;

struct helper *helper_create(const char *home);
void helper_destroy(struct helper *h); /* NULL is fine */
/* From any thread. */
int helper_take(struct helper *h, struct source_client **ret, struct err *err);
/* Parks it, or ends it where it failed or one is parked already. */
void helper_give(struct helper *h, struct source_client *c, bool is_healthy);
/* Ends the parked one. */
void helper_rest(struct helper *h);

#endif
