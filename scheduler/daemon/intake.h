/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - from what a client asks for to a checked pipeline with its sources
 *
 *	1. intake_create() on the loop, from the request's args
 *	2. intake_work() in a thread: Git, definition, parameters, source lists, pins
 *	3. back on the loop: `rc` and `err` tell how it went; submit.c or preview.c
 *	   make the plan from it
 *	4. intake_destroy()
 */
#ifndef INGOT_SCHEDULER_DAEMON_INTAKE_H
#define INGOT_SCHEDULER_DAEMON_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "scheduler/plan/plan.h"
#include "scheduler/source/source.h"
#include "store/records/rows.h"

struct daemon;
struct json_t;

struct intake_request {
	const char *repository;
	const char *ref;      /* NULL: HEAD */
	const char *pipeline; /* NULL: the only one, or ingot.yaml */
	const char *step;     /* NULL: all */
	const char *trigger;
	const char *path;     /* PATH of the client; NULL: the scheduler's */
	bool no_cache;
	bool dirty;
	uint32_t workers; /* 0: as it is */
	const struct plan_override *params;
	size_t param_count;
};

struct intake {
	struct daemon *daemon;
	struct arena arena;
	struct intake_request request;
	/* What the work gave: */
	int rc;
	struct err err;
	char *mistakes; /* of the definition, rendered; NULL: none */
	struct source_snapshot snapshot;
	const struct source_definition *definition;
	struct pipeline *pipeline; /* whoever takes it sets NULL here */
	const struct value *params;
	const char **source_texts; /* per step of the pipeline: its list; NULL: it sees nothing */
	struct digest *source_digests;
	struct plan_pin *pins;
	size_t pin_count;
};

/* args: of run.submit and run.plan (API.md). */
int intake_create(struct daemon *d, const struct json_t *args, struct intake **ret,
		  struct err *err);
/* PATH of the client, from args.path; NULL where there is none. ERR_USAGE, ERR_TOO_LARGE. */
int intake_path(const struct json_t *args, struct arena *arena, const char **ret,
		struct err *err);
/* The same for a run that is made again: same commit, parameters and pipeline. */
struct intake *intake_again(struct daemon *d, const struct intake_request *request);
void intake_work(struct intake *in);
void intake_destroy(struct intake *in); /* NULL is fine */

/* Writes what the user should know: the snapshot's warnings, and which changes are not
 * in the run because they are not committed. */
struct json_writer;
void intake_write_warnings(const struct intake *in, struct json_writer *w, const char *key);

/* What plan_make() wants; allocated in the intake's arena. */
void intake_context(struct intake *in, uint64_t run, struct plan_context *ret);

#endif
