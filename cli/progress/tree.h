/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - a run as a tree of lines, for a terminal of some size
 *
 *	penguins run 42 · main 3f2a91c07d
 *	  ✓ prepare                  1.2s
 *	  ● train (6)                4.0s  4 of 6
 *	    ✓ train[rate=0.01,l2=0]  1.1s  accuracy=0.9
 *	    ● train[rate=0.5,l2=0]   0.8s  epoch 12 loss 0.31
 *	  · evaluate
 *	[5/8] 1 running, 1 waiting · 5.3s
 *
 * Pure: the same view, shape and time give the same bytes. A matrix of many
 * instances is one line, below it those that run or failed. Where the terminal is
 * too low, what is done gives way first, and is counted.
 */
#ifndef INGOT_CLI_PROGRESS_TREE_H
#define INGOT_CLI_PROGRESS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct run_view;

enum {
	TREE_FOLD_ABOVE = 8, /* instances of one step that are listed */
	TREE_FOLDED_SHOWN = 4, /* of a folded matrix: that run, and that failed */
};

struct tree_shape {
	size_t width;  /* cells; no line takes the last one, so that none wraps */
	size_t height; /* lines; 0: as many as it takes */
	bool colored;
	bool utf8;
};

/* Appends the lines, each with a newline; the footer's only where height is not 0. */
void tree_render(const struct run_view *v, const struct tree_shape *shape, int64_t now_ms,
		 struct buf *out);

/* Appends "1 running, 2 cached": every state that occurs. */
void tree_counts(const struct run_view *v, struct buf *out);

#endif
