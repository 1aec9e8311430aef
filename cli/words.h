/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - the words that name runs and steps */
#ifndef INGOT_CLI_WORDS_H
#define INGOT_CLI_WORDS_H

#include <jansson.h>
#include <stddef.h>

struct err;

/* RUN: a number, or "latest". The caller owns *ret. ERR_USAGE. */
int word_run(const char *text, size_t len, json_t **ret, struct err *err);
/* RUN, RUN/STEP as args of a request: {run, step}; step is null without one.
 * The caller owns *ret. ERR_USAGE. */
int word_run_step(const char *text, json_t **ret, struct err *err);

#endif
