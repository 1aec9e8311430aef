/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h - a definition, checked whole before anything runs
 *
 *	struct diagnostics mistakes = DIAGNOSTICS_INIT;
 *	struct pipeline *p = NULL;
 *	rc = pipeline_check(text, len, "ingot.yaml", &p, &mistakes);
 *	if (rc < 0)
 *		diagnostics_render(&mistakes, &out);
 *	diagnostics_finish(&mistakes);
 *	pipeline_destroy(p);
 *
 * The text is read by libyaml's events into a small tree with places, and the
 * tree is checked against one table of keys (keys.c), from which the JSON Schema
 * is made as well. What comes out is finished: references are indexes, defaults
 * are merged into the steps, the graph has no cycle. It knows nothing of YAML.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_PIPELINE_H
#define INGOT_SCHEDULER_PIPELINE_PIPELINE_H

#include <stddef.h>

#include "base/arena.h"
#include "scheduler/pipeline/diagnostics.h"
#include "scheduler/pipeline/step.h"

enum {
	PIPELINE_TEXT_MAX = 256 * 1024,      /* bytes of a definition */
	PIPELINE_DEPTH_MAX = 32,             /* nested lists and mappings */
	PIPELINE_STEPS_MAX = 10000,          /* steps as written */
	PIPELINE_STEP_INSTANCES_MAX = 10000, /* of one matrix */
	PIPELINE_INSTANCES_MAX = 100000,     /* of all steps together */
};

struct param {
	struct pos pos;
	const char *name;
	struct value value; /* the default; its type is the parameter's type */
};

struct schedule {
	struct pos pos;
	const char *cron;     /* five fields, or @hourly, @every 15m … */
	const char *timezone; /* "UTC" unless written */
};

struct triggers {
	struct pos pos;
	bool push;
	struct words branches, tags, paths; /* globs; all empty: any push of a branch */
	size_t schedule_count;
	const struct schedule *schedules;
	struct words artifacts; /* a new version of one of these */
	struct words models;    /* NAME, or NAME@ALIAS: the alias moved */
	struct words pipelines; /* a run of one of these succeeded */
	bool manual; /* true unless `manual: false` is written */
};

struct pipeline {
	struct arena arena; /* owns everything below */
	const char *file;   /* the name it was checked under */
	const char *name;   /* the file's own, or from the file name */
	const char *description; /* or NULL */
	struct triggers triggers;
	size_t param_count;
	const struct param *params;
	struct concurrency concurrency;
	size_t step_count;
	const struct step *steps; /* in the order of the file */
	const size_t *order; /* indexes of steps, each behind its deps, those with `finally` last */
};

/* Checks text and builds the pipeline; the caller destroys *ret. file is the
 * name for messages and, without `name`, of the pipeline. mistakes is filled in
 * any case and must be finished by the caller.
 * ERR_INVALID with mistakes, *ret untouched, if there is any. */
int pipeline_check(const char *text, size_t len, const char *file, struct pipeline **ret,
		   struct diagnostics *mistakes);

void pipeline_destroy(struct pipeline *p); /* NULL is fine */

/* SIZE_MAX where there is none. */
size_t pipeline_step_index(const struct pipeline *p, const char *name);
size_t step_output_index(const struct step *s, const char *name);
const struct param *pipeline_param(const struct pipeline *p, const char *name); /* or NULL */

/* Appends the JSON Schema (draft 2020-12) of the format. */
void pipeline_schema(struct buf *out);

#endif
