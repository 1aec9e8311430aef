/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - fingerprint commands, asked of a worker and remembered for a moment
 *
 * Steps that become due together share an answer, for PROBE_KEEP_MS; no longer, as
 * whoever upgrades what a fingerprint tells of runs again at once, and wants no old
 * result. It depends on PATH, which is part of the question.
 */
#ifndef INGOT_SCHEDULER_DAEMON_PROBE_H
#define INGOT_SCHEDULER_DAEMON_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct probes;
struct wire_probe_done;
struct worker_link;

enum { PROBE_TIMEOUT_MS = 60 * 1000, PROBE_KEEP_MS = 1000 };

struct probes *probes_create(struct daemon *d);
void probes_destroy(struct probes *p); /* NULL is fine */

/* The answer if it is known already, else NULL; lent until the next call. */
const char *probes_known(struct probes *p, const char *const *words, uint32_t count,
			 const char *path);
/* Calls done(arg, text, message) now or later; text is the command's output, or NULL if it
 * failed: then message says how, or is NULL where nobody will answer any more. words is NULL-terminated; path NULL: the worker's. */
void probes_ask(struct probes *p, const char *const *words, uint32_t count, const char *path,
		void (*done)(void *arg, const char *text, const char *message), void *arg);

/* From the worker links. */
void probes_worker_ready(struct probes *p, struct worker_link *link);
void probes_worker_gone(struct probes *p, struct worker_link *link);
void probes_answered(struct probes *p, const struct wire_probe_done *m);
/* The scheduler leaves: all that wait are told that nobody will answer. */
void probes_abandon(struct probes *p);

#endif
