/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - what `ingot init` writes, within the program
 *
 * The build puts examples/penguins and template.yaml in as they are (files.cmake).
 */
#ifndef INGOT_CLI_INIT_FILES_H
#define INGOT_CLI_INIT_FILES_H

#include <sys/types.h>

struct init_file {
	const char *path; /* relative; NULL behind the last */
	mode_t mode;
	const char *start, *end;
};

extern const struct init_file init_demo_files[];
extern const struct init_file init_template_files[]; /* one */

#endif
