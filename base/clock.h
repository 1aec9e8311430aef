/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the three clocks, and times as people and records write them */
#ifndef INGOT_BASE_CLOCK_H
#define INGOT_BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_RFC3339_SIZE = 32 };

int64_t clock_wall_ms(void); /* since 1970, for records and people; may jump */
int64_t clock_mono_us(void); /* never jumps, stops in suspend: for durations */
int64_t clock_boot_ms(void); /* never jumps, runs through suspend: for leases */

/* "2026-11-20T20:53:22.123Z" */
void clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE]);

#endif
