/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - until when a worker may go on, by what it said and was answered */
#include "workers/agent/lease.h"

#include "workers/wire/message.h"

void lease_sent(struct lease *l, int64_t now_ms)
{
	l->sent_ms = now_ms;
	l->is_asked = true;
}

bool lease_answered(struct lease *l, const struct wire_accept *answer)
{
	if (answer->epoch < l->epoch)
		return false;
	l->epoch = answer->epoch;
	l->ttl_ms = answer->ttl_ms;
	if (l->sent_ms > l->renewed_ms)
		l->renewed_ms = l->sent_ms;
	l->is_asked = false;
	return true;
}

void lease_unasked(struct lease *l)
{
	l->is_asked = false;
}

void lease_granted(struct lease *l, int64_t now_ms)
{
	if (now_ms - l->renewed_ms > lease_interval_ms(l))
		l->renewed_ms = now_ms;
}

int64_t lease_interval_ms(const struct lease *l)
{
	return l->ttl_ms / 6;
}

int64_t lease_soft_ms(const struct lease *l)
{
	return l->renewed_ms + l->ttl_ms * 2 / 3;
}

int64_t lease_hard_ms(const struct lease *l)
{
	return l->renewed_ms + l->ttl_ms * 5 / 6;
}

int64_t lease_end_ms(const struct lease *l)
{
	return l->renewed_ms + l->ttl_ms;
}

int64_t lease_next_ms(const struct lease *l, bool holds_leases)
{
	if (l->is_asked)
		return INT64_MAX;
	return l->sent_ms + (holds_leases ? lease_interval_ms(l) : LEASE_IDLE_HEARTBEAT_MS);
}
