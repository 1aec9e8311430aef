/* SPDX-License-Identifier: Apache-2.0 */
/* step_log.h - the log file of an attempt: standard output and error, as they come
 *
 * The command writes to the file itself. Most short steps write nothing, so an
 * empty spare file waits in the slot and becomes the log, by a rename, once
 * something is in it; until then it serves one attempt after another.
 *
 * The limit: of a log that is longer the first and the last half of the limit are
 * kept, with a line between them that says how much was left out. While the
 * command runs the middle is punched out of the file, so that it takes no more
 * than a few times the limit on disk; the cut is made at the end.
 */
#ifndef INGOT_WORKERS_AGENT_STEP_LOG_H
#define INGOT_WORKERS_AGENT_STEP_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { STEP_LOG_LIMIT = 64 << 20 }; /* bytes, where the grant names none */

struct step_log {
	int logs_fd;  /* HOME/logs; lent */
	int spare_fd; /* the folder of the spare; lent */
	char spare[16];
	int fd;           /* the file, for appending; -1: not made yet */
	const char *name; /* below logs; lent; NULL between attempts */
	bool is_named;    /* it is a log already, and no spare any more */
	uint64_t limit_bytes;
};

void step_log_init(struct step_log *l, int logs_fd, int spare_fd, unsigned slot);
void step_log_finish(struct step_log *l);

/* Before an attempt; name is lent until step_log_end(). Afterwards l->fd is what the
 * command writes to. */
int step_log_begin(struct step_log *l, const char *name, uint64_t limit_bytes, struct err *err);
/* While the command runs: names it, holds it down. */
void step_log_look(struct step_log *l);
/* A line of the worker's own: "[ingot: …]". */
void step_log_say(struct step_log *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* After all of an attempt's processes: returns the size of the log, 0 for none. */
uint64_t step_log_end(struct step_log *l);

#endif
