/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - archives in the store become folders there, each once
 *
 * All instances of a matrix may take the same archive, and so may the next run: what
 * an archive holds is remembered for a while.
 */
#ifndef INGOT_SCHEDULER_DAEMON_UNPACK_H
#define INGOT_SCHEDULER_DAEMON_UNPACK_H

struct blob_store;
struct digest;
struct err;
struct helper;
struct unpacks;

/* Both are the caller's, and stay for as long as this does. */
struct unpacks *unpacks_create(struct blob_store *blobs, struct helper *helper);
void unpacks_destroy(struct unpacks *u); /* NULL is fine */

/* The folder that is in an archive; blocks, for a thread. label names the archive in
 * messages. Errors as source_unpack(), and those of starting the helper. */
int unpacks_need(struct unpacks *u, const struct digest *archive, const char *label,
		 struct digest *ret, struct err *err);

#endif
