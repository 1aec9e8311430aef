/* SPDX-License-Identifier: Apache-2.0 */
/* limit_hash.c - H: how fast content can be named */
#include "bench/limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "bench/samples.h"

enum { THREADS_MAX = 16 };

struct hasher {
	int64_t end_us;
	struct samples turns;
	pthread_t thread;
};

static void *hash_loop(void *arg)
{
	struct hasher *h = arg;
	struct hash *hash = hash_create();
	char *data = mem_alloc(LIMIT_BUFFER);
	struct digest digest;
	int64_t now;

	hash_random(data, LIMIT_BUFFER);
	for (now = clock_mono_us(); now < h->end_us;) {
		int64_t before = now;

		hash_update(hash, data, LIMIT_BUFFER);
		now = clock_mono_us();
		samples_add(&h->turns, now - before);
	}
	hash_final(hash, &digest);
	hash_destroy(hash);
	free(data);
	return NULL;
}

int limit_hash(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err)
{
	struct hasher hashers[THREADS_MAX];
	int64_t before = clock_mono_us();

	(void)err;
	for (unsigned i = 0; i < variant; i++) {
		hashers[i] = (struct hasher){ .end_us = before + (int64_t)(setup->seconds * 1e6) };
		BUG_ON(pthread_create(&hashers[i].thread, NULL, hash_loop, &hashers[i]) != 0);
	}
	for (unsigned i = 0; i < variant; i++) {
		pthread_join(hashers[i].thread, NULL);
		samples_move(turns, &hashers[i].turns);
	}
	*ret_value = (double)turns->count * LIMIT_BUFFER / (double)(clock_mono_us() - before);
	return 0;
}
