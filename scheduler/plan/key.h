/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - the cache key of a step instance, in a form that can be read and compared
 *
 * The key's text is all that the step's result can hang on, a line each; its
 * SHA-256 is the cache key. Free texts are JSON strings, so that a line is a line.
 *
 *	ingot step key 1
 *	command ["sh","-eu","-c","python3 src/train.py --rate ${{ matrix.rate }}"]
 *	workdir "."
 *	env EPOCHS "${{ params.epochs }}"
 *	param epochs "200"                 only what the step names
 *	matrix rate "0.1"
 *	context branch "main"              only what the step names
 *	sources sha256:…                   of the source list's text
 *	output model "model.json"
 *	metrics "metrics.json"
 *	gpus 1
 *	input train "inputs/train" file sha256:…
 *	fingerprint "python3 --version" "Python 3.11.2\n"
 *
 * Templates stand as they were written, so that a changed parameter is one
 * changed line. Lists are sorted by name.
 */
#ifndef INGOT_SCHEDULER_PLAN_KEY_H
#define INGOT_SCHEDULER_PLAN_KEY_H

#include "scheduler/plan/plan.h"

struct buf;

/* The content of an input, as it goes into the workspace. */
struct plan_input_content {
	struct digest digest;
	bool is_tree;
};

/* Appends the lines that are known from the plan alone: all but the inputs'
 * and the fingerprint's. */
void plan_key_static(const struct plan *plan, const struct plan_step *s, struct buf *out);

/* The whole key. inputs has one entry per input of the step; fingerprint is the
 * output of its command, or NULL. Appends the text to out and hashes it. */
void plan_key(const struct plan *plan, const struct plan_step *s,
	      const struct plan_input_content *inputs, const char *fingerprint, struct buf *out,
	      struct digest *ret);

#endif
