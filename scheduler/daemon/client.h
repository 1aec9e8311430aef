/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a client's connection: requests in, replies out */
#ifndef INGOT_SCHEDULER_DAEMON_CLIENT_H
#define INGOT_SCHEDULER_DAEMON_CLIENT_H

struct conn;
struct err;

/* Makes the connection a client's; its first frame is still to be handled. */
int client_open(struct conn *c, struct err *err);

#endif
