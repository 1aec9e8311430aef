/* SPDX-License-Identifier: Apache-2.0 */
/* rebuild.h - what a step ran with, from the scheduler's answer
 *
 * The same struct that a worker gets, so that workspace and environment come out
 * of the same code.
 */
#ifndef INGOT_CLI_REBUILD_H
#define INGOT_CLI_REBUILD_H

#include <jansson.h>

struct arena;
struct err;
struct wire_grant;

/* workspace: the result of step.workspace. Strings are copied into the arena.
 * ERR_PROTOCOL for a digest that is none. */
int rebuild_grant(const json_t *workspace, struct arena *arena, struct wire_grant *ret,
		  struct err *err);

#endif
