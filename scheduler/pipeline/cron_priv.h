/* SPDX-License-Identifier: Apache-2.0 */
/* cron_priv.h - the form of schedules; when they fall due is not known here */
#ifndef INGOT_SCHEDULER_PIPELINE_CRON_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_CRON_PRIV_H

struct err;

/* 0 for five good fields, @hourly and its like, and "@every 15m"; ERR_INVALID
 * with the field that is wrong. */
int cron_judge(const char *text, struct err *err);

#endif
