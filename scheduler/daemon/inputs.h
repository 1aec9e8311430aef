/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h - which contents a step's inputs are, once its parents are done
 *
 * An input is an output of one instance, or all instances' outputs of a matrix as
 * a folder with an entry for each and an index.json:
 *
 *	[{"entry": "rate=0.1,l2=0.json", "step": "train[rate=0.1,l2=0]",
 *	  "matrix": {…}, "metrics": {…}}]
 *
 * With `unpack` it is the folder that is in an archive; lineage names the archive.
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
struct unpacks;

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
	uint32_t *archives; /* indices of inputs whose items are archives until unpacked */
	uint32_t archive_count;
};

/* On the loop; all in the arena. ERR_NOT_FOUND: an instance cannot be selected.
 * ERR_STATE: an output is not there. ERR_INVALID: a folder cannot be unpacked. */
int inputs_gather(const struct live_run *run, uint32_t index, struct arena *arena,
		  struct inputs *ret, struct err *err);
/* Whether there is nothing for inputs_make() to do. */
bool inputs_are_made(const struct inputs *in);
/* In a thread: makes the folders, composed and unpacked, and fills in their digests.
 * Errors as unpacks_need(), and those of the store. */
int inputs_make(struct blob_store *blobs, struct unpacks *unpacks, struct inputs *in,
		struct err *err);

#endif
