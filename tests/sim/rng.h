/* SPDX-License-Identifier: Apache-2.0 */
/* rng.h - chance from a seed */
#ifndef INGOT_TESTS_SIM_RNG_H
#define INGOT_TESTS_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
int64_t rng_between(struct rng *r, int64_t low, int64_t high); /* both included */
bool rng_chance(struct rng *r, unsigned per_mille);

#endif
