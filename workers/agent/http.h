/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - asking a server whether it is well: one HTTP GET */
#ifndef INGOT_WORKERS_AGENT_HTTP_H
#define INGOT_WORKERS_AGENT_HTTP_H

#include <stdint.h>

struct err;

/* GETs an http:// URL and returns the status of the answer (100 to 599). Blocks, at
 * most timeout_ms beside the look-up of a name. ERR_INVALID for a URL of another
 * kind, ERR_UNREACHABLE, ERR_TIMEOUT, ERR_PROTOCOL for what is no HTTP. */
int http_get(const char *url, int64_t timeout_ms, struct err *err);

#endif
