/* SPDX-License-Identifier: Apache-2.0 */
/* lease_timer.h - a soft and a hard deadline on CLOCK_BOOTTIME
 *
 * The clock runs through suspend: a laptop that wakes up after its lease ended
 * ends the step. Moving the deadlines on costs no system call: the timer is left
 * to fire at the old one, where lease_timer_due() sets it again.
 */
#ifndef INGOT_WORKERS_PROCESS_LEASE_TIMER_H
#define INGOT_WORKERS_PROCESS_LEASE_TIMER_H

#include <stdint.h>

enum lease_due { LEASE_DUE_NONE, LEASE_DUE_SOFT, LEASE_DUE_HARD };

struct lease_timer {
	int fd; /* poll it for reading, then call lease_timer_due() */
	int64_t soft_ms;
	int64_t hard_ms;  /* 0: no lease */
	int64_t armed_ms; /* when fd becomes readable; 0: never */
};

int lease_timer_init(struct lease_timer *t); /* 0 or -errno */
void lease_timer_finish(struct lease_timer *t);
/* Both on clock_boot_ms(); soft_ms <= hard_ms; 0 and 0: no lease. */
void lease_timer_set(struct lease_timer *t, int64_t soft_ms, int64_t hard_ms);
/* Which deadline has passed; arms the timer for the next. */
enum lease_due lease_timer_due(struct lease_timer *t);

#endif
