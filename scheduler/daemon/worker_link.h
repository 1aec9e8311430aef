/* SPDX-License-Identifier: Apache-2.0 */
/* worker_link.h - a worker's connection: what it says goes to the engine */
#ifndef INGOT_SCHEDULER_DAEMON_WORKER_LINK_H
#define INGOT_SCHEDULER_DAEMON_WORKER_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct daemon;
struct digest;
struct err;
struct wire_grant;
struct wire_lease;
struct wire_probe;
struct worker_link;

/* Makes the connection a worker's; its first frame is still to be handled. */
int worker_link_open(struct conn *c, struct err *err);

/* The link of a session, or NULL while it is not connected. */
struct worker_link *worker_link_find(struct daemon *d, uint64_t session);
/* Any that is registered, or NULL. */
struct worker_link *worker_link_any(struct daemon *d);
uint64_t worker_link_id(const struct worker_link *link); /* in the records */
const uint8_t *worker_link_session(const struct worker_link *link); /* its 16 bytes */

void worker_link_send_grant(struct worker_link *link, const struct wire_grant *g);
/* at_once: without the grace. */
void worker_link_send_cancel(struct worker_link *link, const struct wire_lease *lease, bool at_once);
void worker_link_send_probe(struct worker_link *link, const struct wire_probe *m);
/* verdict: enum wire_verdict. To whoever holds that session now; lost if nobody does,
 * the worker asks again. */
void worker_link_answer(struct daemon *d, uint64_t session, const struct wire_lease *lease,
			int verdict);
/* Cuts off those whose leases end because nothing is heard of them: the next grant
 * would be theirs again. One that wakes up comes back by itself. */
void worker_link_end_silent(struct daemon *d);
/* Asks all to finish what they have and leave. */
void worker_link_drain_all(struct daemon *d);

/* The engine's number for a session: its first bytes, never 0. */
uint64_t worker_link_session_number(const uint8_t session[16]);
/* HMAC-SHA256(server key, step_id || fence || session). */
void worker_link_nonce(const struct daemon *d, uint64_t step, uint64_t fence,
		       const uint8_t session[16], struct digest *ret);

#endif
