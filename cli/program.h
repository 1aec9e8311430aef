/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - another program, run to its end */
#ifndef INGOT_CLI_PROGRAM_H
#define INGOT_CLI_PROGRAM_H

struct buf;
struct err;

/* Runs argv (NULL-terminated, argv[0] looked up in PATH) in a folder (NULL: here),
 * with nothing to read. Its standard output is appended to out (NULL: dropped), its
 * standard error too. Returns its exit code; ERR_NOT_FOUND if there is no such
 * program, ERR_FAILED if a signal ended it. */
int program_run(const char *const *argv, const char *folder, struct buf *out, struct err *err);

#endif
