/* SPDX-License-Identifier: Apache-2.0 */
/* plan_priv.h - between the files of this room */
#ifndef INGOT_SCHEDULER_PLAN_PLAN_PRIV_H
#define INGOT_SCHEDULER_PLAN_PLAN_PRIV_H

#include "scheduler/plan/plan.h"

/* matrix.c: the instances of a step; each has one value per axis. A step without a
 * matrix has one, with no values. Returns their number. */
size_t matrix_expand(const struct matrix *m, struct arena *arena, const struct value ***ret);

/* "train" or "train[rate=0.1,l2=0]" */
const char *matrix_instance_name(const struct step *def, const struct value *values,
				 struct arena *arena);

/* render.c: fills the rendered parts of an instance whose def, name and matrix are
 * set, and what it names. */
int render_step(struct plan *plan, struct plan_step *s, struct err *err);
int render_group(struct plan *plan, const struct concurrency *c, const struct plan_step *s,
		 const char **ret, struct err *err);

/* link.c: fills inputs and parents of every instance. */
int link_steps(struct plan *plan, struct err *err);

#endif
