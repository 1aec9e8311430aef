/* SPDX-License-Identifier: Apache-2.0 */
/* grant.h - all that a worker has to know to carry out one attempt of a step
 *
 * A grant is self-contained: digests name contents of the blob store, everything
 * else is in it. Strings are never NULL unless said.
 */
#ifndef INGOT_WORKERS_WIRE_GRANT_H
#define INGOT_WORKERS_WIRE_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct arena;
struct buf;
struct err;

/* The lease: whose it is, and the proof. */
struct wire_lease {
	uint64_t step_id;
	uint64_t fence;
	struct digest nonce;
};

struct wire_pair {
	const char *name;
	const char *value;
};

/* A command: words[0] is looked up in PATH. A shell script comes as its shell's
 * words and the script. count 0: none. */
struct wire_command {
	const char **words; /* words[count] is NULL */
	uint32_t count;
};

struct wire_input {
	const char *name;
	const char *path; /* in the workspace, relative */
	struct digest digest;
	bool is_tree;
};

struct wire_output {
	const char *name;
	const char *path; /* in the workspace, relative */
};

struct wire_limits {
	uint64_t memory_bytes; /* 0: none */
	uint32_t cpu_milli;
	uint32_t gpus;
	int64_t timeout_ms;    /* 0: none */
	int64_t grace_ms;
	uint64_t log_bytes;
	uint64_t disk_bytes;   /* of outputs; 0: none */
};

/* How a deployment is looked at after its command, and undone. */
struct wire_deploy {
	const char *verify_http; /* NULL: none */
	struct wire_command verify_run;
	int64_t verify_within_ms;
	struct wire_command rollback;
	uint64_t deployment;     /* rises with every deployment of the environment */
};

struct wire_grant {
	struct wire_lease lease;
	bool strict; /* start only when WORKER_STEP_START is answered */
	uint64_t run;
	uint32_t attempt; /* from 1 */
	const char *pipeline;
	const char *step; /* the instance's name */
	const char *commit;
	const char *ref;
	const char *branch; /* "" on a detached commit */
	const char *trigger;

	struct wire_command command;
	const char *workdir; /* in the workspace; "." is its root */

	bool has_sources;
	struct digest sources; /* a tree */
	struct wire_input *inputs;
	uint32_t input_count;
	struct wire_output *outputs;
	uint32_t output_count;
	const char *metrics; /* path of the metrics file; NULL: none */

	struct wire_pair *env;    /* of the definition, rendered */
	uint32_t env_count;
	struct wire_pair *params; /* all of the run; values as JSON texts */
	uint32_t param_count;
	struct wire_pair *matrix; /* of this instance; values as JSON texts */
	uint32_t matrix_count;

	struct wire_limits limits;
	const char *devices;    /* CUDA_VISIBLE_DEVICES; "" for none */
	const char *checkpoint; /* name of the folder that survives retries */
	const char *log;        /* path of the log file, relative to the home's logs/ */
	struct wire_deploy deploy;
};

/* Appends the payload of a SCHEDULER_STEP_GRANT. */
void wire_grant_encode(const struct wire_grant *g, struct buf *out);
/* Fills *ret with strings copied into the arena. ERR_PROTOCOL. */
int wire_grant_decode(const void *data, size_t len, struct arena *arena, struct wire_grant *ret,
		      struct err *err);

void wire_put_lease(struct buf *out, const struct wire_lease *l);
struct wire_reader;
void wire_get_lease(struct wire_reader *r, struct wire_lease *ret);
void wire_put_command(struct buf *out, const struct wire_command *c);
void wire_get_command(struct wire_reader *r, struct arena *arena, struct wire_command *ret);
/* A string that must be there, copied; NULL on the wire fails the reader. */
const char *wire_get_text(struct wire_reader *r, struct arena *arena);

#endif
