/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.h - the folder of one attempt: what a step finds, and what is kept of it
 *
 *	<parent>/<name>/work          the step's working directory: its sources, its inputs,
 *	                              and nothing else
 *	<parent>/<name>/params.json   $INGOT_PARAMS, if the step has parameters or a matrix
 *	<parent>/<name>/metrics       $INGOT_METRICS; the step makes it, if it wants
 *
 * Calling sequence:
 *	1. workspace_create()
 *	2. workspace_fill(): sources, inputs, folders for the outputs, params.json
 *	3. the command runs; workspace_read_points() now and then
 *	4. all its processes are gone: workspace_read_points() a last time,
 *	   workspace_collect(), workspace_read_metrics()
 *	5. workspace_destroy()
 *
 * An attempt without sources, inputs and outputs costs two mkdir and two rmdir.
 *
 * After step 3 the folder is in the hands of whoever wrote the step: nothing
 * in it is opened through a link, and only regular files are read.
 */
#ifndef INGOT_WORKERS_WORKSPACE_H
#define INGOT_WORKERS_WORKSPACE_H

#include <stdint.h>

struct arena;
struct blob_store;
struct err;
struct points;
struct wire_artifact;
struct wire_grant;
struct wire_metric;
struct workspace;

/* Makes the folder `name` (one part) in the open folder parent_fd, whose absolute
 * path is parent_path. Store and parent_fd are lent until workspace_destroy().
 * ERR_EXISTS if a former attempt left one. */
int workspace_create(struct blob_store *store, int parent_fd, const char *parent_path,
		     const char *name, struct workspace **ret, struct err *err);
/* Frees, and removes the folder and all in it, whatever its modes. NULL is fine. */
int workspace_destroy(struct workspace *w, struct err *err);

/* Absolute paths, lent. */
const char *workspace_path(const struct workspace *w);         /* of work */
const char *workspace_params_path(const struct workspace *w);  /* NULL: there is none */
const char *workspace_params_place(const struct workspace *w); /* where it would be */
const char *workspace_metrics_path(const struct workspace *w);

/* Puts what the grant names into place. Files are links to blobs, read-only; a
 * source that is also an output or the metrics file is a writable copy. A folder
 * that is an input is read-only too. ERR_EXISTS, naming both, if an input is to go
 * where something is; ERR_NOT_FOUND and ERR_DAMAGED of blobs. */
int workspace_fill(struct workspace *w, const struct wire_grant *g, struct err *err);

/* Puts the grant's outputs into the store, durably, in one batch, and fills
 * *ret with one artifact per output, in that order, allocated in the arena.
 * Each error names output and path: ERR_NOT_FOUND if it was not made, ERR_INVALID
 * for what is neither file nor folder or lies behind a link, ERR_BUSY if it changed
 * while it was read, ERR_TOO_LARGE above the grant's disk limit. */
int workspace_collect(struct workspace *w, const struct wire_grant *g, struct arena *arena,
		      struct wire_artifact **ret, struct err *err);

/* Reads the grant's metrics file, if it names one: as metrics_parse(). ERR_NOT_FOUND
 * if the step did not make it. */
int workspace_read_metrics(struct workspace *w, const struct wire_grant *g, struct arena *arena,
			   struct wire_metric **ret, uint32_t *ret_count, struct err *err);

/* Feeds to `points` what was appended to the file of live metrics since the last
 * call, at most 1 MiB. Returns the bytes read; 0 if there is nothing new. */
int workspace_read_points(struct workspace *w, struct points *points, struct err *err);

#endif
