/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the three clocks, and times as people and records write them */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"

enum { MS_PER_S = 1000, US_PER_S = 1000000, NS_PER_US = 1000, NS_PER_MS = 1000000 };

static struct timespec read_clock(clockid_t id)
{
	struct timespec now;

	BUG_ON(clock_gettime(id, &now) != 0);
	return now;
}

static int64_t to_ms(struct timespec t)
{
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

int64_t clock_wall_ms(void)
{
	return to_ms(read_clock(CLOCK_REALTIME));
}

int64_t clock_mono_us(void)
{
	struct timespec now = read_clock(CLOCK_MONOTONIC);

	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

int64_t clock_boot_ms(void)
{
	return to_ms(read_clock(CLOCK_BOOTTIME));
}

void clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE])
{
	time_t seconds = wall_ms / MS_PER_S;
	int ms = (int)(wall_ms % MS_PER_S);
	struct tm tm;
	size_t len;

	if (ms < 0) { /* before 1970 */
		ms += MS_PER_S;
		seconds--;
	}
	BUG_ON(!gmtime_r(&seconds, &tm));
	len = strftime(out, CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, CLOCK_RFC3339_SIZE - len, ".%03dZ", ms);
}
