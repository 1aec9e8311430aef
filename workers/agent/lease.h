/* SPDX-License-Identifier: Apache-2.0 */
/* lease.h - until when a worker may go on, by what it said and was answered
 *
 * All leases of a session are renewed together, by heartbeats. They count from
 * the moment the answered heartbeat was *sent*: the scheduler, which counts from
 * its answer, always ends later. Registering is a heartbeat, too. PURE: times are
 * arguments, on clock_boot_ms().
 */
#ifndef INGOT_WORKERS_AGENT_LEASE_H
#define INGOT_WORKERS_AGENT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct wire_accept;

enum { LEASE_IDLE_HEARTBEAT_MS = 60 * 1000 };

struct lease {
	uint64_t epoch;     /* the highest seen */
	int64_t ttl_ms;     /* 0: never accepted */
	int64_t renewed_ms; /* when the last answered one was sent */
	int64_t sent_ms;    /* when the last one was sent */
	bool is_asked;      /* that one is not answered yet */
};

void lease_sent(struct lease *l, int64_t now_ms);
/* The answer to the one under way. Returns false, and nothing changes, for a
 * scheduler of an earlier epoch, whose word counts for nothing. */
bool lease_answered(struct lease *l, const struct wire_accept *answer);
/* The connection is gone, and with it the answer. */
void lease_unasked(struct lease *l);
/* A grant came: its lease began not long ago. An idle worker's last heartbeat did. */
void lease_granted(struct lease *l, int64_t now_ms);

int64_t lease_interval_ms(const struct lease *l); /* a sixth of the TTL */
int64_t lease_soft_ms(const struct lease *l);     /* TERM: two thirds of the TTL */
int64_t lease_hard_ms(const struct lease *l);     /* KILL: five sixths */
int64_t lease_end_ms(const struct lease *l);      /* the whole TTL */
/* When the next heartbeat is due; INT64_MAX while one is under way. */
int64_t lease_next_ms(const struct lease *l, bool holds_leases);

#endif
