/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - a server process on a loopback port of its own, for one test */
#ifndef INGOT_TESTS_UNIT_SCHEDULER_SOURCE_SERVER_H
#define INGOT_TESTS_UNIT_SCHEDULER_SOURCE_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct fixture;

struct server {
	pid_t pid;
	int port;
};

/* Runs a shell script in the fixture's root that ends in "exec PROGRAM" and listens on $PORT of
 * 127.0.0.1. Waits until it does. False if it does not within some seconds. It dies with
 * the test. */
bool server_start(struct fixture *f, const char *script, struct server *ret);
void server_stop(struct server *s);

/* The script of web_server.py, serving the root; with tls certified by nobody. */
extern const char server_web[];
extern const char server_web_tls[];

#endif
