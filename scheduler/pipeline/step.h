/* SPDX-License-Identifier: Apache-2.0 */
/* step.h - a step as it was written, checked, with the defaults merged in
 *
 * Everything here belongs to the arena of its struct pipeline and never changes.
 * Steps, inputs and outputs refer to each other by index; SIZE_MAX is "none".
 * Lists keep the order of the file. A pos of line 0: not written, a default.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_STEP_H
#define INGOT_SCHEDULER_PIPELINE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scheduler/expr/value.h"
#include "scheduler/pipeline/address.h"
#include "scheduler/pipeline/template.h"

/* A word of a list, with its place. */
struct word {
	struct pos pos;
	const char *text;
};

struct words {
	size_t count;
	const struct word *items;
};

enum step_kind { STEP_NONE, STEP_DATA, STEP_TRAIN, STEP_EVAL, STEP_DEPLOY, STEP_KIND_COUNT };

enum command_form { COMMAND_NONE, COMMAND_SHELL, COMMAND_ARGV, COMMAND_FORM_COUNT };

struct command {
	struct pos pos;
	enum command_form form;
	size_t count; /* COMMAND_SHELL: 1, the script (TEMPLATE_SHELL); COMMAND_ARGV: the words */
	const struct template *parts;
};

enum select_kind { SELECT_NONE, SELECT_METRIC, SELECT_MATRIX, SELECT_KIND_COUNT };
enum select_mode { SELECT_MIN, SELECT_MAX, SELECT_MODE_COUNT };

/* Which instance of a matrix step; SELECT_NONE on one takes all as a folder. */
struct select {
	struct pos pos;
	enum select_kind kind;
	const char *metric; /* SELECT_METRIC */
	enum select_mode mode;
	const struct value *values; /* SELECT_MATRIX: one per axis of the step it comes from */
};

enum input_form { INPUT_STEP, INPUT_ADDRESS, INPUT_FORM_COUNT };

struct input {
	struct pos pos;
	const char *name;
	enum input_form form;
	struct pos from_pos;
	size_t step, output;    /* INPUT_STEP: index of the step, of its output */
	struct address address; /* INPUT_ADDRESS; text is what was written in both forms */
	const char *path;       /* in the workspace; "inputs/NAME" unless written */
	struct select select;
	bool unpack;            /* an archive: the step gets the folder that is in it */
};

enum output_type { OUTPUT_FILE, OUTPUT_DATA, OUTPUT_MODEL, OUTPUT_REPORT, OUTPUT_TYPE_COUNT };

struct output {
	struct pos pos;
	const char *name;
	struct template path; /* TEMPLATE_PLAIN; what it renders to is checked again by plan */
	enum output_type type;
	const char *registered; /* `name`: versions accumulate under it; NULL: no */
};

struct axis {
	struct pos pos;
	const char *name;
	size_t count; /* 0 where only `include` gives it values */
	const struct value *values;
};

/* One entry of include or exclude. */
struct combination {
	struct pos pos;
	const struct value *const *values; /* one per axis; NULL: any (in exclude alone) */
};

/* Instances: the product of the axes (the last axis turns fastest; nothing if no
 * axis has values) less what an exclude matches, then the includes in order. An
 * include that equals an instance that is there already adds nothing. */
struct matrix {
	struct pos pos;
	size_t axis_count; /* 0: the step has no matrix */
	const struct axis *axes;
	size_t include_count, exclude_count;
	const struct combination *include, *exclude;
	int64_t max_parallel; /* 0: no limit */
	bool fail_fast;       /* false unless written */
};

/* A gate or `if`: text for expr_eval(). */
struct condition {
	struct pos pos;
	const char *text; /* NULL: none */
};

struct resources {
	int64_t cpu_milli;    /* 1000 unless written */
	uint64_t memory_bytes; /* 0: not asked for; so below */
	int64_t gpu_count;
	uint64_t gpu_memory_bytes; /* of each GPU */
	uint64_t disk_bytes;
	struct words labels; /* all of them a worker must carry */
};

/* `on` says after which ends an attempt is made again; a command's exit 75 asks
 * for a retry in any case, within max. */
struct retry {
	int64_t max; /* attempts after the first; 0 unless written */
	int64_t backoff_ms; /* before the first retry, doubled for each further one */
	bool on_failed, on_lost, on_timed_out; /* all true unless `on` is written */
	size_t exit_code_count; /* these are retried where on_failed is not */
	const int *exit_codes;
};

enum on_lost { ON_LOST_RETRY, ON_LOST_MANUAL, ON_LOST_COUNT };

struct env {
	struct pos pos;
	const char *name;
	struct template value;
};

enum concurrency_policy {
	CONCURRENCY_QUEUE,
	CONCURRENCY_CANCEL_RUNNING,
	CONCURRENCY_REPLACE_PENDING,
	CONCURRENCY_SKIP,
	CONCURRENCY_POLICY_COUNT,
};

struct concurrency {
	struct pos pos;
	struct template group; /* text NULL: no group */
	int64_t limit;         /* 1 unless written */
	enum concurrency_policy policy;
};

enum verify_form { VERIFY_NONE, VERIFY_HTTP, VERIFY_RUN, VERIFY_FORM_COUNT };

struct verify {
	struct pos pos;
	enum verify_form form;
	const char *url;
	struct command run;
	int64_t within_ms;
};

/* What only a deploy step has. */
struct deployment {
	struct pos pos;
	const char *environment; /* NULL: the step's name */
	bool approval_required;
	const char *model_name; /* NULL: no model is registered */
	const char *model_from; /* as written: an output of the step, otherwise an input */
	size_t model_input, model_output; /* the one it is, the other SIZE_MAX */
	const char *model_alias;          /* or NULL */
	struct verify verify;
	struct command rollback;
};

struct step {
	struct pos pos;
	const char *name;
	enum step_kind kind;
	struct command run;
	bool has_sources; /* false: the whole tree */
	struct words sources;
	size_t input_count, output_count;
	const struct input *inputs;
	const struct output *outputs;
	struct words needs;
	size_t dep_count; /* steps that must be over first, by inputs and needs, each once */
	const size_t *deps;
	struct matrix matrix;
	const char *metrics; /* a path, or NULL */
	size_t gate_count;
	const struct condition *gates;
	struct condition condition; /* `if` */
	struct resources resources;
	struct retry retry;
	int64_t timeout_ms; /* 0: no limit */
	int64_t grace_ms;   /* from TERM to KILL */
	int64_t priority;   /* higher first; 0 unless written */
	bool allow_failure;
	enum on_lost on_lost;
	size_t env_count;
	const struct env *env;
	struct words secrets;
	const char *workdir; /* inside the workspace; "." unless written */
	struct words shell;  /* stands before the script, "-c" last; sh -eu -c unless written */
	bool cache;
	bool finally; /* runs once all without it are over, whatever became of them; deps has
		       * only what is written */
	struct command fingerprint;
	struct concurrency concurrency;
	struct deployment deployment;
};

const char *step_kind_name(enum step_kind kind);       /* "data" …; "" for STEP_NONE */
const char *output_type_name(enum output_type type);   /* "file" "data" "model" "report" */
const char *on_lost_name(enum on_lost on_lost);        /* "retry" "manual" */
const char *concurrency_policy_name(enum concurrency_policy policy);

#endif
