/* SPDX-License-Identifier: Apache-2.0 */
/* reader_priv.h - fill the structs of step.h and pipeline.h from checked nodes
 *
 *  1. shape_check() marked what is wrong: readers skip it and need not check again.
 *  2. reader_pipeline() walks the key tables; templates and conditions are only
 *     parsed, for what they name may be read later, and are noted as uses.
 *  3. links_check() resolves references between steps, names_check() the uses.
 * All three add mistakes; the pipeline is handed out only if there were none.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_READER_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_READER_PRIV_H

#include "base/map.h"
#include "scheduler/pipeline/node_priv.h"
#include "scheduler/pipeline/pipeline.h"
#include "scheduler/pipeline/shape_priv.h"

/* A template or a condition, to be checked once all names are known. */
struct use {
	const struct node *node;
	struct template template; /* text NULL: it is a condition */
	unsigned names;           /* enum name_class */
	size_t step;              /* SIZE_MAX: outside of steps */
};

struct reader {
	struct pipeline *p;
	struct diagnostics *d;
	struct step *steps;             /* p->steps, while they are made */
	const struct node *const *step_nodes;
	struct map param_by_name;       /* to struct param */
	struct map step_by_name;        /* to struct step; made by links_check() */
	struct step defaults;
	size_t step; /* being read; SIZE_MAX: none */
	struct use *uses;
	size_t use_count, use_cap;
};

/* Reads the whole definition into r->p. */
void reader_pipeline(struct reader *r, const struct node *root);

/* Resolves inputs, needs, selects, models; finds cycles, doubled paths, matrices
 * too large, gates without metrics; makes deps and order. */
void links_check(struct reader *r);

/* The part of links_check() that puts steps in order and reports cycles. */
void order_check(struct reader *r);

/* Checks what every template and condition names. */
void names_check(struct reader *r);

/* Adds a mistake at a node, or at a key; hint may be NULL. */
void reader_fail(struct reader *r, const struct node *at, const char *code, const char *hint,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* "did you mean 'x'?" into hint, or "" if none of the words is near. */
void reader_suggest(const struct reader *r, const char *word, const char *const *words,
		    size_t count, char *hint, size_t size);

/* Names become INGOT_…_<NAME>, in capitals and with '_' for '-': refuses two of
 * one map that would be the same variable. */
void reader_check_env_names(struct reader *r, const struct node *map);

/* Fillers of shapes in keys.c: the field's type stands behind each. */
shape_fill fill_string;    /* const char * */
shape_fill fill_path;      /* const char *, without a last '/' */
shape_fill fill_bool;      /* bool */
shape_fill fill_int;       /* int64_t */
shape_fill fill_duration;  /* int64_t, ms */
shape_fill fill_size;      /* uint64_t, bytes */
shape_fill fill_cpu;       /* int64_t, thousandths */
shape_fill fill_word;      /* an enum: the index in shape->words */
shape_fill fill_words;     /* struct words, from a string or a list */
shape_fill fill_template;  /* struct template, plain */
shape_fill fill_command;   /* struct command */
shape_fill fill_condition; /* struct condition */
shape_fill fill_map;       /* the struct of shape->keys */
shape_fill fill_placed_map; /* the same; it begins with a struct pos */

/* Those that do more than one field; the struct stands behind each. */
shape_fill fill_params, fill_steps, fill_defaults, fill_triggers; /* struct pipeline */
shape_fill fill_schedules;                                        /* struct triggers */
shape_fill fill_push;                                             /* struct triggers */
shape_fill fill_sources, fill_inputs, fill_outputs, fill_gates, fill_env; /* struct step */
shape_fill fill_step;        /* struct step */
shape_fill fill_shell;       /* struct words */
shape_fill fill_input;       /* struct input */
shape_fill fill_output;      /* struct output */
shape_fill fill_select;      /* struct select */
shape_fill fill_matrix;      /* struct matrix */
shape_fill fill_retry;       /* struct retry */
shape_fill fill_retry_on;    /* struct retry */
shape_fill fill_concurrency; /* struct concurrency */
shape_fill fill_approval;    /* bool */
shape_fill fill_verify_http, fill_verify_run; /* struct verify */

#endif
