/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - looks at this machine the way a worker will */
#ifndef INGOT_CLI_DOCTOR_MACHINE_H
#define INGOT_CLI_DOCTOR_MACHINE_H

#include <jansson.h>

/* Appends checks {name, state: "ok", "warn" or "fail", message, fix: or null}: the home's
 * file system, clock, git, ingot-helper, isolation of steps, GPUs. */
void machine_check(const char *home, json_t *checks);

#endif
