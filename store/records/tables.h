/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - how the rows of a batch go into their tables */
#ifndef INGOT_STORE_RECORDS_TABLES_H
#define INGOT_STORE_RECORDS_TABLES_H

#include "store/records/insert.h"

/* Named after the table; the comment says of which rows. */
extern const struct insert insert_document;     /* struct document */
extern const struct insert insert_git_blob;     /* struct git_blob_row */
extern const struct insert insert_source_tree;  /* struct source_tree */
extern const struct insert insert_worker;       /* struct worker_row */
extern const struct insert insert_run;          /* struct run_row */
extern const struct insert insert_param;        /* struct run_param */
extern const struct insert insert_run_document; /* struct run_document_of */
extern const struct insert insert_step;         /* struct step_spec: waiting */
extern const struct insert insert_step_spec;    /* struct step_spec */
extern const struct insert insert_step_message; /* struct step_message */
extern const struct insert insert_attempt;      /* struct attempt_row */
extern const struct insert insert_step_key;     /* struct resolution_row */
extern const struct insert insert_input;        /* struct step_input */
extern const struct insert insert_result;       /* struct result_row */
extern const struct insert insert_output;       /* struct step_output */
extern const struct insert insert_metric;       /* struct step_metric */
extern const struct insert insert_cache;        /* struct cache_entry */
extern const struct insert insert_event;        /* struct event_row */

#endif
