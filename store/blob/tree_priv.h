/* SPDX-License-Identifier: Apache-2.0 */
/* tree_priv.h - what the tree_*.c files share */
#ifndef INGOT_STORE_TREE_PRIV_H
#define INGOT_STORE_TREE_PRIV_H

#include "store/blob/tree.h"

/* Adds an entry, whose strings must live as long as the tree, after judging it alone. */
int tree_append(struct tree *t, const struct tree_entry *entry, struct err *err);
/* Judges the entries together: in order, none twice, none below what is no folder. */
int tree_check_order(const struct tree *t, struct err *err);

#endif
