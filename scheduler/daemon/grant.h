/* SPDX-License-Identifier: Apache-2.0 */
/* grant.h - a lease becomes a message that tells a worker everything */
#ifndef INGOT_SCHEDULER_DAEMON_GRANT_H
#define INGOT_SCHEDULER_DAEMON_GRANT_H

struct daemon;
struct decision;

/* Sends it now, or once the open batch is durable where the decision says so. A
 * worker that is not connected will be found to lack it when it comes back. */
void grant_step(struct daemon *d, const struct decision *decision);

#endif
