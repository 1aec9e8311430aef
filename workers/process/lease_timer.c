/* SPDX-License-Identifier: Apache-2.0 */
/* lease_timer.c - a timerfd that is set as seldom as possible */
#include "workers/process/lease_timer.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"

int lease_timer_init(struct lease_timer *t)
{
	*t = (struct lease_timer){ .fd = timerfd_create(CLOCK_BOOTTIME,
							TFD_CLOEXEC | TFD_NONBLOCK) };
	return t->fd < 0 ? -errno : 0;
}

void lease_timer_finish(struct lease_timer *t)
{
	fs_close(&t->fd);
}

static void arm(struct lease_timer *t, int64_t at_ms)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000 },
	};

	BUG_ON(timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &when, NULL) < 0);
	t->armed_ms = at_ms;
}

/* A past deadline is armed too: the descriptor is then readable at once. */
void lease_timer_set(struct lease_timer *t, int64_t soft_ms, int64_t hard_ms)
{
	t->soft_ms = soft_ms;
	t->hard_ms = hard_ms;
	if (hard_ms > 0 && (t->armed_ms == 0 || t->armed_ms > soft_ms))
		arm(t, soft_ms > 0 ? soft_ms : 1);
}

enum lease_due lease_timer_due(struct lease_timer *t)
{
	int64_t now_ms = clock_boot_ms();
	uint64_t fired;
	ssize_t got = read(t->fd, &fired, sizeof(fired));

	if (got > 0)
		t->armed_ms = 0;
	if (t->hard_ms == 0)
		return LEASE_DUE_NONE;
	if (now_ms >= t->hard_ms)
		return LEASE_DUE_HARD;
	if (now_ms < t->soft_ms) {
		arm(t, t->soft_ms);
		return LEASE_DUE_NONE;
	}
	arm(t, t->hard_ms);
	return LEASE_DUE_SOFT;
}
