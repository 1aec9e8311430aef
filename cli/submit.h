/* SPDX-License-Identifier: Apache-2.0 */
/* submit.h - from words to a new run, and on to its end
 *
 *	submit_args()   the request that `run` and `plan` make
 *	submit_call()   asks; says what is wrong with a definition, whole
 *	submit_follow() stays with the run that came of it
 */
#ifndef INGOT_CLI_SUBMIT_H
#define INGOT_CLI_SUBMIT_H

#include <jansson.h>

#include "cli/command.h"

struct call;
struct talk;
struct err;

/* Rows of an option table: what to run. */
#define SUBMIT_OPTIONS                                                                             \
	{ "ref", 0, "REF", "branch, tag or commit (HEAD)", WORD_TEXT },                            \
	{ "pipeline", 0, "NAME", "which of several: .ingot/NAME.yaml", WORD_TEXT },                \
	{ "param", 'p', "NAME=VALUE", "a parameter's value; may be repeated", WORD_TEXT },         \
	{ "step", 0, "STEP", "this step and what it needs, nothing else", WORD_TEXT },             \
	{ "no-cache", 0, NULL, "take nothing from earlier runs", WORD_TEXT },                      \
	{ "dirty", 0, NULL, "run the uncommitted changes too", WORD_TEXT }

/* Rows of an option table: how to stay with the run. */
#define FOLLOW_OPTIONS                                                                             \
	{ "detach", 'd', NULL, "print the run's number and leave it running", WORD_TEXT }

/* The first word, if any, is the repository. ERR_NOT_FOUND, ERR_USAGE. */
int submit_args(const struct call *call, json_t **ret, struct err *err);
/* Takes args. The mistakes of a definition go to standard error, as many as there are;
 * then *ret_exit is set, and the result is 0 with *ret NULL. */
int submit_call(struct talk *c, const char *op, json_t *args, json_t **ret, int *ret_exit,
		struct err *err);
/* Says a result's warnings on standard error, unless --quiet. */
void submit_warnings(const struct call *call, const json_t *result);
/* Says the warnings, follows the run (or leaves it: --detach), prints it with --json.
 * result: of run.submit. Returns the run's exit code. */
int submit_follow(const struct call *call, struct talk **c, const json_t *result,
		  struct err *err);

#endif
