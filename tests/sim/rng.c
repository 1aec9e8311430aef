/* SPDX-License-Identifier: Apache-2.0 */
/* rng.c - chance from a seed: splitmix64 */
#include "tests/sim/rng.h"

uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
	return low + (int64_t)(rng_next(r) % (uint64_t)(high - low + 1));
}

bool rng_chance(struct rng *r, unsigned per_mille)
{
	return rng_next(r) % 1000 < per_mille;
}
