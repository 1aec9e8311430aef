/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h - which contents a step's inputs are, once its parents are done
 *
 * An input is an output of one instance, or all instances' outputs of a matrix as
 * a folder with an entry for each and an index.json:
 *
 *	[{"entry": "rate=0.1,l2=0.json", "step": "train[rate=0.1,l2=0]",
 *	  "matrix": {…}, "metrics": {…}}]
 */
#ifndef INGOT_SCHEDULER_DAEMON_INPUTS_H
#define INGOT_SCHEDULER_DAEMON_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/records/rows.h"
#include "workers/wire/grant.h"

struct arena;
struct blob_store;
struct err;
struct live_run;

/* A folder that has to be made of several outputs. */
struct composition {
	uint32_t input; /* index of the input */
	const char *index_json;
	uint32_t part_count;
	const struct output_row *parts; /* path: the entry's name */
};

struct inputs {
	struct wire_input *items; /* in the order of the definition */
	uint32_t count;
	struct input_row *rows;   /* for the record: lineage */
	uint32_t row_count;
	struct composition *compositions; /* whose digests in items are not known yet */
	uint32_t composition_count;
};

/* On the loop; all in the arena. ERR_NOT_FOUND: an instance cannot be selected.
 * ERR_STATE: an output is not there. */
int inputs_gather(const struct live_run *run, uint32_t index, struct arena *arena,
		  struct inputs *ret, struct err *err);
/* In a thread: makes the folders and fills in their digests. */
int inputs_compose(struct blob_store *blobs, struct inputs *in, struct err *err);

#endif
