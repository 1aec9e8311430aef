/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - a database of records for tests, always the same
 *
 * Each run is of the pipeline "penguins" on branch "main" (every third on "dev"),
 * commit "c1", "c2", … and has six steps:
 *
 *	0 prepare                  outputs train, test (a folder); points of loss and rate
 *	1 train[rate=0.1]  2 train[rate=0.5]    output model (registered "classifier"), metric accuracy
 *	3 evaluate                 reads train[rate=0.5].model and prepare.test, output model
 *	4 deploy                   skipped by its condition
 *	5 report                   reads "style" from outside; in every second run failed,
 *	                           exit code 3, two attempts
 *
 * In runs after the first `prepare` is cached from run 1. Contents are the
 * digests of texts such as "1/train[rate=0.1].model".
 */
#ifndef INGOT_TESTS_RECORDS_FILL_H
#define INGOT_TESTS_RECORDS_FILL_H

#include <stdint.h>

#include "base/hash.h"

struct batch;
struct db;

enum { FILL_STEPS = 6 };

/* 2026-11-20T20:00:00Z; run n was created n seconds later. */
#define FILL_TIME INT64_C(1795204800000)

void fill_digest(const char *text, struct digest *ret);
uint64_t fill_fence(unsigned n); /* of epoch 1 */
/* Adds the rows of one run that has ended. */
void fill_run(struct batch *b, uint64_t run);
/* A database in path with runs 1 to count, closed again. */
void fill_database(const char *path, uint64_t count);

#endif
