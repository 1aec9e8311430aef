/* SPDX-License-Identifier: Apache-2.0 */
/* query_priv.h - what the questions share: one moment, one JSON text, the objects */
#ifndef INGOT_STORE_RECORDS_QUERY_PRIV_H
#define INGOT_STORE_RECORDS_QUERY_PRIV_H

#include "base/buf.h"
#include "base/json.h"
#include "store/records/rows.h"

struct db;
struct err;
struct stmt;

struct query {
	struct db *db;
	struct json_writer w;
	size_t start; /* of w.out, where the answer begins */
	struct err *err;
};

/* Begins a reading transaction of QUERY_LIMIT_MS; after success query_end() must follow. */
int query_begin(struct query *q, struct db *db, struct buf *out, struct err *err);
/* Ends it; takes back what was written if rc is negative. Returns rc, 0 for more. */
int query_end(struct query *q, int rc);

/* A kept statement about one id: ?1. */
struct stmt *stmt_of_id(struct db *db, const char *sql, uint64_t id);
/* A kept statement about the steps of a run: ids ?1 to ?2. */
struct stmt *stmt_of_steps(struct db *db, const char *sql, uint64_t run);

/* null for an empty or missing text. */
void write_text(struct query *q, const char *key, const char *text);
/* "42/train" under a key; null for step 0. name is the step's. */
void write_step_address(struct query *q, const char *key, uint64_t step, const char *name);

/* Artifacts: of statements whose columns are these, o being `output`. */
#define ARTIFACT_COLUMNS "o.name, o.type, o.path, o.digest, o.size, o.is_tree, o.files"
enum { ARTIFACT_COLUMN_COUNT = 7 };

/* Writes the row as an object: the output of that step as a person would name it. */
int write_artifact(struct query *q, const struct stmt *row, uint64_t step, const char *step_name,
		   bool with_versions);
/* Writes versions: ["model:penguins@3"…] of a content. */
int write_versions_of(struct query *q, const struct digest *digest);

/* Writes metrics: {name: value…} of the step that computed them; returns their number. */
int write_metrics(struct query *q, uint64_t origin);

#endif
