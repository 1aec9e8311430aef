/* SPDX-License-Identifier: Apache-2.0 */
/* query_artifacts.h - artifacts and their addresses
 *
 *	42/train.model  latest/train[rate=0.1].model    an output of a step
 *	model:NAME@3  model:NAME@latest                 a model version
 *	artifact:NAME@2  artifact:NAME@latest           a version of a named output
 *	sha256:<64 hex digits>                          a content
 *
 * An artifact as JSON: address, name, type, path, digest, size, kind ("file" or
 * "folder"), files, run, step; versions: ["artifact:x@2", "model:y@1"].
 */
#ifndef INGOT_STORE_RECORDS_QUERY_ARTIFACTS_H
#define INGOT_STORE_RECORDS_QUERY_ARTIFACTS_H

#include "store/records/query_runs.h"

struct artifact {
	const char *address; /* canonical: "42/train.model", also where a version was asked for */
	struct digest digest;
	bool is_tree;
	uint64_t size_bytes;
	uint64_t step_id; /* that made it; 0: only the digest is known */
	const char *output;
	const char *path;
	const char *type;
};

/* What an address names; strings in the arena. ERR_INVALID: no address;
 * ERR_NOT_FOUND says which part is unknown and what there is instead. */
int query_artifact(struct db *db, const char *address, struct arena *arena, struct artifact *ret,
		   struct err *err);
/* The same as a JSON object. */
int query_artifact_json(struct db *db, const char *address, struct buf *out, struct err *err);
/* A JSON array: of a run, those that its cached steps took over included; run 0:
 * of all runs, newest first, at most limit. */
int query_artifacts(struct db *db, uint64_t run, uint32_t limit, struct buf *out, struct err *err);
/* A JSON array of model versions: model, version, address, digest, step, created_at. */
int query_models(struct db *db, struct buf *out, struct err *err);

#endif
