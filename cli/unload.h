/* SPDX-License-Identifier: Apache-2.0 */
/* unload.h - artifacts out of the blob store, as ordinary files
 *
 * Copies, never links: they may be written to. Every byte is hashed on its way, so
 * that damage is found, whatever the store thinks.
 */
#ifndef INGOT_CLI_UNLOAD_H
#define INGOT_CLI_UNLOAD_H

#include <stdbool.h>

struct blob_store;
struct digest;
struct err;

/* Writes a content to fd. ERR_NOT_FOUND; ERR_DAMAGED, after it was written. */
int unload_to_fd(struct blob_store *s, const struct digest *d, int fd, struct err *err);
/* Makes the file. replaces: one that is there already gives way at once, else
 * ERR_EXISTS. On failure nothing is left, and what was there stays. */
int unload_file(struct blob_store *s, const struct digest *d, const char *path, bool replaces,
		struct err *err);
/* Makes the folder and all in it. ERR_EXISTS if something is there. On failure nothing
 * is left. */
int unload_folder(struct blob_store *s, const struct digest *d, const char *path, struct err *err);

#endif
