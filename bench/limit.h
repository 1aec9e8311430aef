/* SPDX-License-Identifier: Apache-2.0 */
/* limit.h - the loops that no orchestrator can beat, one function per kind
 *
 * Each runs its loop for setup->seconds, adds the time of every turn to *turns
 * and sets *ret_value in the unit that the table in limits.c gives it. What a loop
 * writes lies in setup->dir and is the caller's to remove. `variant` is the loop's
 * own number of the same table.
 */
#ifndef INGOT_BENCH_LIMIT_H
#define INGOT_BENCH_LIMIT_H

#include <stdint.h>

struct err;
struct samples;

struct limit_setup {
	int dirfd;         /* an empty folder on the file system to be measured */
	const char *dir;   /* its path */
	const char *child; /* the program to spawn */
	double seconds;
	uint64_t large_bytes; /* of the large file */
	unsigned files;       /* of the small ones */
};

enum { LIMIT_SMALL_BYTES = 3 << 10, LIMIT_BUFFER = 1 << 20 };

enum { SPAWN_CAPTURED = 16 }; /* beside the number of threads: output into a file */

/* posix_spawn and waitid of the child; variant: threads, | SPAWN_CAPTURED. Turns/s. */
int limit_spawn(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		double *ret_value, struct err *err);
/* SHA-256 of 1 MiB buffers; variant: threads. MB/s. */
int limit_hash(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err);
/* 4 KiB appended, fdatasync. Turns/s. */
int limit_sync(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err);
/* Prepared SQLite updates, two rows a step, 512 a transaction, WAL, synchronous=FULL. Steps/s. */
int limit_update(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		 double *ret_value, struct err *err);
/* One large file read and written by 1 MiB; variant 1: durable, by fdatasync. MB/s. */
int limit_copy_large(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		     double *ret_value, struct err *err);
/* Small files made from memory: open, write, close. Files/s. */
int limit_make(const struct limit_setup *setup, unsigned variant, struct samples *turns,
	       double *ret_value, struct err *err);

enum copy_kind { COPY_CONTENT, COPY_LINKS };

/* `cp -a` or `cp -al` of a folder of small files; variant: enum copy_kind. Files/s. */
int limit_copy_small(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		     double *ret_value, struct err *err);

#endif
