/* SPDX-License-Identifier: Apache-2.0 */
/* context.h - the document "context" of a run: how it was asked for
 *
 *	{"file": "ingot.yaml", "only": null, "path": "/usr/bin:…",
 *	 "no_cache": false,
 *	 "pins": [{"address": "model:x@3", "digest": "sha256:…", "kind": "file"}]}
 */
#ifndef INGOT_SCHEDULER_DAEMON_CONTEXT_H
#define INGOT_SCHEDULER_DAEMON_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct err;
struct intake;
struct plan_pin;

struct context {
	const char *file; /* the definition's path in the repository */
	const char *only;
	const char *path;
	bool no_cache;
	const struct plan_pin *pins;
	size_t pin_count;
};

void context_write(const struct intake *in, struct buf *out);
/* Strings in the arena. ERR_DAMAGED. */
int context_read(const char *text, size_t len, struct arena *arena, struct context *ret,
		 struct err *err);

#endif
