/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - a checked pipeline, a commit and parameters become step instances
 *
 *	1. plan_params()  the values of a run: defaults and what `-p` said
 *	2. plan_make()    instances in order, their parents, everything rendered
 *	3. plan_key()     per instance, once its inputs' digests are known (key.h)
 *
 * Pure: the same arguments give the same plan, always, and the same plan_digest.
 * That is how a run comes back after a restart: what it was made from is stored,
 * and it is made again. A plan is read-only once made and owns nothing of the
 * pipeline, which must outlive it.
 */
#ifndef INGOT_SCHEDULER_PLAN_PLAN_H
#define INGOT_SCHEDULER_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "scheduler/pipeline/pipeline.h"

struct err;

enum {
	PLAN_PARAM_MAX = 64 * 1024,     /* bytes of a parameter's value */
	PLAN_RENDERED_MAX = 256 * 1024, /* of a step instance's rendered texts together */
};

/* An input from outside the run, pinned to a content when the run was submitted. */
struct plan_pin {
	const char *address; /* as written */
	struct digest digest;
	bool is_tree;
};

/* What a plan is made from, beside the pipeline and its parameters. */
struct plan_context {
	uint64_t run; /* the run's number; 0 where there is none yet */
	const char *commit;
	const char *ref;
	const char *branch; /* "" on a detached commit */
	const char *trigger;
	const char *only; /* a step: it and what it needs; NULL: all */
	/* Per step of the pipeline: the digest of its source list (all zero bytes for
	 * a step that sees nothing of the repository). */
	const struct digest *sources;
	const struct plan_pin *pins;
	size_t pin_count;
};

/* An instance this one waits for. */
struct plan_parent {
	uint32_t index;
	bool data; /* through an input; false: through `needs` alone */
};

struct plan_input {
	const struct input *def;
	/* INPUT_STEP: the instances that it may come from. One, unless the input
	 * takes all instances of a matrix or selects among them by a metric. */
	const uint32_t *producers;
	uint32_t producer_count;
	const struct plan_pin *pin; /* INPUT_ADDRESS */
};

struct plan_output {
	const struct output *def;
	const char *path; /* rendered */
};

struct plan_env {
	const char *name;
	const char *value;
};

struct plan_step {
	uint32_t index;
	uint32_t def_index;
	const struct step *def;
	const char *name;            /* "train[rate=0.1,l2=0]" */
	const struct value *matrix;  /* one value per axis of def->matrix */
	struct plan_parent *parents; /* in order of index */
	uint32_t parent_count;
	struct plan_input *inputs;
	struct plan_output *outputs;
	const char **command; /* words, NULL behind the last; shell and script included */
	uint32_t command_count;
	struct plan_env *env;
	const char **fingerprint; /* words; NULL: none */
	uint32_t fingerprint_count;
	const char **verify;
	uint32_t verify_count;
	const char **rollback;
	uint32_t rollback_count;
	const char *group; /* concurrency group of the step, rendered; NULL: none */
	const struct param **params; /* those that it names, by name: all it finds and keys */
	const struct value *param_values; /* beside params */
	uint32_t param_count;
	uint32_t context_names; /* bits of enum plan_context_name */
	struct digest sources;
	bool cacheable; /* not a deploy or finally step, nor `cache: false` */
};

/* What of the run's surroundings a step names, and therefore hangs on. */
#define PLAN_CONTEXT_TABLE(XX)                                                                     \
	XX(RUN, "run", "INGOT_RUN")                                                                \
	XX(PIPELINE, "pipeline", "INGOT_PIPELINE")                                                 \
	XX(COMMIT, "commit", "INGOT_COMMIT")                                                       \
	XX(REF, "ref", "INGOT_REF")                                                                \
	XX(BRANCH, "branch", "INGOT_BRANCH")                                                       \
	XX(TRIGGER, "trigger", "INGOT_TRIGGER")

enum plan_context_name {
#define XX(name, text, variable) PLAN_CONTEXT_##name,
	PLAN_CONTEXT_TABLE(XX)
#undef XX
	PLAN_CONTEXT_COUNT
};

struct plan {
	struct arena arena;
	const struct pipeline *pipeline;
	const struct value *params; /* one per pipeline->params, in their order */
	struct plan_context context; /* copied */
	const char *group;           /* concurrency group of the run; NULL: none */
	struct plan_step *steps;     /* parents before children */
	uint32_t count;
	/* Per step of the pipeline: its instances, a range of steps. count 0: left out. */
	uint32_t *first;
	uint32_t *instances;
	uint64_t edges;
	struct digest digest; /* of everything above */
};

struct plan_override {
	const char *name;
	const char *text; /* as in -p name=text */
};

/* The values of the pipeline's parameters, in its order, allocated in the arena.
 * ERR_NOT_FOUND for a name it does not have, ERR_INVALID for a text of another type,
 * ERR_TOO_LARGE above PLAN_PARAM_MAX. */
int plan_params(const struct pipeline *p, const struct plan_override *overrides, size_t count,
		struct arena *arena, const struct value **ret, struct err *err);

/* The caller destroys *ret. ERR_NOT_FOUND (context->only), ERR_INVALID (a path or a
 * text that cannot be rendered, an address without a pin), ERR_TOO_LARGE. */
int plan_make(const struct pipeline *p, const struct value *params,
	      const struct plan_context *context, struct plan **ret, struct err *err);
void plan_destroy(struct plan *plan); /* NULL is fine */

/* By name of an instance, or of a step that has one instance; NULL if there is none. */
const struct plan_step *plan_step_by_name(const struct plan *plan, const char *name);
const char *plan_context_value(const struct plan *plan, enum plan_context_name name);
const char *plan_context_text(enum plan_context_name name); /* "branch" */

#endif
