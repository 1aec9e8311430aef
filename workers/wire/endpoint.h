/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - where the scheduler of a home listens
 *
 * The socket is HOME/ingot.sock, mode 0600 in a folder of mode 0700: who can
 * connect is who owns the home. Homes of any length work, although the name of a
 * Unix socket is short: the folder is opened first and named by its descriptor.
 */
#ifndef INGOT_WORKERS_WIRE_ENDPOINT_H
#define INGOT_WORKERS_WIRE_ENDPOINT_H

struct err;

#define ENDPOINT_NAME "ingot.sock"

/* A listening descriptor; a socket left by a dead scheduler is replaced, so the
 * caller must hold the home's lock. */
int endpoint_listen(const char *home, struct err *err);
/* A connected, blocking descriptor. ERR_UNREACHABLE where nobody listens. */
int endpoint_connect(const char *home, struct err *err);

#endif
