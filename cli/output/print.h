/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - to standard output */
#ifndef INGOT_CLI_OUTPUT_PRINT_H
#define INGOT_CLI_OUTPUT_PRINT_H

#include <jansson.h>

struct buf;

void print_json(const json_t *value);
void print_buf(struct buf *text); /* and empties it */
/* A text of several lines, so that a terminal cannot be driven by it; ends with a
 * newline. */
void print_lines(FILE *out, const char *prefix, const char *text);

#endif
