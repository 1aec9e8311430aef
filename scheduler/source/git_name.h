/* SPDX-License-Identifier: Apache-2.0 */
/* git_name.h - names that some file system takes for ".git" */
#ifndef INGOT_SCHEDULER_SOURCE_GIT_NAME_H
#define INGOT_SCHEDULER_SOURCE_GIT_NAME_H

#include <stdbool.h>

/* PURE. ".git" in any case, with trailing dots or spaces or a stream ":…" (NTFS), with
 * characters in it that HFS+ ignores, or its short name "git~1". A step's workspace with
 * such a folder would have the author of a commit configure the git of whoever looks at it. */
bool git_name_is_git(const char *name);

#endif
