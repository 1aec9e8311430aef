/* SPDX-License-Identifier: Apache-2.0 */
/* git_program.h - running the git program, which speaks with other hosts for us
 *
 * Users' ssh configuration, credential helpers and protocol version 2 come with
 * it. It gets a clean environment and a fixed set of settings; text that
 * somebody else chose is only ever an argument behind "--".
 */
#ifndef INGOT_SCHEDULER_SOURCE_GIT_PROGRAM_H
#define INGOT_SCHEDULER_SOURCE_GIT_PROGRAM_H

#include <stddef.h>

struct buf;
struct err;

/* Runs "git <settings> --git-dir=<git_dir> <args...>", args ending with NULL. Its standard
 * output is appended to out (NULL: discarded), of its standard error the last part to
 * messages. Returns the exit code, 0 or more; ERR_NOT_FOUND if there is no git program,
 * ERR_TOO_LARGE if it writes more than a sane server has to say. */
int git_program_run(const char *git_dir, const char *const *args, struct buf *out,
		    struct buf *messages, struct err *err);

/* Turns what git wrote into an error about that repository: ERR_UNREACHABLE, ERR_DENIED,
 * ERR_NOT_FOUND, ERR_NO_SPACE, ERR_DAMAGED, ERR_TOO_LARGE, or ERR_FAILED for the rest. */
int git_program_explain(const char *repository, const struct buf *messages, struct err *err);

#endif
