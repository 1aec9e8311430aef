/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - trees as archives: tar, tar.zst, zip; the border to libarchive
 *
 * Writing is reproducible: a tree gives the same bytes on every machine, in order
 * of paths, with fixed times and without owners. A single file is a tree of one
 * entry.
 *
 * Reading takes archives from anybody. Nothing is extracted onto a file system:
 * contents go into the blob store, names into a tree, which refuses what leads
 * outside. To be called in a process that has little to lose all the same.
 */
#ifndef INGOT_STORE_PACK_H
#define INGOT_STORE_PACK_H

#include <stdint.h>

struct blob_batch;
struct blob_store;
struct err;
struct tree;

enum pack_format { PACK_TAR, PACK_TAR_ZST, PACK_ZIP, PACK_FORMAT_COUNT };

/* What a file name ends in: ".tar", ".tar.zst", ".zip". */
const char *pack_format_suffix(enum pack_format format);
/* The format that a file name's end tells; ERR_INVALID, naming those there are. */
int pack_format_of(const char *name, enum pack_format *ret, struct err *err);

/* Writes the sealed tree as an archive to fd. ERR_NOT_FOUND and ERR_DAMAGED of blobs;
 * what writing to fd says. */
int pack_write(struct blob_store *s, const struct tree *t, enum pack_format format, int fd,
	       struct err *err);

struct pack_limits {
	uint64_t max_bytes;   /* of all contents */
	uint64_t max_entries;
	uint64_t max_ratio;   /* contents to archive, once contents are over free_bytes */
	uint64_t free_bytes;
};

/* 10 GiB, 200,000 entries, 200:1 above 64 MiB */
extern const struct pack_limits pack_limits_default;

/* Reads an archive (tar, tar.gz, tar.zst, zip), an open regular file, from its
 * start: contents into the batch, names into *ret. Set-id bits, owners and times
 * are dropped; a hard link is the same content again. ERR_INVALID, naming the
 * entry, for a path or link that leads outside, a device, FIFO or socket, a path
 * that comes twice, an encrypted, damaged or unknown archive; ERR_TOO_LARGE above
 * the limits. label names the archive in messages. */
int pack_extract(struct blob_batch *b, int fd, const char *label,
		 const struct pack_limits *limits, struct tree *ret, struct err *err);

#endif
