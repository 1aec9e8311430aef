/* SPDX-License-Identifier: Apache-2.0 */
/* cache_key.h - the part of a digest that the table `cache` is ordered by */
#ifndef INGOT_STORE_RECORDS_CACHE_KEY_H
#define INGOT_STORE_RECORDS_CACHE_KEY_H

#include "base/hash.h"

/* The first 8 bytes, big-endian: a rowid is a third of the whole digest's entry. */
static inline int64_t cache_key(const struct digest *d)
{
	uint64_t key = 0;
	for (int i = 0; i < 8; i++)
		key = key << 8 | d->bytes[i];
	return (int64_t)key;
}

#endif
