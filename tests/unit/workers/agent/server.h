/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - an HTTP server for tests: a process that answers each connection so */
#ifndef INGOT_TESTS_AGENT_SERVER_H
#define INGOT_TESTS_AGENT_SERVER_H

#include <sys/types.h>

struct server {
	pid_t pid;
	int port;
	char url[64]; /* "http://127.0.0.1:PORT" */
	int requests; /* a pipe: each request, as it came */
};

/* answers[] end with NULL; the last is repeated. "" closes without an answer, "-"
 * never answers. */
void server_start(struct server *s, const char *const *answers);
void server_stop(struct server *s);

#endif
