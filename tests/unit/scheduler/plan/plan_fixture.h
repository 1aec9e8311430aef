/* SPDX-License-Identifier: Apache-2.0 */
/* plan_fixture.h - a pipeline's text to a plan, in one call */
#ifndef INGOT_TESTS_PLAN_FIXTURE_H
#define INGOT_TESTS_PLAN_FIXTURE_H

#include "scheduler/plan/key.h"
#include "scheduler/plan/plan.h"

struct err;

struct fixture {
	struct pipeline *pipeline;
	struct plan *plan;
	struct arena arena;
	struct digest *sources; /* per step of the pipeline; changed before fixture_plan() */
};

/* Fails the test if the definition is not valid. */
void fixture_check(struct fixture *f, const char *definition);
/* override: "epochs=50", or NULL. */
int fixture_plan(struct fixture *f, const char *override, const char *only, struct err *err);
void fixture_finish(struct fixture *f);

/* The key's text of an instance, all inputs being a file of that content byte; the
 * caller frees. */
char *fixture_key(const struct fixture *f, const char *step, char content, const char *fingerprint,
		  struct digest *ret);

#endif
