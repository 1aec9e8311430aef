/* SPDX-License-Identifier: Apache-2.0 */
/* failures.h - the failures of a run that had ended before anybody followed it */
#ifndef INGOT_CLI_FAILURES_H
#define INGOT_CLI_FAILURES_H

#include <jansson.h>

struct run_view;
struct talk;

/* As in the answer to run.follow: [{step, state, message, tail: [lines]}], at most
 * SUMMARY_FAILURES. What cannot be asked for any more is left out. The caller owns it. */
json_t *failures_ask(struct talk *c, const struct run_view *v);

#endif
